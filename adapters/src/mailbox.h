// How other threads reach a loop: tasks that it is to run, and a pipe that ends its wait.
#pragma once

#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

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
  /// After close() the task is dropped.
  void post(Task task) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      tasks_.push_back(std::move(task));
    }
    wake();
  }
  /// For the loop's thread.
  [[nodiscard]] std::vector<Task> take() {
    std::array<std::uint8_t, 64> bytes;
    while (::read(read_.fd(), bytes.data(), bytes.size()) > 0) {
    }
    const std::lock_guard lock(mutex_);
    return std::exchange(tasks_, {});
  }
  /// The loop has ended: nobody takes.
  void close() {
    std::vector<Task> dropped;  // destroyed behind the lock: what they hold may post
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(tasks_);
  }

 private:
  Socket read_, write_;
  std::mutex mutex_;  // guards what follows
  std::vector<Task> tasks_;
  bool closed_ = false;
};

}  // namespace tls
