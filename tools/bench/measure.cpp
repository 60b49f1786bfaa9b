#include "bench/measure.h"

#include <algorithm>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "cli/command.h"

namespace sallyport::bench {
namespace {

constexpr int kRuns = 5;

}  // namespace

std::uint64_t cycles() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return 0;
#endif
}

double best_of(const std::vector<double>& values) { return *std::ranges::max_element(values); }

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

Rates measure(double seconds, double units, const std::function<void()>& once) {
  using Clock = std::chrono::steady_clock;
  once();  // warms caches, builds tables that are built when first needed
  std::vector<double> rates;
  Rates out;
  double least_cycles = 0;
  for (int run = 0; run < kRuns; ++run) {
    const auto begin = Clock::now();
    const std::uint64_t before = cycles();
    double count = 0;
    Seconds spent{};
    do {
      once();
      count += units;
      spent = Clock::now() - begin;
    } while (spent.count() < seconds / kRuns);
    const double per_unit = static_cast<double>(cycles() - before) / count;
    if (least_cycles == 0 || per_unit < least_cycles) least_cycles = per_unit;
    rates.push_back(count / spent.count());
  }
  out.best = best_of(rates);
  out.median = median_of(rates);
  if (least_cycles > 0) out.cycles = least_cycles;
  return out;
}

tls::crypto::Provider provider_for(const Options& options) {
  auto provider = tls::crypto::Provider::best();
  if (!options.kernel.empty())
    if (auto forced = provider.force(options.kernel); !forced)
      throw cli::Failure(cli::kUsage, "--kernel: " + forced.error().detail());
  return provider;
}

}  // namespace sallyport::bench
