#define DOCTEST_CONFIG_IMPLEMENT  // servers.h checks with doctest, here outside of test cases
#include <doctest/doctest.h>

#include "redis/servers.h"
#include "replay/fleet.h"

namespace tls::test {
namespace {

constexpr Clock::Milliseconds kShort{1000};  // the window: the guard waits for two of them after each loss of memory

/// A server with a connection of its own to the store.
Server server_of(Fleet& fleet, std::uint16_t port, std::vector<std::shared_ptr<RedisStore>>& stores) {
  RedisOptions options;
  options.port = port;
  options.window = kShort;
  options.deadline = milliseconds(1000);
  stores.push_back(must(RedisStore::open(options)));
  Server server = fleet.server(stores.back()->replay_guard(), kShort);
  server.answer = [store = stores.back()](const Operation& operation) { return store->wait(operation); };
  return server;
}

/// Both may judge early data, and each other's.
bool ready(const std::vector<std::shared_ptr<RedisStore>>& stores) {
  const auto x = stores.front()->replay_guard()->stamp(), y = stores.back()->replay_guard()->stamp();
  return x && y && x->epoch == y->epoch;
}

}  // namespace

namespace {

/// What happens to the store while replays go on.
enum class Trouble { none, cut_off, hangs, restarts };

void befall(RedisServer& redis, Trouble trouble) {
  switch (trouble) {
    case Trouble::none:
      return;
    case Trouble::cut_off:  // again and again; its memory stays
      for (int i = 0; i < 10; ++i) {
        static_cast<void>(redis.command("CLIENT KILL TYPE normal"));
        std::this_thread::sleep_for(milliseconds(30));
      }
      return;
    case Trouble::hangs:
      redis.pause();
      std::this_thread::sleep_for(milliseconds(700));
      redis.go_on();
      return;
    case Trouble::restarts:
      redis.stop();
      std::this_thread::sleep_for(milliseconds(200));
      redis.start();
      return;
  }
}

void add(Line& sum, const Line& line) {
  sum.first_uses += line.first_uses;
  sum.first_accepted += line.first_accepted;
  sum.replays += line.replays;
  sum.replays_accepted += line.replays_accepted;
  sum.failed += line.failed;
}

}  // namespace

std::optional<Line> over_redis(std::size_t times) {
  if (!RedisServer::installed()) return std::nullopt;
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  context.setAssertHandler([](const doctest::AssertData& data) {
    if (data.m_failed) throw std::runtime_error(std::string("redis-server: ") + data.m_expr);
  });
  Fleet fleet;
  RedisServer redis;
  std::vector<std::shared_ptr<RedisStore>> stores;
  const std::vector<Server> servers{server_of(fleet, redis.port(), stores), server_of(fleet, redis.port(), stores)};
  constexpr std::size_t kFlights = 4, kRounds = 4;
  const std::size_t each = std::max<std::size_t>(4 * kThreads, times / (2 * kRounds * kFlights));
  Line sum;
  for (const Trouble trouble : {Trouble::none, Trouble::cut_off, Trouble::hangs, Trouble::restarts}) {
    if (!within(seconds(30), [&] { return ready(stores); })) throw std::runtime_error("the store does not come back");
    // Within the window: the first use of each flight, and replays of it at the same time, at both servers.
    std::vector<Flight> flights;
    for (std::size_t i = 0; i < kFlights; ++i) flights.push_back(fleet.record(servers.front()));
    add(sum, together(servers, flights, 2 * kThreads, false));
    // And from then on, through the trouble and beyond it, until the store serves again and the window is over.
    std::jthread fate([&] { befall(redis, trouble); });
    add(sum, together(servers, flights, each, true));
    fate.join();
    add(sum, together(servers, flights, each, true));
    if (!within(seconds(30), [&] { return ready(stores); })) throw std::runtime_error("the store does not come back");
    add(sum, together(servers, flights, 4 * kThreads, true));
  }
  return sum;
}

}  // namespace tls::test
