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

std::optional<Line> over_redis(std::size_t times) {
  if (!RedisServer::installed()) return std::nullopt;
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  context.setAssertHandler([](const doctest::AssertData& data) {
    if (data.m_failed) throw std::runtime_error(std::string("redis-server: ") + data.m_expr);
  });
  constexpr std::size_t kRounds = 3;
  const std::size_t each = std::max<std::size_t>(4, times / (4 * kRounds));
  Fleet fleet;
  RedisServer redis;
  std::vector<std::shared_ptr<RedisStore>> stores;
  const Server a = server_of(fleet, redis.port(), stores), b = server_of(fleet, redis.port(), stores);
  Line line;
  for (std::size_t round = 0; round < kRounds; ++round) {
    if (!within(seconds(20), [&] { return ready(stores); })) throw std::runtime_error("the store does not come back");
    const Flight flight = fleet.record(a);
    const auto again = [&](std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) line.again(i % 2 != 0 ? a : b, flight);
    };
    line.first(a, flight);
    again(each);
    redis.pause();
    again(2);  // each waits for the deadline
    redis.go_on();
    again(each);
    redis.stop();
    again(each);
    redis.start();
    again(each);
  }
  return line;
}

}  // namespace tls::test
