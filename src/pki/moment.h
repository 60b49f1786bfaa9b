// The time at which something is judged, and for how long the verdict stays what it is.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace tls::pki {

/// Wall time, in seconds since 1970, both ends included.
struct Period {
  std::int64_t from = std::numeric_limits<std::int64_t>::min();
  std::int64_t until = std::numeric_limits<std::int64_t>::max();
  [[nodiscard]] bool holds(std::int64_t seconds) const noexcept { return from <= seconds && seconds <= until; }
};

/// Wall time, whole seconds. Whoever judges compares with it by reached() alone, and so it knows in which period all
/// comparisons come out as they did: within it the same question has the same answer. For one thread. Whoever is given
/// one hands on that very one: another would leave its comparisons out of the period.
class Moment {
 public:
  explicit Moment(std::int64_t seconds) noexcept : seconds_(seconds) {}
  template <class Rep, class Unit>
  explicit Moment(std::chrono::duration<Rep, Unit> since_1970) noexcept
      : seconds_(std::chrono::floor<std::chrono::seconds>(since_1970).count()) {}
  Moment(const Moment&) = delete;  // a copy would not narrow the period
  Moment& operator=(const Moment&) = delete;

  /// It is `second`, or later.
  [[nodiscard]] bool reached(std::int64_t second) const noexcept {
    if (seconds_ >= second) {
      period_.from = std::max(period_.from, second);
      return true;
    }
    period_.until = std::min(period_.until, second - 1);
    return false;
  }
  /// It is later than `second`, which is no year beyond what certificates can name.
  [[nodiscard]] bool is_past(std::int64_t second) const noexcept { return reached(second + 1); }

  /// For words, and to look whether a period holds it; comparisons that decide are those above.
  [[nodiscard]] std::int64_t seconds() const noexcept { return seconds_; }
  /// In which every comparison so far comes out as it did.
  [[nodiscard]] const Period& period() const noexcept { return period_; }

 private:
  const std::int64_t seconds_;
  mutable Period period_;
};

}  // namespace tls::pki
