// sallyport-race WHAT: Sallyport beside the libraries of this machine. script/bench runs it and makes the page.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/library.h"
#include "bench/output.h"
#include "crypto/cpu.h"

namespace sallyport::race {
namespace {

/// Facts instead of figures: which versions, which CPU, how fast it runs.
void print_machine(const Options& options) {
  nlohmann::ordered_json versions = nlohmann::ordered_json::array();
  for (const Library* library : peers()) versions.push_back({{"impl", library->name}, {"version", library->version()}});
  const tls::crypto::Cpu cpu = tls::crypto::detect_cpu();
  std::cout << nlohmann::ordered_json{{"cpu", cpu.brand},
                                      {"features", tls::crypto::to_string(cpu.features)},
                                      {"tick_hz", options.clock.ticks_per_second},
                                      {"core_hz", options.clock.ticks_per_second * options.clock.cycles_per_tick},
                                      {"peers", versions}}
                   .dump()
            << "\n";
}

struct What {
  const char* name;
  void (*run)(const Options&);
};
constexpr What kWhat[] = {{"aead", race_aeads},
                          {"hash", race_hashes},
                          {"bulk", race_bulk},
                          {"handshake", race_handshakes},
                          {"machine", print_machine}};

int run(int argc, char** argv) {
  CLI::App app("Sallyport beside the libraries of this machine; a line of JSON for each figure");
  std::string what, arch;
  Options options;
  std::vector<std::string> names;
  for (const What& row : kWhat) names.emplace_back(row.name);
  app.add_option("WHAT", what, "What to measure")->required()->check(CLI::IsMember(names));
  app.add_option("--seconds", options.seconds, "For each library and figure; default 0.1")
      ->check(CLI::Range(0.001, 600.0));
  app.add_option("--core", options.core, "The core to run on; default 0")->check(CLI::Range(0, 1023));
  app.add_option("--kernel", options.kernels, "Kernels of ours, see `sallyport cpu`")->delimiter(',');
  app.add_option("--library", options.libraries, "The peers; default: all that are there")->delimiter(',');
  app.add_option("--size", options.sizes, "Bytes of a message")->delimiter(',')->check(CLI::Range(1, 1 << 24));
  app.add_option("--class", options.group, "A label for the lines");
  app.add_option("--ipsec-mb", arch, "Its code path")->check(CLI::IsMember({"sse", "avx", "avx2", "avx512"}));
  CLI11_PARSE(app, argc, argv);
  if (!pin(options.core)) progress("not pinned to core " + std::to_string(options.core));
  choose_ipsec_mb(arch);
  options.clock = calibrate();
  for (const What& row : kWhat)
    if (what == row.name) row.run(options);
  return 0;
}

}  // namespace
}  // namespace sallyport::race

int main(int argc, char** argv) {
  try {
    return sallyport::race::run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "sallyport-race: " << e.what() << "\n";
    return 2;
  }
}
