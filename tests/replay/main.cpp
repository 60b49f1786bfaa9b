// Zero replays accepted: records first flights with early data and sends them again, `replay_attack [TIMES]` times in
// all (default 8,000; the whole run is 1,000,000), in every way that an attacker and bad luck have. Prints a table.
// Status 1: a replay was accepted, or a first use within the window was not, or a connection failed.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>

#include "replay/fleet.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {

std::vector<Flight> record(Fleet& fleet, const Server& server, std::size_t count) {
  std::vector<Flight> flights;
  for (std::size_t i = 0; i < count; ++i) flights.push_back(fleet.record(server));
  return flights;
}

Line one_process(std::size_t times) {
  Fleet fleet;
  const Server server = fleet.server(fleet.guard());
  const Flight flight = fleet.record(server);
  Line line;
  line.first(server, flight);
  for (std::size_t i = 0; i < times; ++i) line.again(server, flight);
  return line;
}

Line eight_threads(std::size_t times) {
  Fleet fleet;
  const Server server = fleet.server(fleet.guard());
  const std::size_t count = std::max<std::size_t>(4, times / 4000);
  return together({server}, record(fleet, server, count), times / count + kThreads, false);
}

Line shared_guard(std::size_t times) {
  Fleet fleet;
  const auto guard = fleet.guard();
  const std::vector<Server> servers{fleet.server(guard), fleet.server(guard)};
  const std::size_t count = std::max<std::size_t>(4, times / 4000);
  return together(servers, record(fleet, servers.front(), count), times / count + kThreads, false);
}

Line across_rotation(std::size_t times) {
  Fleet fleet;
  const Server server = fleet.server(fleet.guard());
  const Flight used = fleet.record(server), unused = fleet.record(server);
  Line line;
  line.first(server, used);
  for (std::size_t i = 0; i < times / 2; ++i) line.again(server, used);
  fleet.rotate_keys();  // both tickets are of the key before
  line.first(server, unused);
  for (std::size_t i = 0; i < times / 4; ++i) line.again(server, used), line.again(server, unused);
  return line;
}

Line after_restart(std::size_t times) {
  Fleet fleet;
  const Server before = fleet.server(fleet.guard());
  const Flight used = fleet.record(before), unused = fleet.record(before);
  Line line;
  line.first(before, used);
  const Server after = fleet.server(fleet.guard());  // has forgotten all, and knows it
  for (std::size_t i = 0; i < times / 2; ++i) line.again(after, used), line.again(after, unused);
  line.first(after, fleet.record(after));  // early data of its own tickets is welcome at once
  return line;
}

Line another_zone(std::size_t times) {
  Fleet fleet;
  const Server here = fleet.server(fleet.guard()), there = fleet.server(fleet.guard());
  const Flight flight = fleet.record(here);
  Line line;
  line.first(here, flight);
  for (std::size_t i = 0; i < times; ++i) line.again(there, flight);
  return line;
}

/// Sends `flight` again while time goes on, until the window has long been over.
void again_until_late(Line& line, Fleet& fleet, const Server& server, const Flight& flight, std::size_t times) {
  constexpr std::size_t kSteps = 60;
  for (std::size_t step = 0; step < kSteps; ++step) {
    for (std::size_t i = 0; i < std::max<std::size_t>(1, times / kSteps); ++i) line.again(server, flight);
    fleet.clock.advance(kWindow / 20);
  }
}

Line early_edge(std::size_t times) {
  Fleet fleet;
  const Server server = fleet.server(fleet.guard());
  Line line;
  const Flight too_early = fleet.record(server, kWindow + 1ms), flight = fleet.record(server, kWindow);
  line.again(server, too_early);  // is not let through at all
  line.first(server, flight);
  again_until_late(line, fleet, server, flight, times);
  return line;
}

Line late_edge(std::size_t times) {
  Fleet fleet;
  const Server server = fleet.server(fleet.guard());
  Line line;
  const Flight too_late = fleet.record(server);
  fleet.clock.advance(1ms);
  const Flight flight = fleet.record(server);
  fleet.clock.advance(kWindow);
  line.again(server, too_late);
  line.first(server, flight);
  again_until_late(line, fleet, server, flight, times);
  return line;
}

Line stepped_clock(std::size_t times) {
  Fleet fleet;
  const Server server = fleet.server(fleet.guard());
  const Flight flight = fleet.record(server);
  Line line;
  line.first(server, flight);
  for (const auto step : {-5'000ms, 10'000ms, 3'600'000ms, -3'600'000ms, -5'000ms, 5'000ms}) {
    fleet.clock.advance(step);
    for (std::size_t i = 0; i < times / 6; ++i) line.again(server, flight);
  }
  return line;
}

struct Scene {
  const char* name;
  Line (*run)(std::size_t times);
};
#ifdef SALLYPORT_HAVE_REDIS
constexpr auto kOverRedis = over_redis;
#else
constexpr auto kOverRedis = [](std::size_t) -> std::optional<Line> { return std::nullopt; };
#endif
constexpr Scene kScenes[] = {{"to the same process", one_process},
                             {"from 8 threads, first use among them", eight_threads},
                             {"to 2 servers that share a guard, 8 threads", shared_guard},
                             {"before and after a ticket key rotation", across_rotation},
                             {"after a restart", after_restart},
                             {"to a server with a guard of its own", another_zone},
                             {"from the early edge of the window on", early_edge},
                             {"from the late edge of the window on", late_edge},
                             {"with the clock stepped back and forth", stepped_clock}};

/// Adds the line to the sums, and prints it.
bool report(const char* name, const Line& line, Line& sum) {
  std::printf("%-44s %10zu %9zu %9zu %9zu %7zu%s\n", name, line.first_uses, line.first_accepted, line.replays,
              line.replays_accepted, line.failed, line.good() ? "" : "  WRONG");
  std::fflush(stdout);
  sum.replays += line.replays;
  sum.replays_accepted += line.replays_accepted;
  return line.good();
}

int run(std::size_t times) {
  bool good = true;
  Line sum;
  std::printf("%-44s %10s %9s %9s %9s %7s\n", "", "first uses", "accepted", "replays", "accepted", "failed");
  // What rounding takes away comes on top: the replays are TIMES or more.
  const std::size_t each = times / (std::size(kScenes) + 1) + 64;
  for (const Scene& scene : kScenes) good &= report(scene.name, scene.run(each), sum);
  if (const auto line = kOverRedis(each))
    good &= report("over Redis: cut off, hanging, restarted", *line, sum);
  else
    std::printf("over Redis: there is no server here: script/bootstrap installs redis-tools, which has it\n");
  std::printf("%zu replays, %zu accepted\n", sum.replays, sum.replays_accepted);
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const long times = argc > 1 ? std::atol(argv[1]) : 8000;
    if (times <= 0) throw std::runtime_error("usage: replay_attack [TIMES]");
    return run(static_cast<std::size_t>(times));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
