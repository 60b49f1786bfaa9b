// Waiting by a clock that may not be the system's.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "tls/environment.h"

namespace tls {

/// When another clock than the system's is stepped, nothing wakes who waits by it: it is asked so often.
inline constexpr std::chrono::milliseconds kBetweenLooks{10};

/// How long the system may wait, ms, before `clock` is asked again whether `left` is over.
[[nodiscard]] inline std::int64_t until_next_look(const Clock& clock, std::int64_t left) noexcept {
  return &clock == &system_clock() ? left : std::min<std::int64_t>(left, kBetweenLooks.count());
}

}  // namespace tls
