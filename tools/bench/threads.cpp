#include "bench/threads.h"

#include <algorithm>
#include <barrier>
#include <ctime>
#include <numeric>
#include <thread>

namespace sallyport::bench {

namespace {

/// Of this thread.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

Spent run_together(unsigned threads, const std::function<void(unsigned)>& work) {
  using Time = std::chrono::steady_clock::time_point;
  std::barrier start(static_cast<std::ptrdiff_t>(threads));
  std::vector<Time> begin(threads), end(threads);
  std::vector<double> cpu(threads);
  {
    std::vector<std::jthread> running;
    for (unsigned t = 0; t < threads; ++t)
      running.emplace_back([&, t] {
        start.arrive_and_wait();
        begin[t] = std::chrono::steady_clock::now();
        const double before = cpu_seconds();
        work(t);
        cpu[t] = cpu_seconds() - before;
        end[t] = std::chrono::steady_clock::now();
      });
  }
  return {Seconds(std::ranges::max(end) - std::ranges::min(begin)).count(),
          std::accumulate(cpu.begin(), cpu.end(), 0.0)};
}

Figure measure_threads(const Options& options, const std::string& name, unsigned threads, double operations,
                       const std::function<void()>& prepare, const std::function<void(unsigned)>& work) {
  constexpr std::size_t kRuns = 5;
  std::vector<double> rates, cpu;
  for (double spent = 0; rates.size() < kRuns || spent < options.seconds;) {
    prepare();
    const Spent run = run_together(threads, work);
    rates.push_back(operations / run.seconds);
    cpu.push_back(run.cpu_seconds / operations * 1e9);
    spent += run.seconds;
  }
  Figure figure{.name = name, .unit = "ops/s", .best = best_of(rates), .median = median_of(rates)};
  figure.threads = threads;
  figure.cpu_ns = median_of(cpu);
  return figure;
}

}  // namespace sallyport::bench
