// Redis servers that are slow, mad or gone: the answer is `unavailable` or unknown, in time.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

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

TEST_CASE("a server that answers as it should is used: but not for claims beyond two windows, or of another epoch") {
  std::atomic<int> sets{0};
  FakeRedis server{[&sets, script = Script()](const Words& words) mutable {
    if (words[0] == "SET") ++sets;
    return script(words);
  }};
  const auto store = *RedisStore::open(options_for(server.port()));
  const auto guard = store->replay_guard();
  REQUIRE(within(seconds(5), [&] { return guard->stamp().has_value(); }));
  const auto verdict = [&](milliseconds ahead, std::uint64_t epoch) {
    return *std::get<Result<ReplayVerdict>>(
        *store->wait(ReplayClaim{some_token(2), guard->stamp()->time + ahead, guard, epoch}));
  };
  const std::uint64_t epoch = guard->stamp()->epoch;
  CHECK(verdict(seconds(60), epoch) == ReplayVerdict::unavailable);  // as a server with a longer window asks
  CHECK(verdict(milliseconds(1300), epoch) == ReplayVerdict::unavailable);
  CHECK(verdict(milliseconds(100), epoch + 1) == ReplayVerdict::unavailable);
  CHECK(verdict(milliseconds(100), 0) == ReplayVerdict::unavailable);
  CHECK(sets == 0);  // it does not hear of them
  CHECK(verdict(milliseconds(200), epoch) == ReplayVerdict::fresh);
  CHECK(claim_now(*store, 1) == ReplayVerdict::fresh);
  CHECK(sets == 2);
  CHECK(store->stats().fresh == 2);
}

TEST_CASE("whatever it answers to a claim, but OK, the claim is not fresh") {
  std::vector<std::unique_ptr<FakeRedis>> servers;
  std::vector<std::shared_ptr<RedisStore>> stores;
  for (const char* reply : {"$-1\r\n", "-OOM command not allowed\r\n", ":1\r\n", "$2\r\nOK\r\n", "*0\r\n", "+ok\r\n"}) {
    Script script;
    script.claim = reply;
    servers.push_back(std::make_unique<FakeRedis>(script));
    stores.push_back(*RedisStore::open(options_for(servers.back()->port())));
  }
  for (const auto& store : stores) {
    REQUIRE(within(seconds(5), [&] { return store->replay_guard()->stamp().has_value(); }));
    CHECK(claim_now(*store, 1) != ReplayVerdict::fresh);
    CHECK(store->stats().fresh == 0);
  }
}

/// When claims of one token become fresh once more, by a server that forgets tokens, after `interruption`; and that
/// they are not before.
void check_blind(const std::function<void(FakeRedis&)>& interruption) {
  FakeRedis server{Script()};  // says OK to every claim: it has forgotten the last one
  const auto store = *RedisStore::open(options_for(server.port()));
  REQUIRE(within(seconds(5), [&] { return store->replay_guard()->stamp().has_value(); }));
  const auto first = std::chrono::steady_clock::now();
  const auto stamp = store->replay_guard()->stamp()->time;
  const auto fresh = [&] {
    const auto later = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - first);
    return claimed(*store, store->replay_guard(), some_token(1), stamp + later + seconds(1)) == ReplayVerdict::fresh;
  };
  REQUIRE(fresh());
  interruption(server);
  REQUIRE(within(seconds(3), [&] { return !store->replay_guard()->stamp(); }));
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(within(seconds(10), fresh));
  // Two windows of 100 ms and two seconds, in which a replay would have been let through.
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(2100));
  CHECK(store->stats().epochs == 1);
}

TEST_CASE(
    "a store that looks the same after the connection broke may have forgotten: nothing is fresh for two windows") {
  check_blind([](FakeRedis& server) { server.hang_up(); });
}

TEST_CASE("a store that nobody could ask for a while may have forgotten") {
  check_blind([](FakeRedis& server) {
    server.mute(true);
    std::this_thread::sleep_for(milliseconds(1500));
    server.mute(false);
  });
}

/// A store of sessions that can be cut off without forgetting anything.
struct Vault {
  struct Contents {
    std::mutex mutex;
    std::map<std::string, std::string> values;
    bool cut_off = false;
  };
  std::shared_ptr<Contents> contents = std::make_shared<Contents>();
  std::vector<std::string> queued;
  bool in_transaction = false;
  std::string operator()(const Words& words) {
    const std::scoped_lock lock(contents->mutex);
    if (contents->cut_off) return "close";
    if (words[0] == "MULTI") return queued.clear(), in_transaction = true, "+OK\r\n";
    if (words[0] == "EXEC") {
      std::string all = "*" + std::to_string(queued.size()) + "\r\n";
      for (const std::string& reply : queued) all += reply;
      return in_transaction = false, all;
    }
    const std::string reply = done(words);
    if (!in_transaction) return reply;
    queued.push_back(reply);
    return "+QUEUED\r\n";
  }
  std::string done(const Words& words) {
    auto& values = contents->values;
    if (words[0] == "SETEX") return values[words[1]] = words[3], "+OK\r\n";
    if (words[0] == "DEL") return ":" + std::to_string(values.erase(words[1])) + "\r\n";
    if (words[0] == "PTTL") return ":100000\r\n";
    const auto at = words[0] == "GET" ? values.find(words[1]) : values.end();
    if (at == values.end()) return "$-1\r\n";
    return "$" + std::to_string(at->second.size()) + "\r\n" + at->second + "\r\n";
  }
};

/// Options whose warnings are kept.
struct Heard {
  std::mutex mutex;
  std::vector<std::string> words;
  std::vector<std::string> all() {
    const std::scoped_lock lock(mutex);
    return words;
  }
  RedisOptions options(std::uint16_t port) {
    RedisOptions o = options_for(port);
    o.warning = [this](std::string_view w) {
      const std::scoped_lock lock(mutex);
      words.emplace_back(w);
    };
    return o;
  }
};

bool known(RedisStore& store, const std::shared_ptr<SessionCache>& cache, const std::vector<std::uint8_t>& id) {
  const milliseconds now = system_clock().wall();
  if (auto near = cache->find(id, now)) return (*near)->has_value();
  auto later = store.wait(SessionLookup{id, cache, now});
  REQUIRE(later);
  const auto& found = std::get<Result<std::optional<SessionState>>>(*later);
  return found && found->has_value();
}

TEST_CASE("a session that was removed while the store was out of reach does not come back") {
  Vault vault;
  auto& contents = *vault.contents;
  FakeRedis server{vault};
  const auto store = *RedisStore::open(options_for(server.port()));
  const auto cache = store->session_cache(*TicketKeys::make(some_key(1)));
  const std::vector<std::uint8_t> id(32, 7), other(32, 8);
  REQUIRE(within(seconds(5), [&] { return store->stats().connections == 1; }));
  const milliseconds now = system_clock().wall();
  for (const auto& i : {id, other}) cache->put(i, some_state(), now, now + hours(1));
  REQUIRE(within(seconds(5), [&] { return store->stats().kept == 2; }));
  REQUIRE(known(*store, cache, id));
  const auto cut_off = [&](bool on) {
    const std::scoped_lock lock(contents.mutex);
    contents.cut_off = on;
  };
  const auto size = [&] {
    const std::scoped_lock lock(contents.mutex);
    return contents.values.size();
  };
  SUBCASE("the connection is gone") {
    cut_off(true);
    cache->remove(id);
    std::this_thread::sleep_for(milliseconds(300));
    cut_off(false);
  }
  SUBCASE("it does not answer") {
    server.mute(true);
    std::this_thread::sleep_for(milliseconds(100));  // what it was about to take, it has taken
    cache->remove(id);
    std::this_thread::sleep_for(milliseconds(1200));
    CHECK(size() == 2);
    server.mute(false);
  }
  // Not for a moment, and in the end it is gone for everybody.
  bool came_back = false;
  CHECK(within(seconds(5), [&] {
    came_back |= known(*store, cache, id);
    return size() == 1 && known(*store, cache, other);
  }));
  CHECK_FALSE(came_back);
  CHECK_FALSE(known(*store, cache, id));
  CHECK(store->stats().removals_waiting == 0);
}

TEST_CASE("too many removals: the store is not believed while the sessions of then live, and that is told") {
  Vault vault;
  auto& contents = *vault.contents;
  FakeRedis server{vault};
  Heard heard;
  const auto store = *RedisStore::open(heard.options(server.port()));
  const auto cache = store->session_cache(*TicketKeys::make(some_key(1)));
  REQUIRE(within(seconds(5), [&] { return store->stats().connections == 1; }));
  const milliseconds now = system_clock().wall();
  cache->put(std::vector<std::uint8_t>(32, 7), some_state(), now, now + seconds(3));
  const auto cut_off = [&](bool on) {
    const std::scoped_lock lock(contents.mutex);
    contents.cut_off = on;
  };
  cut_off(true);
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i <= 65'536; ++i)
    cache->remove(std::vector<std::uint8_t>{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
                                            static_cast<std::uint8_t>(i >> 16)});
  cut_off(false);
  const std::vector<std::uint8_t> id(32, 8);
  CHECK(within(seconds(10), [&] {
    cache->put(id, some_state(), now, now + hours(1));
    return known(*store, cache, id);
  }));
  CHECK(std::chrono::steady_clock::now() - begin >= seconds(2));
  const auto words = heard.all();
  CHECK(
      std::ranges::any_of(words, [](const std::string& w) { return w.find("more sessions were removed") != w.npos; }));
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

TEST_CASE("a store that cannot be reached is named at once, with what follows from it, and not again and again") {
  Heard heard;
  const std::uint16_t port = free_port();
  const auto store = *RedisStore::open(heard.options(port));
  REQUIRE(within(seconds(5), [&] { return !heard.all().empty(); }));
  CHECK(heard.all().front().starts_with("the Redis server at 127.0.0.1:" + std::to_string(port) + ": it cannot be"));
  CHECK(heard.all().front().find("Connection refused") != std::string::npos);
  CHECK(heard.all().front().find("handshakes go on") != std::string::npos);
  std::this_thread::sleep_for(milliseconds(1500));
  CHECK(heard.all().size() == 1);
}

TEST_CASE("a port that is not Redis floods nobody, neither with warnings nor with connections") {
  Heard heard;
  FakeRedis server{[](const Words&) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; }};
  const auto store = *RedisStore::open(heard.options(server.port()));
  const auto guard = store->replay_guard();
  std::this_thread::sleep_for(milliseconds(2000));
  CHECK(heard.all().size() == 1);
  CHECK(heard.all().front().find("Protocol error") != std::string::npos);
  CHECK(store->stats().connections <= 6);
}

TEST_CASE("a password that is refused is told") {
  Heard heard;
  FakeRedis server{[](const Words&) { return "-WRONGPASS invalid\r\n"; }};
  RedisOptions options = heard.options(server.port());
  options.password = "swordfish";
  const auto store = *RedisStore::open(std::move(options));
  REQUIRE(within(seconds(5), [&] { return !heard.all().empty(); }));
  CHECK(heard.all().front().find("WRONGPASS") != std::string::npos);
  CHECK(heard.all().front().find("swordfish") == std::string::npos);
}

TEST_CASE("a guard says when early data begins") {
  Heard heard;
  Script script;
  script.sentinel = "nonsense";
  FakeRedis server{script};
  RedisOptions options = heard.options(server.port());
  options.window = milliseconds(10'000);
  const auto store = *RedisStore::open(std::move(options));
  std::this_thread::sleep_for(milliseconds(500));
  CHECK(heard.all().empty());  // nobody relies on its memory
  const auto guard = store->replay_guard();
  REQUIRE(within(seconds(5), [&] { return !heard.all().empty(); }));
  CHECK(heard.all().front().ends_with("early data is refused for 22 s, and accepted then"));
}

/// Asks for a session, and lets `store`, the last handle, go in the answer. Returns when that was given.
void let_go_inside_an_answer(std::shared_ptr<RedisStore> store) {
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

TEST_CASE("the last handle may go inside an answer, while a look is in the same read") {
  std::atomic<int> renewals{0};
  Script script;
  // From the lookup on nothing is sent, until a look has come as well: it finds another memory, and would renew it.
  FakeRedis server{
      [&renewals, script, held = std::string(), holding = false, looks = false](const Words& words) mutable {
        if (words[0] == "SET") ++renewals;
        if (words[0] == "GET" && !words[1].ends_with("epoch")) holding = true, script.sentinel = "nonsense";
        if (words[0] == "INFO") looks = true;
        if (words[0] == "MULTI") looks = false;
        const std::string reply = script(words);
        if (!holding) return reply;
        held += reply;
        return words[0] == "EXEC" && looks ? std::exchange(held, {}) : std::string();
      }};
  auto store = *RedisStore::open(options_for(server.port()));
  REQUIRE(within(seconds(5), [&] { return store->stats().epochs == 1; }));  // it was looked at
  let_go_inside_an_answer(std::move(store));
  std::this_thread::sleep_for(milliseconds(300));
  CHECK(renewals == 0);
}

TEST_CASE("the last handle may go inside an answer") {
  FakeRedis silent{[](const Words&) { return ""; }};
  auto store = *RedisStore::open(options_for(silent.port()));
  REQUIRE(within(seconds(5), [&] { return store->stats().connections == 1; }));
  let_go_inside_an_answer(std::move(store));
}

}  // namespace
}  // namespace tls::test
