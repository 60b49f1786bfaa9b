// A file descriptor as a value.
#pragma once

#include <unistd.h>

#include <utility>

namespace sallyport::cli {

/// Move-only; closed when it goes.
class Descriptor {
 public:
  Descriptor() = default;
  /// Takes over `fd`; -1: none.
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& o) noexcept {
    Descriptor old(std::move(*this));
    fd_ = std::exchange(o.fd_, -1);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace sallyport::cli
