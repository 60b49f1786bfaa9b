// The same work on several threads at once.
#pragma once

#include <functional>

#include "bench/measure.h"

namespace sallyport::bench {

/// How many threads the tables show.
inline constexpr unsigned kThreads[] = {1, 2, 4, 8};

/// How long all took together, and what the processors spent on it: less or more than seconds times threads, as other
/// programs and waiting have it.
struct Spent {
  double seconds = 0, cpu_seconds = 0;
};

/// Lets `threads` threads call `work(thread)` once, beginning together.
Spent run_together(unsigned threads, const std::function<void(unsigned thread)>& work);

/// The same five times or more, for `seconds` in all; `operations` is what one run does on all threads, and `prepare`
/// comes before each run and is not measured. The figure has the processor time of an operation, too.
Figure measure_threads(const Options& options, const std::string& name, unsigned threads, double operations,
                       const std::function<void()>& prepare, const std::function<void(unsigned thread)>& work);

}  // namespace sallyport::bench
