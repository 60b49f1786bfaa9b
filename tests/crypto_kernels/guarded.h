// Bytes with pages before and behind them that nobody may touch: a kernel that reads or writes one byte too many ends
// the test program.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>

#include "tls/bytes.h"

namespace tls::test {

class Guarded {
 public:
  /// Room for `capacity` bytes at least.
  explicit Guarded(std::size_t capacity) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    size_ = (capacity + page_ - 1) / page_ * page_ + (capacity == 0 ? page_ : 0);
    void* map = mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<std::uint8_t*>(map) + page_;
    if (mprotect(data_, size_, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { munmap(data_ - page_, size_ + 2 * page_); }

  /// The `n` bytes right before the page behind.
  [[nodiscard]] MutableBytes last(std::size_t n) const noexcept { return {data_ + size_ - n, n}; }
  /// The `n` bytes right behind the page before.
  [[nodiscard]] MutableBytes first(std::size_t n) const noexcept { return {data_, n}; }
  /// `n` bytes from `offset` on.
  [[nodiscard]] MutableBytes at(std::size_t offset, std::size_t n) const noexcept { return {data_ + offset, n}; }

 private:
  std::size_t page_, size_ = 0;
  std::uint8_t* data_ = nullptr;
};

}  // namespace tls::test
