// One figure, one line of JSON on the standard output: the keys of `sallyport bench --json`.
#pragma once

#include <optional>
#include <string>

#include "bench/race.h"

namespace sallyport::race {

/// What the user asked for.
struct Options {
  double seconds = 0.1;                ///< for each contestant of each figure
  int core = 0;                        ///< where all of it runs
  std::vector<std::string> kernels;    ///< of ours, by name; empty: those that this CPU would choose
  std::vector<std::string> libraries;  ///< the peers; empty: all
  std::vector<std::size_t> sizes;      ///< empty: the usual ones
  std::string group;                   ///< a label, copied to the lines as `class`
  Clock clock;

  [[nodiscard]] bool wants(const std::string& library) const;
};

struct Line {
  std::string name, impl, kernel = {}, unit = {};
  std::size_t size = 0;  ///< bytes; 0: does not apply
  double best = 0, median = 0;
  std::optional<double> cycles_per_byte = {}, client_us = {}, server_us = {};
};
void print(const Options& options, const Line& line);
/// A throughput, from ticks for `size` bytes.
void print_rate(const Options& options, const std::string& name, const std::string& impl, const std::string& kernel,
                std::size_t size, const Timing& timing);
/// For people, on the standard error.
void progress(const std::string& words);

void race_aeads(const Options& options);
void race_hashes(const Options& options);
void race_bulk(const Options& options);
void race_handshakes(const Options& options);

}  // namespace sallyport::race
