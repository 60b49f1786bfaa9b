// Redis servers that are slow, mad or gone: the answer is `unavailable` or unknown, in time.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "redis_memory.h"
#include "redis_protocol.h"
#include "servers.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

using Words = FakeRedis::Words;

/// A healthy server for a transaction or two, as far as this stack looks.
struct Script {
  const Clock* clock = &system_clock();
  std::string sentinel = "1 1000 run replid";
  std::string claim = "+OK\r\n";
  std::vector<std::string> queued = {};
  std::string operator()(const Words& words) {
    const auto bulk = [](const std::string& s) { return "$" + std::to_string(s.size()) + "\r\n" + s + "\r\n"; };
    if (words[0] == "MULTI") return queued.clear(), "+OK\r\n";
    if (words[0] == "INFO")
      queued.push_back(bulk("run_id:run\r\nrole:master\r\nmaster_replid:replid\r\nmaxmemory_policy:noeviction\r\n"));
    if (words[0] == "GET") queued.push_back(words[1].ends_with("epoch") ? bulk(sentinel) : "$-1\r\n");
    if (words[0] == "PTTL") queued.push_back(":-2\r\n");
    if (words[0] == "SET") queued.push_back(claim);
    if (words[0] == "TIME") {
      const auto ms = clock->wall().count();
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

/// A server that forgets tokens: it says OK to every claim. Time goes on when the test says so.
struct Forgetful {
  SteppedClock clock;
  FakeRedis server{Script{.clock = &clock}};
  std::shared_ptr<RedisStore> store = *RedisStore::open(options_for(server.port(), clock));
  std::shared_ptr<ReplayGuard> guard = store->replay_guard();
  std::shared_ptr<SessionCache> cache = store->session_cache(*TicketKeys::make(some_key(1)));
  milliseconds quarantine = redis::quarantine(options_for(1).window);

  Forgetful() {
    connected(1);
    pass(quarantine);
    REQUIRE(guard->stamp());
    REQUIRE(fresh());
  }
  void connected(std::uint64_t times) const {
    REQUIRE(within(seconds(5), [&] { return store->stats().connections == times; }));
    looked();
  }
  /// Returns when the server was looked at, if it was time: what is asked behind the look was answered.
  void looked() const {
    for (int i = 0; i < 2; ++i) REQUIRE(store->wait(SessionLookup{{1}, cache, clock.wall()}));
  }
  /// Steps that are short enough for a look to be good until the next.
  void pass(milliseconds time) {
    for (milliseconds step{200}; time.count() > 0; time -= step) {
      clock.step(std::min(step, time));
      looked();
    }
  }
  bool fresh() const {
    const auto stamp = guard->stamp();
    return claimed(*store, guard, some_token(1), (stamp ? stamp->time : clock.wall()) + seconds(1)) ==
           ReplayVerdict::fresh;
  }
  /// From now on it is looked at again: two windows of 100 ms and two seconds, in which a replay would be let through.
  void check_blind() {
    for (milliseconds time{0}; time < quarantine; time += milliseconds(200)) {
      CHECK_FALSE(guard->stamp());
      CHECK_FALSE(fresh());
      pass(milliseconds(200));
    }
    CHECK(fresh());
    CHECK(store->stats().epochs == 1);
  }
};

TEST_CASE(
    "a store that looks the same after the connection broke may have forgotten: nothing is fresh for two windows") {
  Forgetful f;
  f.server.hang_up();
  REQUIRE(within(seconds(5), [&] { return !f.guard->stamp(); }));
  CHECK_FALSE(f.fresh());
  f.clock.step(milliseconds(1000));  // the pause before the next attempt
  f.connected(2);
  f.check_blind();
}

TEST_CASE("a store that nobody could ask for a while may have forgotten") {
  Forgetful f;
  f.server.mute(true);
  // A look that is asked now and answered when it speaks again is as old as half of that.
  f.clock.step(milliseconds(200));
  seen_by_all(f.clock);
  f.clock.step(3 * redis::kStale / 2);
  seen_by_all(f.clock);
  CHECK_FALSE(f.guard->stamp());
  f.server.mute(false);
  f.looked();
  f.check_blind();
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
  RedisOptions options(std::uint16_t port, const Clock& clock = system_clock()) {
    RedisOptions o = options_for(port, clock);
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
    const int before = server.connections();
    cut_off(true);
    cache->remove(id);
    CHECK(within(seconds(5), [&] { return server.connections() > before; }));  // it was tried, and cut off
    cut_off(false);
  }
  SUBCASE("it does not answer") {
    server.mute(true);
    const auto before = store->stats().timeouts;
    cache->remove(id);
    CHECK(within(seconds(5), [&] { return store->stats().timeouts > before; }));
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
  SteppedClock clock;
  const auto store = *RedisStore::open(heard.options(server.port(), clock));
  const auto cache = store->session_cache(*TicketKeys::make(some_key(1)));
  REQUIRE(within(seconds(5), [&] { return store->stats().connections == 1; }));
  const milliseconds now = system_clock().wall();
  cache->put(std::vector<std::uint8_t>(32, 7), some_state(), now, now + hours(1));
  const auto cut_off = [&](bool on) {
    const std::scoped_lock lock(contents.mutex);
    contents.cut_off = on;
  };
  cut_off(true);
  for (std::uint32_t i = 0; i <= 65'536; ++i)
    cache->remove(std::vector<std::uint8_t>{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
                                            static_cast<std::uint8_t>(i >> 16)});
  cut_off(false);
  const std::vector<std::uint8_t> id(32, 8);
  const auto kept = [&] {
    const auto before = store->stats().kept;
    clock.step(milliseconds(100));
    cache->put(id, some_state(), now, now + minutes(1));
    return store->stats().kept > before || within(milliseconds(50), [&] { return store->stats().kept > before; });
  };
  REQUIRE(within(seconds(10), kept));
  CHECK_FALSE(known(*store, cache, id));
  clock.step(minutes(30));
  CHECK_FALSE(known(*store, cache, id));
  clock.step(minutes(30));
  CHECK(within(seconds(10), [&] { return kept() && known(*store, cache, id); }));
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
      {"two answers to each", [](const Words&) { return "+OK\r\n+OK\r\n"; }},
      {"an error that nobody asked for", [](const Words&) { return "+OK\r\n-ERR you there\r\n"; }},
      {"messages of a subscription",
       [](const Words&) { return "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n*3\r\n$7\r\nmessage\r\n"; }},
      {"an answer to MONITOR", [](const Words&) { return "+OK\r\n+1339518083.107412 [0] \"GET\"\r\n"; }},
      {"a list of many", [](const Words&) { return "*2147483647\r\n"; }},
      {"a list of more", [](const Words&) { return "*9223372036854775807\r\n"; }},
      {"a list of too many to count", [](const Words&) { return "*99999999999999999999999\r\n"; }},
      {"a list of less than none", [](const Words&) { return "*-2\r\n"; }},
      {"a nil list", [](const Words&) { return "*-1\r\n"; }},
      {"lists in lists without end",
       [](const Words&) { return "*2\r\n*2\r\n*2\r\n*2\r\n*2\r\n*2\r\n*2\r\n*2\r\n*2\r\n"; }},
      {"a text of less than none", [](const Words&) { return "$-2\r\n"; }},
      {"a text longer than memory", [](const Words&) { return "$9223372036854775807\r\nabc"; }},
      {"a text without its end", [](const Words&) { return "$2\r\nabcdef\r\n"; }},
      {"no number", [](const Words&) { return ":1x\r\n"; }},
      {"an empty number", [](const Words&) { return ":\r\n"; }},
      {"a number too large", [](const Words&) { return ":9223372036854775808\r\n"; }},
      {"an empty line", [](const Words&) { return "\r\n"; }},
      {"a line without its beginning", [](const Words&) { return "+OK\n"; }},
      {"RESP3: nil", [](const Words&) { return "_\r\n"; }},
      {"RESP3: a double", [](const Words&) { return ",nan\r\n"; }},
      {"RESP3: a boolean", [](const Words&) { return "#t\r\n"; }},
      {"RESP3: a long number", [](const Words&) { return "(3492890328409238509324850943850943825024385\r\n"; }},
      {"RESP3: a long error", [](const Words&) { return "!21\r\nSYNTAX invalid syntax\r\n"; }},
      {"RESP3: a verbatim text", [](const Words&) { return "=2\r\nab\r\n"; }},
      {"RESP3: a map", [](const Words&) { return "%1\r\n+a\r\n:1\r\n"; }},
      {"RESP3: a set", [](const Words&) { return "~1\r\n+a\r\n"; }},
      {"RESP3: an attribute", [](const Words&) { return "|1\r\n+a\r\n:1\r\n+OK\r\n"; }},
      {"RESP3: a push", [](const Words&) { return ">2\r\n$10\r\ninvalidate\r\n*0\r\n"; }},
      {"RESP3: a push behind the answer", [](const Words&) { return "+OK\r\n>2\r\n$10\r\ninvalidate\r\n*0\r\n"; }},
      {"RESP3: a stream", [](const Words&) { return "*?\r\n:1\r\n.\r\n"; }},
  };
  const std::shared_ptr<TicketSealer> keys = *TicketKeys::make(some_key(1));
  struct Mad {
    Mad(std::string n, std::function<std::string(const Words&)> answer)
        : name(std::move(n)), server(std::move(answer)) {
      RedisOptions options = options_for(server.port());
      options.deadline = milliseconds(100);
      store = *RedisStore::open(options);
    }
    std::string name;
    FakeRedis server;
    std::shared_ptr<RedisStore> store;
  };
  std::vector<std::unique_ptr<Mad>> all;  // at the same time: most of it is waiting
  for (const auto& [name, answer] : kinds) all.push_back(std::make_unique<Mad>(name, answer));
  for (const auto& mad : all) {
    CAPTURE(mad->name);
    REQUIRE(within(seconds(5), [&] { return mad->server.commands() > 0; }));
    const auto cache = mad->store->session_cache(keys);
    for (unsigned i = 0; i < 5; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      CHECK(claim_now(*mad->store, i) == ReplayVerdict::unavailable);
      CHECK_FALSE(mad->store->replay_guard()->stamp());
      cache->put(some_key(1), some_state(), system_clock().wall(), system_clock().wall() + hours(1));
      CHECK_FALSE(known(*mad->store, cache, {1, 2, 3}));
      CHECK(std::chrono::steady_clock::now() - begin < seconds(2));
    }
  }
  for (const auto& mad : all) {
    CAPTURE(mad->name);
    CHECK(mad->store->stats().fresh == 0);
    CHECK(mad->server.connections() < 40);
  }
}

TEST_CASE("nobody there: unavailable at once; a store that goes while somebody waits leaves nobody waiting") {
  const auto store = *RedisStore::open(options_for(free_port()));
  const auto begin = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < 100; ++i) CHECK(claim_now(*store, i) == ReplayVerdict::unavailable);
  CHECK(std::chrono::steady_clock::now() - begin < scaled(seconds(1)));
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

TEST_CASE("whoever asks is answered once, though the store answers late") {
  SteppedClock clock;
  std::atomic<bool> late{false};
  std::atomic<int> answers{0};  // that were given to whoever asked
  std::atomic<int> served{0};   // claims, in the end
  FakeRedis server{[&, script = Script{.clock = &clock}, claim = false](const Words& words) mutable {
    if (words[0] == "MULTI") claim = false;
    if (words[0] == "SET") claim = true;
    if (late && claim && words[0] == "EXEC") {
      clock.step(milliseconds(30));
      static_cast<void>(within(seconds(5), [&] { return answers > served; }));
      ++served;
    }
    return script(words);
  }};
  RedisOptions options = options_for(server.port(), clock);
  options.deadline = milliseconds(30);
  const auto store = *RedisStore::open(options);
  const auto guard = store->replay_guard();
  const auto cache = store->session_cache(*TicketKeys::make(some_key(1)));
  REQUIRE(within(seconds(5), [&] { return store->stats().connections == 1; }));
  for (int i = 0; i < 12; ++i) {  // the quarantine
    REQUIRE(store->wait(SessionLookup{{1}, cache, clock.wall()}));
    REQUIRE(store->wait(SessionLookup{{1}, cache, clock.wall()}));
    clock.step(milliseconds(200));
  }
  REQUIRE(within(seconds(10), [&] { return guard->stamp().has_value(); }));
  constexpr unsigned kClaims = 3;
  std::array<std::atomic<int>, kClaims> told{};
  std::atomic<int> fresh{0};
  late = true;
  for (unsigned i = 0; i < kClaims; ++i) {
    const auto stamp = guard->stamp();
    REQUIRE(stamp);
    CHECK(store->answer(ReplayClaim{some_token(i), stamp->time + milliseconds(100), guard, stamp->epoch},
                        [&, i](const OperationResult& result) {
                          ++told[i];
                          ++answers;
                          fresh += *std::get<Result<ReplayVerdict>>(result) == ReplayVerdict::fresh;
                        }));
    CHECK(within(seconds(5), [&] { return told[i] == 1; }));
  }
  // The answers come all the same, and nobody is told again: not before what is asked behind them is answered.
  REQUIRE(within(seconds(5), [&] { return served == kClaims; }));
  REQUIRE(store->wait(SessionLookup{{1}, cache, clock.wall()}));
  for (const auto& times : told) CHECK(times == 1);
  CHECK(fresh == 0);
  CHECK(store->stats().timeouts > 0);
}

TEST_CASE("a store that cannot be reached is named at once, with what follows from it, and not again and again") {
  Heard heard;
  SteppedClock clock;
  const std::uint16_t port = free_port();
  const auto store = *RedisStore::open(heard.options(port, clock));
  REQUIRE(within(seconds(5), [&] { return !heard.all().empty(); }));
  CHECK(heard.all().front().starts_with("the Redis server at 127.0.0.1:" + std::to_string(port) + ": it cannot be"));
  CHECK(heard.all().front().find("Connection refused") != std::string::npos);
  CHECK(heard.all().front().find("handshakes go on") != std::string::npos);
  for (int i = 0; i < 8; ++i) {
    clock.step(seconds(1));
    seen_by_all(clock);
  }
  CHECK(heard.all().size() == 1);
}

/// When connections that are each given up at once are made, ms: twice as long after the last one each time.
constexpr milliseconds kAttempts[] = {milliseconds(0),   milliseconds(50),   milliseconds(150), milliseconds(350),
                                      milliseconds(750), milliseconds(1550), milliseconds(2550)};

/// Lets time go on, from one attempt to the next: there are no more than these.
template <class Count>
void check_attempts(SteppedClock& clock, Count count) {
  const milliseconds begin = clock.monotonic();
  std::uint64_t expected = 0;
  for (const milliseconds at : kAttempts) {
    if (const milliseconds left = begin + at - clock.monotonic(); left.count() > 0) {
      clock.step(left - milliseconds(1));
      seen_by_all(clock);
      CHECK(count() == expected);
      clock.step(milliseconds(1));
    }
    ++expected;
    REQUIRE(within(seconds(10), [&] { return count() >= expected; }));
    seen_by_all(clock);
    CHECK(count() == expected);
  }
}

TEST_CASE("a port that is not Redis floods nobody, neither with warnings nor with connections") {
  Heard heard;
  SteppedClock clock;
  FakeRedis server{[](const Words&) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; }};
  const auto store = *RedisStore::open(heard.options(server.port(), clock));
  const auto guard = store->replay_guard();
  check_attempts(clock, [&] { return store->stats().connections; });
  REQUIRE(heard.all().size() == 1);
  CHECK(heard.all().front().find("Protocol error") != std::string::npos);
}

TEST_CASE("what nobody asked for, though nothing is asked, ends the connection") {
  // Quiet, but for the beginning of each connection: the answers to the look, and one more.
  FakeRedis server{[script = Script()](const Words& words) mutable {
    const std::string reply = script(words);
    return words[0] == "EXEC" ? reply + "+and more\r\n" : reply;
  }};
  Heard heard;
  const auto store = *RedisStore::open(heard.options(server.port()));
  CHECK(within(seconds(5), [&] { return server.connections() >= 3; }));
  CHECK(heard.all().front().find("that nobody asked for") != std::string::npos);
  // A server with too many clients says so, unasked.
  FakeRedis full{[](const Words&) { return "-ERR max number of clients reached\r\n"; }, true};
  Heard other;
  RedisOptions options = other.options(full.port());
  const auto second = *RedisStore::open(std::move(options));
  REQUIRE(within(seconds(5), [&] { return !other.all().empty(); }));
  CHECK(other.all().front().find("max number of clients reached") != std::string::npos);
}

TEST_CASE("a refused AUTH or SELECT is tried again ever more slowly, and nothing else is said to such a server") {
  for (const bool password : {true, false}) {
    std::atomic<int> others{0};
    FakeRedis server{[&, script = Script()](const Words& words) mutable -> std::string {
      if (words[0] == "AUTH") return password ? "-WRONGPASS invalid\r\n" : "+OK\r\n";
      if (words[0] == "SELECT") return "-ERR DB index is out of range\r\n";
      ++others;
      return password ? "-NOAUTH Authentication required.\r\n" : script(words);
    }};
    SteppedClock clock;
    RedisOptions options = options_for(server.port(), clock);
    options.password = "swordfish";
    options.database = 99;
    const auto store = *RedisStore::open(std::move(options));
    const auto cache = store->session_cache(*TicketKeys::make(some_key(1)));
    check_attempts(clock, [&] {
      cache->put(some_key(1), some_state(), system_clock().wall(), system_clock().wall() + hours(1));
      return static_cast<std::uint64_t>(server.connections());
    });
    CHECK(others == 0);  // a session would be kept in another database
    CHECK(store->stats().connections == 0);
    CHECK(store->stats().kept == 0);
  }
}

TEST_CASE("a server that has accepted the password before it has come is none") {
  // More than the system takes at once.
  Heard heard;
  FloodingRedis server("+OK\r\n", "", milliseconds(10));
  RedisOptions options = heard.options(server.port());
  options.password = std::string(12 << 20, 'p');
  const auto store = *RedisStore::open(std::move(options));
  REQUIRE(within(seconds(5), [&] { return !heard.all().empty(); }));
  CHECK(heard.all().front().find("before it is asked") != std::string::npos);
  CHECK(store->stats().connections == 0);
}

TEST_CASE("an answer that never ends costs a bounded time and memory") {
  struct {
    const char* name;
    std::string first, again;
    milliseconds pause;
  } const kinds[] = {
      {"a long text", "$536870912\r\n", std::string(65'536, 'x'), milliseconds(0)},
      {"a long line", "+", std::string(65'536, 'x'), milliseconds(0)},
      {"a list of many texts", "*1000000\r\n", "$4096\r\n" + std::string(4096, 'x') + "\r\n", milliseconds(0)},
      {"a list of many lists", "*1000000\r\n", "*0\r\n*0\r\n*0\r\n*0\r\n*0\r\n*0\r\n*0\r\n*0\r\n", milliseconds(0)},
      {"a byte now and then", "$5000\r\n", "x", milliseconds(50)},
      {"a number now and then", "*100\r\n", ":1\r\n", milliseconds(50)},
  };
  std::vector<std::unique_ptr<FloodingRedis>> servers;
  std::vector<std::shared_ptr<RedisStore>> stores;
  for (const auto& kind : kinds) {
    servers.push_back(std::make_unique<FloodingRedis>(kind.first, kind.again, kind.pause));
    stores.push_back(*RedisStore::open(options_for(servers.back()->port())));
  }
  for (std::size_t i = 0; i < servers.size(); ++i) {
    CAPTURE(kinds[i].name);
    CHECK(within(seconds(15), [&] { return servers[i]->left() > 0; }));
    CHECK(servers[i]->most() < (16u << 20));  // what the system's buffers take is part of it
    CHECK(servers[i]->held() < scaled(seconds(6)));
  }
}

TEST_CASE("a session that is too large to be read again is not kept") {
  struct Large final : TicketSealer {
    std::size_t size = 0;
    std::vector<std::uint8_t> seal(const SessionState&, Random&, milliseconds, milliseconds) override {
      return std::vector<std::uint8_t>(size, 7);
    }
    Answer<std::optional<OpenedTicket>> open(Bytes, milliseconds) override {
      return Result<std::optional<OpenedTicket>>(std::optional<OpenedTicket>());
    }
  };
  Vault vault;
  FakeRedis server{vault};
  const auto store = *RedisStore::open(options_for(server.port()));
  const auto sealer = std::make_shared<Large>();
  const auto cache = store->session_cache(sealer);
  REQUIRE(within(seconds(5), [&] { return store->stats().connections == 1; }));
  const milliseconds now = system_clock().wall();
  const std::vector<std::uint8_t> id(32, 7);
  for (const std::size_t size : {redis::kMostText, redis::kMostText + 1}) {
    sealer->size = size;
    const auto before = store->stats();
    cache->put(id, some_state(), now, now + hours(1));
    CHECK(within(seconds(5),
                 [&] { return store->stats().kept + store->stats().dropped == before.kept + before.dropped + 1; }));
    CHECK(store->stats().kept == before.kept + (size == redis::kMostText ? 1 : 0));
    known(*store, cache, id);
    CHECK(store->stats().connections == 1);
    CHECK(store->stats().lost == 0);
  }
}

TEST_CASE("a server that does not know AUTH repeats what it was asked with: the password is not told on") {
  Heard heard;
  FakeRedis server{
      [](const Words&) { return "-ERR unknown command 'AUTH', with args beginning with: 'svc' 'swordfish' \r\n"; }};
  RedisOptions options = heard.options(server.port());
  options.user = "svc";
  options.password = "swordfish";
  const auto store = *RedisStore::open(std::move(options));
  REQUIRE(within(seconds(5), [&] { return !heard.all().empty(); }));
  CHECK(heard.all().front().find("ERR unknown command") != std::string::npos);
  CHECK(heard.all().front().find("swordfish") == std::string::npos);
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
  REQUIRE(within(seconds(10), [&] { return server.commands() >= 20; }));  // it was looked at, and looked at again
  CHECK(heard.all().empty());                                             // nobody relies on its memory
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
  REQUIRE(within(seconds(5), [&] { return server.ended() == 1; }));  // nothing comes any more
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
