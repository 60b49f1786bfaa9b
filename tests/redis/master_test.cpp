// The ticket master of a fleet, fetched from a real redis-server.
#include <doctest/doctest.h>

#include <mutex>

#include "servers.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

constexpr milliseconds kPeriod{100};
const std::string kFirst(40, 'a'), kOne = kFirst + "b", kTwo = kFirst + "c";

/// A server with keys of its own store.
struct Node {
  explicit Node(std::uint16_t port) {
    RedisOptions options = options_for(port);
    options.master_period = kPeriod;
    options.warning = [this](std::string_view w) {
      const std::scoped_lock lock(mutex);
      warnings += std::string(w) + "\n";
    };
    store = *RedisStore::open(std::move(options));
    keys = *store->ticket_keys();
  }
  bool warned(std::string_view what) {
    const std::scoped_lock lock(mutex);
    return warnings.find(what) != std::string::npos;
  }
  std::mutex mutex;
  std::string warnings;
  std::shared_ptr<RotatingTicketKeys> keys;
  std::shared_ptr<RedisStore> store;  // ends first, and with it the warnings
};

struct Nodes {
  RedisServer server;
  Node a{server.port()}, b{server.port()};
  SeededRandom random{1};
  milliseconds now = system_clock().wall();
  std::vector<std::uint8_t> seal(Node& node) { return node.keys->seal(some_state(), random, now, now + hours(1)); }
  bool agree() { return opens(*a.keys, seal(b), now) && opens(*b.keys, seal(a), now); }
  /// Waits until each of them has asked for the master, and asked again.
  void fetched() const {
    const long before = gets();
    REQUIRE(within(seconds(10), [&] { return gets() >= before + 12; }));  // as many as both look for an epoch, and more
  }
  /// How often the server was asked for a value.
  long gets() const {
    const std::string stats = server.command("INFO commandstats");
    const std::size_t at = stats.find("cmdstat_get:calls=");
    return at == std::string::npos ? 0 : std::atol(stats.c_str() + at + 18);
  }
  void set(const std::string& master) const {
    REQUIRE(server.command("SET sallyport:ticket-master \"" + master + "\"") == "+OK\r\n");
  }
};

TEST_CASE("servers whose master is in Redis open each other's tickets, follow a new one, and keep the last one") {
  if (!RedisServer::installed()) {
    MESSAGE("no Redis server is here: script/bootstrap installs redis-tools, which has one");
    return;
  }
  Nodes n;
  // None there yet: each has keys of its own, and says so.
  REQUIRE(within(seconds(5), [&] { return n.a.warned("no ticket master") && n.b.warned("no ticket master"); }));
  const auto before = n.seal(n.a);
  CHECK(opens(*n.a.keys, before, n.now));
  CHECK_FALSE(n.agree());

  n.set(kOne);
  REQUIRE(within(seconds(5), [&] { return n.agree(); }));
  CHECK(opened(*n.a.keys, before, n.now)->renew);
  const auto of_one = n.seal(n.a);
  CHECK(opens(**RotatingTicketKeys::from_master(as_bytes(kOne)), of_one, n.now));

  n.set(kTwo);
  REQUIRE(within(seconds(5), [&] {
    const auto ticket = n.seal(n.a);
    return n.agree() && opens(**RotatingTicketKeys::from_master(as_bytes(kTwo)), ticket, n.now);
  }));
  CHECK(opened(*n.b.keys, of_one, n.now)->renew);
  const auto of_two = n.seal(n.a);

  // What cannot be a master is refused, and nothing changes.
  for (const std::string& bad : {std::string(31, 'x') + "", std::string(32, '0'), std::string(1025, 'y') + "z"}) {
    const auto fetched = n.a.store->stats().masters;
    n.set(bad);
    n.fetched();
    CHECK(n.a.store->stats().masters <= fetched + 1);
    CHECK(n.agree());
    CHECK_FALSE(opened(*n.b.keys, of_two, n.now)->renew);
  }
  CHECK(n.a.warned("is refused"));
  CHECK_FALSE(n.a.warned("xxxx"));
  CHECK(n.server.command("DEL sallyport:ticket-master") == ":1\r\n");
  n.fetched();
  CHECK(n.server.command("LPUSH sallyport:ticket-master x") == ":1\r\n");
  REQUIRE(within(seconds(5), [&] { return n.a.warned("WRONGTYPE") || n.a.store->stats().errors > 0; }));
  n.server.stop();
  REQUIRE(within(seconds(10), [&] { return n.a.warned("cannot be reached") && n.b.warned("cannot be reached"); }));
  CHECK(n.agree());
  CHECK_FALSE(opened(*n.b.keys, of_two, n.now)->renew);

  n.server.start();
  n.set(kOne);
  CHECK(within(seconds(10),
               [&] { return opens(**RotatingTicketKeys::from_master(as_bytes(kOne)), n.seal(n.b), n.now); }));
}

TEST_CASE("a silent server costs the master, not the keys") {
  FakeRedis silent{[](const FakeRedis::Words&) { return ""; }};
  Node node(silent.port());
  SeededRandom random(1);
  const milliseconds now = system_clock().wall();
  REQUIRE(within(seconds(5), [&] { return silent.commands() > 0; }));
  const auto ticket = node.keys->seal(some_state(), random, now, now + hours(1));
  CHECK(opens(*node.keys, ticket, now));
  CHECK(node.store->stats().masters == 0);
}

TEST_CASE("how often a master is fetched") {
  RedisOptions options = options_for(1);
  options.master_period = milliseconds(0);
  CHECK_FALSE(RedisStore::open(options));
  options.master_period = milliseconds(1);
  CHECK(RedisStore::open(options));
}

}  // namespace
}  // namespace tls::test
