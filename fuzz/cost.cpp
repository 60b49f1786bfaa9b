#include "fuzz/cost.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <bit>

namespace tls::fuzz {
namespace {

/// libFuzzer takes what is not zero here for coverage, and clears it before each run.
__attribute__((section("__libfuzzer_extra_counters"), used)) std::array<std::uint8_t, 64 * 8> g_rewards;

std::uint64_t thread_nanoseconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

CostMeter::CostMeter() {
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_HARDWARE;
  wanted.size = sizeof wanted;
  wanted.config = PERF_COUNT_HW_INSTRUCTIONS;
  wanted.exclude_kernel = 1;
  wanted.exclude_hv = 1;
  counter_ = static_cast<int>(::syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0));
}

CostMeter::~CostMeter() {
  if (counter_ >= 0) ::close(counter_);
}

std::uint64_t CostMeter::of(const std::function<void()>& work) const {
  if (counter_ < 0) {
    const std::uint64_t before = thread_nanoseconds();
    work();
    return thread_nanoseconds() - before;
  }
  std::uint64_t before = 0, after = 0;
  if (::read(counter_, &before, sizeof before) != sizeof before) return 0;
  work();
  return ::read(counter_, &after, sizeof after) == sizeof after ? after - before : 0;
}

void reward(std::uint64_t cost) noexcept {
  if (cost < 8) return;
  const auto doubling = static_cast<unsigned>(std::bit_width(cost)) - 1;
  const auto eighth = static_cast<unsigned>(cost >> (doubling - 3)) & 7;
  g_rewards[doubling * 8 + eighth] = 1;
}

}  // namespace tls::fuzz
