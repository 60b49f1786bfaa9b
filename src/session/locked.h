// Arrays of keys in locked memory (base/locked_memory.h). They are read-only after they are written.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "base/locked_memory.h"

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
    // The array ends where its pages do, so it begins as aligned as sizeof(T) is.
    static_assert(sizeof(T) % alignof(T) == 0);
    auto memory = LockedMemory::make(capacity * sizeof(T));
    if (!memory) throw std::bad_alloc();
    memory_ = std::move(*memory);
  }
  LockedArray(LockedArray&& o) noexcept : memory_(std::move(o.memory_)), size_(std::exchange(o.size_, 0)) {}
  LockedArray& operator=(LockedArray&& o) noexcept {
    std::swap(memory_, o.memory_);
    std::swap(size_, o.size_);
    return *this;
  }
  ~LockedArray() {
    memory_.allow_writing();
    while (size_ > 0) data()[--size_].~T();
  }

  template <class... Args>
  T& emplace(Args&&... args) {
    return *new (data() + size_++) T(std::forward<Args>(args)...);
  }
  /// Nothing may write here from now on.
  void freeze() noexcept { memory_.forbid_writing(); }
  [[nodiscard]] std::span<const T> items() const noexcept { return {data(), size_}; }

 private:
  [[nodiscard]] T* data() const noexcept { return reinterpret_cast<T*>(memory_.bytes().data()); }

  LockedMemory memory_;
  std::size_t size_ = 0;
};

}  // namespace tls::session
