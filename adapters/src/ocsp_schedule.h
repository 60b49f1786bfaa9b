// When a responder is asked. Pure functions of times; all are wall time.
#pragma once

#include <cstdint>
#include <optional>

#include "tls/environment.h"

namespace tls::ocsp {

using Milliseconds = Clock::Milliseconds;

inline constexpr Milliseconds kShortestPause = std::chrono::seconds(10);  // between two requests about a leaf
inline constexpr Milliseconds kFirstRetry = std::chrono::seconds(30);     // after a failure; twice as long after each
inline constexpr Milliseconds kLongestRetry = std::chrono::hours(1);
inline constexpr Milliseconds kUndatedRenewal = std::chrono::hours(1);   // of an answer without nextUpdate
inline constexpr Milliseconds kLongestRenewal = std::chrono::hours(24);  // of any: until then a revocation is not seen
inline constexpr unsigned kJitter = 20;                                  // a twentieth, or a quarter of a retry:
inline constexpr unsigned kRetryJitter = 4;                              // so much later at most

/// When an answer is renewed that counts from `from` to `until`: at half of that time and up to a twentieth later; one
/// without nextUpdate (`dated` is false) after an hour, and each at most kLongestRenewal (and up to a twentieth) after
/// `now`, however far its end is: that is for the responder to say, and news may not wait for years. `now` is when it
/// came: one that is past its half (a responder,
/// or a cache before it, hands out what it has) is asked for again at half of what is left, but not at once. `random`
/// is uniform in 32 bits.
[[nodiscard]] Milliseconds renew_at(Milliseconds from, Milliseconds until, bool dated, Milliseconds now,
                                    std::uint32_t random) noexcept;

/// When to try again at `now`, after `failures` in a row (at least one): twice as long after each, up to an hour, and
/// at most a quarter of the time that is left until `until`, the end of the present staple. Up to a quarter later.
[[nodiscard]] Milliseconds retry_at(Milliseconds now, unsigned failures, std::optional<Milliseconds> until,
                                    std::uint32_t random) noexcept;

/// When a staple that nobody renews is warned of: at three quarters of its time.
[[nodiscard]] Milliseconds warn_at(Milliseconds from, Milliseconds until) noexcept;

}  // namespace tls::ocsp
