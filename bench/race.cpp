#include "bench/race.h"

#include <algorithm>
#include <chrono>
#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace sallyport::race {
namespace {

constexpr double kSlice = 200e-6;  // seconds; short enough that many fit between two interruptions
constexpr std::size_t kFewestSlices = 9;

#if defined(__x86_64__)
/// Ticks of 3000 dependent cycles.
double ticks_of_chain() {
  constexpr int kLinks = 1000;
  std::uint64_t x = 3;
  const std::uint64_t begin = ticks();
  for (int i = 0; i < kLinks / 10; ++i)
    __asm__ volatile(
        "imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0\n\t"
        "imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0"
        : "+r"(x));
  return static_cast<double>(ticks() - begin) / (3.0 * kLinks);
}
#endif

}  // namespace

bool pin([[maybe_unused]] int core) noexcept {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
#else
  return false;
#endif
}

std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
#endif
}

Clock calibrate() {
  Clock clock;
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t first = ticks();
  double best = 0;
  std::chrono::duration<double> spent{};
  do {
#if defined(__x86_64__)
    const double cycle = ticks_of_chain();
    if (best == 0 || cycle < best) best = cycle;
#endif
    spent = std::chrono::steady_clock::now() - begin;
  } while (spent.count() < 0.1);
  clock.ticks_per_second = static_cast<double>(ticks() - first) / spent.count();
  if (best > 0) clock.cycles_per_tick = 1 / best;
  return clock;
}

Timing timing_of(std::vector<double> slices) {
  std::ranges::sort(slices);
  return {slices.front(), slices[slices.size() / 2]};
}

std::vector<Timing> race(const std::vector<Contestant>& contestants, double seconds, const Clock& clock) {
  const double slice = kSlice * clock.ticks_per_second;
  std::vector<std::size_t> counts;
  for (const Contestant& c : contestants) {
    c.run(1);  // warms caches, builds tables that are built when first needed
    std::size_t count = 1;
    while (true) {
      const std::uint64_t begin = ticks();
      c.run(count);
      const auto spent = static_cast<double>(ticks() - begin);
      if (spent >= slice / 2) {
        counts.push_back(
            std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(count) * slice / spent)));
        break;
      }
      count *= 2;
    }
  }
  std::vector<std::vector<double>> slices(contestants.size());
  const std::size_t rounds = std::max(kFewestSlices, static_cast<std::size_t>(seconds / kSlice));
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      const std::uint64_t begin = ticks();
      contestants[i].run(counts[i]);
      slices[i].push_back(static_cast<double>(ticks() - begin) / static_cast<double>(counts[i]));
    }
  }
  std::vector<Timing> timings;
  for (std::vector<double>& s : slices) timings.push_back(timing_of(std::move(s)));
  return timings;
}

}  // namespace sallyport::race
