// How other threads reach a loop: tasks that it is to run, and a pipe that ends its wait.
#pragma once

#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "tls/adapters/socket.h"

namespace tls {

/// Outlives its loop while somebody may still post; thread-safe, but for take() and close().
class Mailbox {
 public:
  using Task = std::move_only_function<void()>;

  /// Both ends of a pipe that does not block.
  Mailbox(Socket read, Socket write) : read_(std::move(read)), write_(std::move(write)) {}

  /// What poll() waits for.
  [[nodiscard]] int fd() const noexcept { return read_.fd(); }
  void wake() {
    const std::uint8_t byte = 0;
    while (::write(write_.fd(), &byte, 1) < 0 && errno == EINTR) {
    }  // a full pipe wakes as well
  }
  /// A task on its way, and what has to stay in memory for it.
  struct Letter {
    Task task;
    std::shared_ptr<const void> keep = nullptr;
  };
  using Letters = std::list<Letter>;

  /// One letter, to be sent later.
  [[nodiscard]] static Letters letter(Task task) {
    Letters one;
    one.push_back({std::move(task)});
    return one;
  }
  /// Sends what letter() gave, and leaves nothing there. Takes no memory. After close() it is dropped.
  void send(Letters& letters) noexcept {
    Letters dropped;  // destroyed behind the lock: what they hold may post
    {
      const std::lock_guard lock(mutex_);
      (closed_ ? dropped : letters_).splice((closed_ ? dropped : letters_).end(), letters);
    }
    wake();
  }
  /// The same at once. Throws std::bad_alloc, and has done nothing then.
  void post(Task task) {
    Letters one = letter(std::move(task));
    send(one);
  }
  /// For the loop's thread: moves all behind `to`.
  void take(Letters& to) noexcept {
    std::array<std::uint8_t, 64> bytes;
    while (::read(read_.fd(), bytes.data(), bytes.size()) > 0) {
    }
    const std::lock_guard lock(mutex_);
    to.splice(to.end(), letters_);
  }
  /// The loop has ended: nobody takes.
  void close() noexcept {
    Letters dropped;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(letters_);
  }

 private:
  Socket read_, write_;
  std::mutex mutex_;  // guards what follows
  Letters letters_;
  bool closed_ = false;
};

}  // namespace tls
