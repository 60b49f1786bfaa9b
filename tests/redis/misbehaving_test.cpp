// Redis servers that are slow, mad or gone: the answer is `unavailable` or unknown, in time.
#include <doctest/doctest.h>

#include <map>

#include "servers.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

using Words = FakeRedis::Words;

/// A healthy server for a transaction or two, as far as this stack looks.
struct Script {
  std::string sentinel = "1 1000 run replid";
  std::string claim = "+OK\r\n";
  std::vector<std::string> queued;
  std::string operator()(const Words& words) {
    const auto bulk = [](const std::string& s) { return "$" + std::to_string(s.size()) + "\r\n" + s + "\r\n"; };
    if (words[0] == "MULTI") return queued.clear(), "+OK\r\n";
    if (words[0] == "INFO")
      queued.push_back(bulk("run_id:run\r\nrole:master\r\nmaster_replid:replid\r\nmaxmemory_policy:noeviction\r\n"));
    if (words[0] == "GET") queued.push_back(words[1].ends_with("epoch") ? bulk(sentinel) : "$-1\r\n");
    if (words[0] == "PTTL") queued.push_back(":-2\r\n");
    if (words[0] == "SET") queued.push_back(claim);
    if (words[0] == "TIME") {
      const auto ms = system_clock().wall().count();
      queued.push_back("*2\r\n" + bulk(std::to_string(ms / 1000)) + bulk(std::to_string(ms % 1000 * 1000)));
    }
    if (words[0] != "EXEC") return "+QUEUED\r\n";
    std::string all = "*" + std::to_string(queued.size()) + "\r\n";
    for (const std::string& reply : queued) all += reply;
    return all;
  }
};

ReplayVerdict claim_now(RedisStore& store, unsigned token) {
  const auto guard = store.replay_guard();
  const auto stamp = guard->stamp();
  return claimed(store, guard, some_token(token), (stamp ? stamp->time : system_clock().wall()) + seconds(1));
}

TEST_CASE("a server that answers as it should is used") {
  FakeRedis server{Script()};
  const auto store = *RedisStore::open(options_for(server.port()));
  REQUIRE(within(seconds(5), [&] { return store->replay_guard()->stamp().has_value(); }));
  CHECK(claim_now(*store, 1) == ReplayVerdict::fresh);
  CHECK(store->stats().fresh == 1);
}

TEST_CASE("whatever it answers to a claim, but OK, the claim is not fresh") {
  for (const char* reply : {"$-1\r\n", "-OOM command not allowed\r\n", ":1\r\n", "$2\r\nOK\r\n", "*0\r\n", "+ok\r\n"}) {
    Script script;
    script.claim = reply;
    FakeRedis server{script};
    const auto store = *RedisStore::open(options_for(server.port()));
    REQUIRE(within(seconds(5), [&] { return store->replay_guard()->stamp().has_value(); }));
    CHECK(claim_now(*store, 1) != ReplayVerdict::fresh);
    CHECK(store->stats().fresh == 0);
  }
}

TEST_CASE("garbage from the beginning: no stamp, nothing fresh, sessions unknown, and all of it in time") {
  const std::map<std::string, std::function<std::string(const Words&)>> kinds{
      {"OK to everything", [](const Words&) { return "+OK\r\n"; }},
      {"errors", [](const Words&) { return "-LOADING\r\n"; }},
      {"not the protocol", [](const Words&) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; }},
      {"zeros", [](const Words&) { return std::string(100, '\0'); }},
      {"too deep a list", [](const Words&) { return "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"; }},
      {"half an answer", [](const Words&) { return "*3\r\n$10\r\nabc"; }},
      {"nothing", [](const Words&) { return ""; }},
      {"the end", [](const Words&) { return "close"; }},
      {"lists of nil", [](const Words&) { return "*3\r\n$-1\r\n$-1\r\n$-1\r\n"; }},
  };
  const std::shared_ptr<TicketSealer> keys = *TicketKeys::make(some_key(1));
  for (const auto& [name, answer] : kinds) {
    CAPTURE(name);
    FakeRedis server{answer};
    RedisOptions options = options_for(server.port());
    options.deadline = milliseconds(100);
    const auto store = *RedisStore::open(options);
    REQUIRE(within(seconds(5), [&] { return server.commands() > 0; }));
    const auto cache = store->session_cache(keys);
    for (unsigned i = 0; i < 5; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      CHECK(claim_now(*store, i) == ReplayVerdict::unavailable);
      CHECK_FALSE(store->replay_guard()->stamp());
      cache->put(some_key(1), some_state(), system_clock().wall(), system_clock().wall() + hours(1));
      const auto found = store->wait(SessionLookup{{1, 2, 3}, cache, system_clock().wall()});
      REQUIRE(found);
      const auto& session = std::get<Result<std::optional<SessionState>>>(*found);
      CHECK((session && !*session));
      CHECK(std::chrono::steady_clock::now() - begin < seconds(2));
    }
  }
}

TEST_CASE("nobody there: unavailable at once; a store that goes while somebody waits leaves nobody waiting") {
  const auto store = *RedisStore::open(options_for(free_port()));
  const auto begin = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < 100; ++i) CHECK(claim_now(*store, i) == ReplayVerdict::unavailable);
  CHECK(std::chrono::steady_clock::now() - begin < seconds(1));
  CHECK(store->stats().unavailable == 100);

  FakeRedis silent{[](const Words&) { return ""; }};
  auto doomed = *RedisStore::open(options_for(silent.port()));
  REQUIRE(within(seconds(5), [&] { return doomed->stats().connections == 1; }));
  std::atomic<int> told{0};
  auto cache = doomed->session_cache(*TicketKeys::make(some_key(1)));
  Operation lookup = SessionLookup{{1}, cache, system_clock().wall()};
  CHECK(doomed->answer(lookup, [&](OperationResult) { ++told; }));
  lookup = CredentialRequest{};
  cache.reset();
  CHECK_FALSE(doomed->answer(lookup, [&](OperationResult) { ++told; }));
  doomed.reset();
  CHECK(told == 1);
}

TEST_CASE("the last handle may go inside an answer") {
  FakeRedis silent{[](const Words&) { return ""; }};
  auto store = *RedisStore::open(options_for(silent.port()));
  REQUIRE(within(seconds(5), [&] { return store->stats().connections == 1; }));
  std::atomic<bool> told{false};
  auto cache = store->session_cache(*TicketKeys::make(some_key(1)));
  Operation lookup = SessionLookup{{1}, cache, system_clock().wall()};
  auto& s = *store;
  // The answer owns the store; when it has been given, nobody does.
  s.answer(lookup, [&told, owner = std::make_shared<std::shared_ptr<RedisStore>>(store)](OperationResult) {
    owner->reset();
    told = true;
  });
  lookup = CredentialRequest{};
  cache.reset();
  store.reset();
  CHECK(within(seconds(5), [&] { return told.load(); }));
}

}  // namespace
}  // namespace tls::test
