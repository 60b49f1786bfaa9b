// sallyport bench WHAT: measures the library on this machine.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/measure.h"
#include "cli/command.h"

namespace sallyport::cli {
namespace {

using bench::Figure;
using nlohmann::ordered_json;

struct What {
  const char* name;
  bench::Figures (*run)(const bench::Options&);
};
constexpr What kWhat[] = {
    {"aead", bench::bench_aead},     {"pk", bench::bench_pk},         {"handshake", bench::bench_handshake},
    {"bulk", bench::bench_bulk},     {"memory", bench::bench_memory}, {"cache", bench::bench_cache},
    {"replay", bench::bench_replay}, {"resume", bench::bench_resume}, {"rtt", bench::bench_rtt},
    {"crl", bench::bench_crl}};

void add(ordered_json& row, const char* key, const std::optional<double>& value) {
  if (value) row[key] = *value;
}

ordered_json to_json(const Figure& f) {
  ordered_json row = {{"name", f.name}, {"impl", "sallyport"}};
  if (!f.kernel.empty()) row["kernel"] = f.kernel;
  if (f.size != 0) row["size"] = f.size;
  row["threads"] = f.threads;
  row["best"] = f.best;
  row["median"] = f.median;
  row["unit"] = f.unit;
  add(row, "cycles_per_byte", f.cycles_per_byte);
  add(row, "cpu_ns", f.cpu_ns);
  add(row, "client_us", f.client_us);
  add(row, "server_us", f.server_us);
  add(row, "client_allocs", f.client_allocs);
  add(row, "server_allocs", f.server_allocs);
  add(row, "client_peak_bytes", f.client_peak);
  add(row, "server_peak_bytes", f.server_peak);
  add(row, "rtt_ms", f.rtt_ms);
  add(row, "request_ms", f.request_ms);
  add(row, "response_ms", f.response_ms);
  return row;
}

void print(const bench::Figures& figures) {
  std::printf("%-34s %-32s %6s %12s %12s %-6s %s\n", "what", "kernel", "bytes", "best", "median", "unit", "more");
  for (const Figure& f : figures) {
    std::printf("%-34s %-32s %6s %12.2f %12.2f %-6s", f.name.c_str(), f.kernel.empty() ? "-" : f.kernel.c_str(),
                f.size == 0 ? "-" : std::to_string(f.size).c_str(), f.best, f.median, f.unit.c_str());
    if (f.cpu_ns) std::printf(" %u threads, %.0f ns of CPU each", f.threads, *f.cpu_ns);
    if (f.cycles_per_byte) std::printf(" %.2f cycles/byte", *f.cycles_per_byte);
    if (f.client_us && f.server_us) std::printf(" client %.1f us, server %.1f us", *f.client_us, *f.server_us);
    if (f.rtt_ms && f.request_ms && f.response_ms)
      std::printf(" %.0f ms there and back: request at the server after %.0f ms, response at the client after %.0f ms",
                  *f.rtt_ms, *f.request_ms, *f.response_ms);
    if (f.client_allocs && f.server_allocs)
      std::printf(", allocations %.0f and %.0f", *f.client_allocs, *f.server_allocs);
    if (f.client_peak && f.server_peak) std::printf(", at most %.0f and %.0f bytes", *f.client_peak, *f.server_peak);
    std::printf("\n");
  }
}

int run(const std::string& what, const bench::Options& options) {
  for (const What& row : kWhat) {
    if (what != row.name) continue;
    const bench::Figures figures = row.run(options);
    if (!options.json) {
      print(figures);
      return kDone;
    }
    ordered_json results = ordered_json::array();
    for (const Figure& f : figures) results.push_back(to_json(f));
    std::cout << ordered_json{{"bench", what}, {"cpu", tls::crypto::detect_cpu().brand}, {"results", results}}.dump()
              << "\n";
    return kDone;
  }
  throw Failure(kUsage, "there is nothing to measure called '" + what + "'");
}

Action define(CLI::App& app) {
  auto what = std::make_shared<std::string>();
  auto options = std::make_shared<bench::Options>();
  std::vector<std::string> names;
  for (const What& row : kWhat) names.emplace_back(row.name);
  app.add_option("WHAT", *what,
                 "What to measure. handshake: full ones, each with a client that verifies the chain, and with one that "
                 "remembers it (known chain)")
      ->required()
      ->check(CLI::IsMember(names));
  app.add_option("--seconds", options->seconds, "Time for each figure; default 1")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 3600.0));
  app.add_option("--kernel", options->kernel, "One implementation, see `sallyport cpu`; default: the best for this CPU")
      ->type_name("NAME");
  app.add_option("--size", options->size, "Length of one message; default: the usual ones")
      ->type_name("BYTES")
      ->check(CLI::Range(1, 1 << 24));
  app.add_flag("--json", options->json, "JSON on the standard output");
  return [what, options] { return run(*what, *options); };
}

}  // namespace

const Command kBench = {"bench", "Measures handshakes, bulk data, memory and the crypto below", define};

}  // namespace sallyport::cli
