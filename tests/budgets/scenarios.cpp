// Runs one scenario a number of times, for script/budgets, which counts its instructions under callgrind.
//
// What is counted is ours: certificates are Ed25519 and the client remembers the chain, so that no arithmetic of
// varying length takes part. Usage: budget_scenarios [NAME COUNT]; without arguments the names are printed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/resume.h"

namespace {

using namespace sallyport;
using namespace sallyport::bench;

struct Scenario {
  std::string name;
  std::function<std::function<void()>()> prepare;  ///< what one run is
};

std::function<void()> connecting(const Way& way) {
  auto memory = tls::VerificationMemory::create();
  if (!memory) throw std::runtime_error(memory.error().message());
  auto setup = std::make_shared<Setup>(KeyType::ed25519, way.suite, "", way.adjust, *memory);
  return [setup, resumed = way.resumed, runs = 0]() mutable {
    Effort client, server;
    const Pair pair(*setup, client, server);
    if (runs++ > 0 && pair.client->info().resumed != resumed) throw std::runtime_error("another kind of handshake");
  };
}

/// One record of `bytes`, sealed by the client and opened by the server.
std::function<void()> sending(std::size_t bytes) {
  auto memory = tls::VerificationMemory::create();
  if (!memory) throw std::runtime_error(memory.error().message());
  auto setup = std::make_shared<Setup>(KeyType::ed25519, full_ways().back().suite, "", Adjust{}, *memory);
  Effort client, server;
  auto pair = std::make_shared<Pair>(*setup, client, server);
  return [pair, setup, data = std::vector<std::uint8_t>(bytes, 0x5A), out = std::make_shared<tls::Output>()] {
    if (!pair->client->send(data, *out)) throw std::runtime_error("send() fails");
    std::vector<std::uint8_t> wire(out->bytes().begin(), out->bytes().end());
    out->consume(wire.size());
    if (read_all(*pair->server, wire) != data.size()) throw std::runtime_error("data is missing");
  };
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  const auto add = [&](const char* name, const std::vector<Way>& ways, const std::string& way) {
    const auto at = std::ranges::find(ways, way, &Way::name);
    if (at == ways.end()) throw std::runtime_error("no way to connect is called " + way);
    all.push_back({name, [way = *at] { return connecting(way); }});
  };
  add("full-tls13", full_ways(), "TLS1.3 full");
  add("full-tls12", full_ways(), "TLS1.2 full");
  add("resumed-tls12-session-id", resumed_ways(), "TLS1.2 session-id");
  add("resumed-tls12-ticket", resumed_ways(), "TLS1.2 ticket");
  add("resumed-tls13-psk", resumed_ways(), "PSK-DHE");
  all.push_back({"record-16384", [] { return sending(16384); }});
  return all;
}

constexpr int kWarming = 2;  // runs that are not counted: the first leaves a session behind

}  // namespace

/// What callgrind counts: the script names it.
extern "C" [[gnu::noinline]] void budget_run(const std::function<void()>& run) { run(); }

int main(int argc, char** argv) try {
  if (argc == 1) {
    for (const Scenario& s : scenarios()) std::puts(s.name.c_str());
    return 0;
  }
  const int count = argc == 3 ? std::atoi(argv[2]) : 0;
  if (count <= 0) {
    std::fputs("usage: budget_scenarios [NAME COUNT]\n", stderr);
    return 2;
  }
  for (const Scenario& s : scenarios())
    if (s.name == argv[1]) {
      const auto run = s.prepare();
      for (int i = 0; i < kWarming; ++i) run();
      for (int i = 0; i < count; ++i) budget_run(run);
      return 0;
    }
  std::fprintf(stderr, "budget_scenarios: no scenario %s\n", argv[1]);
  return 2;
} catch (const std::exception& e) {
  std::fprintf(stderr, "budget_scenarios: %s\n", e.what());
  return 1;
}
