// A clock that stands still until a test steps it, for what runs on threads of its own. The system's waits are real all
// the same: who waits looks at this clock when the system has waited for as long, or when something happens.
#pragma once

#include <atomic>

#include "tls/environment.h"

namespace tls::test {

/// Thread-safe. Both times go on together, from 2026-07-01T00:00:00Z.
class SteppedClock final : public Clock {
 public:
  Milliseconds wall() const noexcept override { return kWall + monotonic(); }
  Milliseconds monotonic() const noexcept override {
    ++looks_;
    return Milliseconds(now_.load());
  }
  void step(Milliseconds by) noexcept { now_ += by.count(); }
  /// How often somebody has looked at it: what it measures has begun, or has taken notice of the last step.
  [[nodiscard]] unsigned looks() const noexcept { return looks_; }

 private:
  static constexpr Milliseconds kWall{1782864000000};
  std::atomic<Milliseconds::rep> now_{1'000'000};
  mutable std::atomic<unsigned> looks_{0};
};

/// A clock that moves by so much whenever it is asked: who waits for a moment asks it again, and so gets there.
class HastyClock final : public Clock {
 public:
  explicit HastyClock(Milliseconds step) : step_(step.count()) {}
  Milliseconds wall() const noexcept override { return monotonic(); }
  Milliseconds monotonic() const noexcept override { return Milliseconds(now_ += step_); }

 private:
  const Milliseconds::rep step_;
  mutable std::atomic<Milliseconds::rep> now_{1'000'000};
};

}  // namespace tls::test
