// Memory for secrets that live long: locked, not in core dumps, between guard pages, wiped when it is released.
#pragma once

#include <cstddef>
#include <optional>

#include "tls/bytes.h"

namespace tls {

/// Pages of their own, taken from the operating system. Move-only.
///
/// The memory is zeros at first. It is locked as far as RLIMIT_MEMLOCK allows and left out of core dumps as far as the
/// kernel knows how to (MADV_DONTDUMP); neither is an error where it cannot be had. The bytes end where the guard page
/// behind them begins, so a read or a write past the end is a fault. The destructor wipes them.
class LockedMemory {
 public:
  /// What a child sees after fork().
  enum class Fork { copies, wipes };

  /// Memory of `size` bytes. Empty: the system has no such memory, or cannot do what `fork` asks for (MADV_WIPEONFORK).
  static std::optional<LockedMemory> make(std::size_t size, Fork fork = Fork::copies) noexcept;

  LockedMemory() = default;
  LockedMemory(LockedMemory&& other) noexcept;
  LockedMemory& operator=(LockedMemory&& other) noexcept;
  LockedMemory(const LockedMemory&) = delete;
  LockedMemory& operator=(const LockedMemory&) = delete;
  /// Ends the process if something has been written in front of the bytes.
  ~LockedMemory();

  [[nodiscard]] MutableBytes bytes() const noexcept;
  /// From now on a write is a fault.
  void forbid_writing() noexcept;
  void allow_writing() noexcept;

 private:
  std::uint8_t* pages_ = nullptr;  // a guard page, then the pages in use, then a guard page
  std::size_t in_use_ = 0;         // bytes of the pages in use
  std::size_t size_ = 0;           // of which the last ones are given out
};

}  // namespace tls
