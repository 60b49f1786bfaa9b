#include "bench/output.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

namespace sallyport::race {

bool Options::wants(const std::string& library) const {
  return libraries.empty() || std::ranges::find(libraries, library) != libraries.end();
}

void print(const Options& options, const Line& line) {
  nlohmann::ordered_json row = {{"name", line.name}, {"impl", line.impl}};
  if (!line.kernel.empty()) row["kernel"] = line.kernel;
  if (line.size != 0) row["size"] = line.size;
  row["threads"] = 1;
  row["best"] = line.best;
  row["median"] = line.median;
  row["unit"] = line.unit;
  if (line.cycles_per_byte) row["cycles_per_byte"] = *line.cycles_per_byte;
  if (line.client_us) row["client_us"] = *line.client_us;
  if (line.server_us) row["server_us"] = *line.server_us;
  if (!options.group.empty()) row["class"] = options.group;
  std::cout << row.dump() << "\n" << std::flush;
}

void print_rate(const Options& options, const std::string& name, const std::string& impl, const std::string& kernel,
                std::size_t size, const Timing& timing) {
  const auto bytes = static_cast<double>(size);
  const auto rate = [&](double spent) { return bytes / spent * options.clock.ticks_per_second / 1e9; };
  Line line{.name = name,
            .impl = impl,
            .kernel = kernel,
            .unit = "GB/s",
            .size = size,
            .best = rate(timing.best),
            .median = rate(timing.median)};
  if (options.clock.cycles_per_tick > 0) line.cycles_per_byte = timing.best * options.clock.cycles_per_tick / bytes;
  print(options, line);
}

void progress(const std::string& words) { std::cerr << words << "\n" << std::flush; }

}  // namespace sallyport::race
