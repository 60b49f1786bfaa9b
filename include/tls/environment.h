// Randomness and time. Both are injected, so that every handshake can be replayed bit for bit.
#pragma once

#include <chrono>
#include <cstdint>

#include "tls/bytes.h"

namespace tls {

/// A source of random bytes. Must be cryptographically secure outside tests. Connections of one thread may share it;
/// connections of several threads may share it if the implementation says so, as system_random() does.
class Random {
 public:
  virtual ~Random() = default;
  /// Fills all of `out`. There is no way to report a failure: an implementation without randomness must end the
  /// process. An exception ends the process, too.
  virtual void fill(MutableBytes out) noexcept = 0;
};

/// Two clocks: wall time for certificates and tickets, and monotonic time for windows and ages.
class Clock {
 public:
  using Milliseconds = std::chrono::milliseconds;
  virtual ~Clock() = default;
  /// Time since 1970-01-01T00:00:00Z, without leap seconds. Both functions are noexcept: an exception ends the process.
  [[nodiscard]] virtual Milliseconds wall() const noexcept = 0;
  /// Time since an arbitrary start. Must not go back.
  [[nodiscard]] virtual Milliseconds monotonic() const noexcept = 0;
};

/// The operating system's randomness (getrandom(2)). Thread-safe. Lives as long as the process.
[[nodiscard]] Random& system_random() noexcept;
/// The operating system's clocks. Thread-safe. Lives as long as the process.
[[nodiscard]] const Clock& system_clock() noexcept;

}  // namespace tls
