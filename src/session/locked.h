// Memory for keys (libsodium). It is not swapped out, not in core dumps, lies between guard pages, is read-only after
// it is written, and is wiped when it is freed. If the system forbids locking (RLIMIT_MEMLOCK), it may be swapped out,
// but everything else holds.
#pragma once

#include <sodium.h>

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace tls::session {

/// An array of at most `capacity` objects, which are appended one by one and then frozen. An allocation takes several
/// pages, so use it for long-lived objects.
template <class T>
class LockedArray {
 public:
  LockedArray() = default;
  /// Throws std::bad_alloc if there is no such memory, because keys must not be stored elsewhere.
  explicit LockedArray(std::size_t capacity) {
    static_assert(alignof(T) <= alignof(std::max_align_t) && std::is_nothrow_destructible_v<T>);
    if (sodium_init() < 0) throw std::bad_alloc();
    // sodium_allocarray() aligns the end of the array to the guard page. So the start is aligned as far as sizeof(T)
    // is.
    static_assert(sizeof(T) % alignof(T) == 0);
    data_ = static_cast<T*>(sodium_allocarray(capacity, sizeof(T)));
    if (data_ == nullptr) throw std::bad_alloc();
  }
  LockedArray(LockedArray&& o) noexcept : data_(std::exchange(o.data_, nullptr)), size_(std::exchange(o.size_, 0)) {}
  LockedArray& operator=(LockedArray&& o) noexcept {
    std::swap(data_, o.data_);
    std::swap(size_, o.size_);
    return *this;
  }
  ~LockedArray() {
    if (data_ == nullptr) return;
    sodium_mprotect_readwrite(data_);
    while (size_ > 0) data_[--size_].~T();
    sodium_free(data_);  // wipes
  }

  template <class... Args>
  T& emplace(Args&&... args) {
    return *new (data_ + size_++) T(std::forward<Args>(args)...);
  }
  /// Makes the memory read-only. Nothing may write here after this.
  void freeze() noexcept {
    if (data_ != nullptr) sodium_mprotect_readonly(data_);
  }
  [[nodiscard]] std::span<const T> items() const noexcept { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tls::session
