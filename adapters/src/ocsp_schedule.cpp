#include "ocsp_schedule.h"

#include <algorithm>

namespace tls::ocsp {
namespace {

/// Up to `most`, as `random` says.
Milliseconds part_of(Milliseconds most, std::uint32_t random) noexcept {
  return Milliseconds(static_cast<std::int64_t>(static_cast<double>(most.count()) * (random / 4294967296.0)));
}

}  // namespace

Milliseconds renew_at(Milliseconds from, Milliseconds until, bool dated, Milliseconds now,
                      std::uint32_t random) noexcept {
  const Milliseconds all = std::max(until - from, Milliseconds(0));
  const Milliseconds jitter = part_of(all / kJitter, random);
  Milliseconds at = from + all / 2 + jitter;
  if (!dated) at = std::min(at, now + kUndatedRenewal + part_of(kUndatedRenewal / kJitter, random));
  const Milliseconds floor = std::clamp<Milliseconds>(all / kJitter, kShortestPause, kLongestRetry);
  if (at < now + floor) at = now + std::max(floor, (until - now) / 2) + part_of(floor / kRetryJitter, random);
  return std::min(at, now + kLongestRenewal + part_of(kLongestRenewal / kJitter, random));
}

Milliseconds retry_at(Milliseconds now, unsigned failures, std::optional<Milliseconds> until,
                      std::uint32_t random) noexcept {
  Milliseconds pause = kFirstRetry;
  for (unsigned i = 1; i < failures && pause < kLongestRetry; ++i) pause *= 2;
  pause = std::min(pause, kLongestRetry);
  if (until && *until > now) pause = std::min(pause, std::max(kShortestPause, (*until - now) / 4));
  return now + pause + part_of(pause / kRetryJitter, random);
}

Milliseconds warn_at(Milliseconds from, Milliseconds until) noexcept { return until - (until - from) / 4; }

}  // namespace tls::ocsp
