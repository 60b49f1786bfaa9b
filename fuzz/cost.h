// What a piece of work costs, fed back to libFuzzer so that it looks for inputs that cost more.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace tls::fuzz {

/// The cost of one run: user instructions where the kernel counts them (perf_event_open), else nanoseconds of this
/// thread's CPU time, which are of the same order and noisy.
class CostMeter {
 public:
  CostMeter();
  ~CostMeter();
  CostMeter(const CostMeter&) = delete;
  CostMeter& operator=(const CostMeter&) = delete;
  [[nodiscard]] std::uint64_t of(const std::function<void()>& work) const;
  [[nodiscard]] bool counts_instructions() const noexcept { return counter_ >= 0; }

 private:
  int counter_;
};

/// Tells libFuzzer the order of magnitude of a cost, in eighths of a doubling: an input that costs more than any before
/// it is an input with a new feature, and is kept and changed further.
void reward(std::uint64_t cost) noexcept;

}  // namespace tls::fuzz
