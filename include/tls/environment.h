// What a handshake takes from outside: randomness and time. Both are injected, so that every handshake can be
// replayed bit for bit.
#pragma once

#include <chrono>
#include <cstdint>

#include "tls/bytes.h"

namespace tls {

/// A source of random bytes. Must be cryptographically secure outside tests. May be shared by connections of one
/// thread; shared between threads only if the implementation says so (system_random() does).
class Random {
 public:
  virtual ~Random() = default;
  /// Fills all of `out`. There is no way to fail: an implementation that has no randomness must end the process; one
  /// that throws does.
  virtual void fill(MutableBytes out) noexcept = 0;
};

/// Two clocks: wall time for certificates and tickets, monotonic time for windows and ages.
class Clock {
 public:
  using Milliseconds = std::chrono::milliseconds;
  virtual ~Clock() = default;
  /// Since 1970-01-01T00:00:00Z, without leap seconds. Neither function may throw: that ends the process.
  [[nodiscard]] virtual Milliseconds wall() const noexcept = 0;
  /// Since an arbitrary start; must not go back.
  [[nodiscard]] virtual Milliseconds monotonic() const noexcept = 0;
};

/// The operating system's randomness (libsodium). Thread-safe; lives as long as the process.
[[nodiscard]] Random& system_random() noexcept;
/// The operating system's clocks. Thread-safe; lives as long as the process.
[[nodiscard]] const Clock& system_clock() noexcept;

}  // namespace tls
