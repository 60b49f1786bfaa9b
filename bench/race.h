// How contestants are compared: short slices in turn, all pinned to one core, so that what disturbs one disturbs all;
// the best and the median of many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sallyport::race {

/// Ties this process to one core; false where the system does not let us.
bool pin(int core) noexcept;

/// The time-stamp counter on x86-64, nanoseconds elsewhere.
[[nodiscard]] std::uint64_t ticks() noexcept;

/// What a tick is worth, measured against the system's clock and against a chain of dependent multiplications (three
/// cycles each on every x86-64 core of the last decade).
struct Clock {
  double ticks_per_second = 0;
  double cycles_per_tick = 0;  ///< of the core, at the highest frequency seen; 0: not known
};
[[nodiscard]] Clock calibrate();

struct Contestant {
  std::string impl, kernel;
  std::function<void(std::size_t count)> run;  ///< does the work `count` times
};
/// Ticks for doing the work once.
struct Timing {
  double best = 0, median = 0;
};
/// Lets them run in turn until each has had `seconds`. One Timing for each contestant.
[[nodiscard]] std::vector<Timing> race(const std::vector<Contestant>& contestants, double seconds, const Clock& clock);

/// Best and median of one contestant's slices.
[[nodiscard]] Timing timing_of(std::vector<double> slices);

}  // namespace sallyport::race
