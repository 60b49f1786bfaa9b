// A limit on how often somebody may ask: so many a second, and as many at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tls {

/// Holds up to `rate` tokens, and gains as many in a second. Times are those of one clock that does not go back. Not
/// thread-safe.
class TokenBucket {
 public:
  using Milliseconds = std::chrono::milliseconds;
  static constexpr std::uint32_t kMostRate = 1'000'000;

  /// `rate`: 1 to kMostRate.
  TokenBucket(std::uint32_t rate, Milliseconds now) noexcept
      : full_(std::int64_t{rate} * 1000), rate_(rate), left_(full_), last_(now) {}

  /// Takes a token, if there is one.
  [[nodiscard]] bool take(Milliseconds now) noexcept {
    if (now > last_) {
      const Milliseconds passed = std::min(now - last_, Milliseconds(1000));
      left_ = std::min(full_, left_ + passed.count() * rate_);
      last_ = now;
    }
    if (left_ < 1000) return false;
    left_ -= 1000;
    return true;
  }

 private:
  std::int64_t full_, rate_, left_;  // thousandths of a token: one millisecond brings `rate_` of them
  Milliseconds last_;
};

}  // namespace tls
