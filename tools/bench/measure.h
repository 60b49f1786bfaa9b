// How benchmarks measure: several runs, the best and the median of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crypto/provider.h"

namespace sallyport::bench {

using Seconds = std::chrono::duration<double>;

struct Options {
  double seconds = 1;    ///< for each figure
  std::string kernel;    ///< this implementation only; empty: the chosen one, or all for `aead`
  std::size_t size = 0;  ///< bytes of one message; 0: the usual sizes
  bool json = false;
};

/// One figure, as a row of the table and of the JSON (docs of the command line).
struct Figure {
  std::string name = {}, kernel = {}, unit = {};
  std::size_t size = 0;  ///< bytes; 0: does not apply
  double best = 0, median = 0;
  unsigned threads = 1;
  std::optional<double> cpu_ns = {};  ///< processor time of one operation, all threads taken together
  std::optional<double> cycles_per_byte = {}, client_us = {}, server_us = {}, client_allocs = {}, server_allocs = {};
  std::optional<double> client_peak = {}, server_peak = {};              ///< bytes of heap in one handshake, at most
  std::optional<double> rtt_ms = {}, request_ms = {}, response_ms = {};  ///< of `bench rtt`
};

/// What one run gives.
struct Run {
  double seconds = 0, count = 0;
  std::uint64_t cycles = 0;
};

struct Rates {
  double best = 0, median = 0;   ///< per second
  std::optional<double> cycles;  ///< per unit, of the best run; none where the CPU has no counter
};

/// Calls `once` (which does `units` units of work) in five runs of `seconds` in all, after warming up.
[[nodiscard]] Rates measure(double seconds, double units, const std::function<void()>& once);

/// The time-stamp counter: reference cycles; 0 where there is none.
[[nodiscard]] std::uint64_t cycles() noexcept;

[[nodiscard]] double best_of(const std::vector<double>& values);
[[nodiscard]] double median_of(std::vector<double> values);

/// The provider with options.kernel in its place. Throws cli::Failure.
[[nodiscard]] tls::crypto::Provider provider_for(const Options& options);

using Figures = std::vector<Figure>;
[[nodiscard]] Figures bench_aead(const Options& options);
[[nodiscard]] Figures bench_pk(const Options& options);
[[nodiscard]] Figures bench_handshake(const Options& options);
[[nodiscard]] Figures bench_bulk(const Options& options);
[[nodiscard]] Figures bench_memory(const Options& options);
[[nodiscard]] Figures bench_cache(const Options& options);
[[nodiscard]] Figures bench_replay(const Options& options);
[[nodiscard]] Figures bench_resume(const Options& options);
[[nodiscard]] Figures bench_rtt(const Options& options);
[[nodiscard]] Figures bench_crl(const Options& options);

}  // namespace sallyport::bench
