// epoll(7) as a value: what waits in the kernel is told by a pointer, level-triggered.
#pragma once

#include <sys/epoll.h>

#include <cerrno>
#include <span>
#include <utility>

#include "tls/adapters/socket.h"

namespace tls {

/// Not thread-safe.
class Epoll {
 public:
  /// Invalid, with the reason in errno, when the system has none to give.
  [[nodiscard]] static Epoll create() noexcept {
    Epoll made;
    made.fd_ = Socket(::epoll_create1(EPOLL_CLOEXEC));
    return made;
  }
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(fd_); }

  /// Each returns an error number, 0 for none. What was added must be removed before it is closed: a child that was
  /// forked may hold the same open file, and the kernel would go on to report it.
  int add(int fd, std::uint32_t events, void* who) noexcept { return control(EPOLL_CTL_ADD, fd, events, who); }
  int change(int fd, std::uint32_t events, void* who) noexcept { return control(EPOLL_CTL_MOD, fd, events, who); }
  void remove(int fd) noexcept { control(EPOLL_CTL_DEL, fd, 0, nullptr); }

  /// How many events there are, at most events.size(); -1 with errno. `timeout`: milliseconds; -1: for ever.
  int wait(std::span<epoll_event> events, int timeout) noexcept {
    return ::epoll_wait(fd_.fd(), events.data(), static_cast<int>(events.size()), timeout);
  }

 private:
  int control(int what, int fd, std::uint32_t events, void* who) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.ptr = who;
    return ::epoll_ctl(fd_.fd(), what, fd, &event) == 0 ? 0 : errno;
  }
  Socket fd_;  // a descriptor like another: closed when it goes
};

/// What an Epoll of a loop points to.
struct Watched {
  enum class Kind : std::uint8_t { listener, link };
  explicit Watched(Kind k) noexcept : kind(k) {}
  const Kind kind;
};

}  // namespace tls
