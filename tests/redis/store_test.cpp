// The shared guard and the shared sessions over a real redis-server.
#include <doctest/doctest.h>

#include "servers.h"
#include "tls/session_cache.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

constexpr auto kFresh = ReplayVerdict::fresh, kSeen = ReplayVerdict::seen, kUnavailable = ReplayVerdict::unavailable;

/// Two of our servers, A and B, and what they share.
struct Zone {
  RedisServer server;
  std::shared_ptr<RedisStore> a = *RedisStore::open(options_for(server.port()));
  std::shared_ptr<RedisStore> b = *RedisStore::open(options_for(server.port()));
  std::shared_ptr<ReplayGuard> guard_a = a->replay_guard(), guard_b = b->replay_guard();
  std::shared_ptr<TicketSealer> keys = *TicketKeys::make(some_key(1));
  milliseconds now = system_clock().wall();

  bool both_usable() {
    return within(seconds(10), [&] {
      const auto x = guard_a->stamp(), y = guard_b->stamp();
      return x && y && x->epoch == y->epoch;
    });
  }
  /// An expiry as far ahead as a claim may have it, or nearly: nobody knows how long a busy machine takes.
  milliseconds soon() const {
    std::optional<ReplayGuard::Stamp> stamp;
    REQUIRE(within(seconds(10), [&] { return (stamp = guard_a->stamp()).has_value(); }));
    return stamp->time + kSoon;
  }
  static constexpr milliseconds kSoon{1000};
  ReplayVerdict claim_a(unsigned token, milliseconds expiry) { return claimed(*a, guard_a, some_token(token), expiry); }
  ReplayVerdict claim_b(unsigned token, milliseconds expiry) { return claimed(*b, guard_b, some_token(token), expiry); }
};

#define NEEDS_REDIS()                                                                         \
  if (!RedisServer::installed()) {                                                            \
    MESSAGE("no Redis server is here: script/bootstrap installs redis-tools, which has one"); \
    return;                                                                                   \
  }

TEST_CASE("what Debian's redis-tools calls redis-check-rdb is a server when it is called one") {
  const std::string program = found("redis-check-rdb");
  if (program.empty()) {
    MESSAGE("no redis-check-rdb is here");
    return;
  }
  const RedisServer server(program);
  CHECK(server.command("PING") == "+PONG\r\n");
}

TEST_CASE("servers that share a store agree on the epoch and the time; a token is fresh at one of them") {
  NEEDS_REDIS();
  Zone z;
  CHECK_FALSE(z.guard_a->stamp());  // a new memory is not trusted before two windows have passed
  CHECK(z.claim_a(1, z.now + seconds(1)) == kUnavailable);
  REQUIRE(z.both_usable());
  const auto x = z.guard_a->stamp(), y = z.guard_b->stamp();
  CHECK(std::abs((x->time - y->time).count()) < 100);
  for (int i = 0; i < 100; ++i) CHECK(z.guard_a->stamp()->time >= x->time);

  CHECK(z.claim_a(1, z.soon()) == kFresh);
  CHECK(z.claim_a(1, z.soon()) == kSeen);
  CHECK(z.claim_b(1, z.soon()) == kSeen);
  CHECK(z.claim_b(2, z.soon()) == kFresh);
  CHECK(z.claim_a(2, z.soon()) == kSeen);
  // Too late, and absurdly early: nobody would remember it for long enough.
  CHECK(z.claim_a(3, x->time - milliseconds(1)) == kUnavailable);
  CHECK(z.claim_a(3, x->time + hours(1)) == kUnavailable);
  // Judged under another epoch than now.
  const auto other = z.a->wait(ReplayClaim{some_token(4), z.soon(), z.guard_a, x->epoch + 1});
  CHECK(*std::get<Result<ReplayVerdict>>(*other) == kUnavailable);
  CHECK(z.claim_a(4, z.soon()) == kFresh);
  // Long after its expiry a token is still remembered: it might be a clock that was wrong.
  std::this_thread::sleep_for(Zone::kSoon + milliseconds(200));
  CHECK(z.claim_b(1, z.soon()) == kSeen);
  const RedisStats stats = z.a->stats();
  CHECK(stats.fresh == 2);
  CHECK(stats.seen == 2);
  CHECK(stats.epochs == 1);
}

TEST_CASE("of many claims at once of one token, at two servers, one is fresh") {
  NEEDS_REDIS();
  Zone z;
  REQUIRE(z.both_usable());
  constexpr unsigned kTokens = 300, kThreads = 8;
  std::array<std::atomic<int>, kTokens> fresh{};
  std::atomic<int> unavailable{0};
  std::vector<std::thread> threads;
  const auto begin = std::chrono::steady_clock::now();
  const milliseconds first = z.guard_a->stamp()->time;
  for (unsigned t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < kTokens; ++i) {
        const auto expiry =
            first + seconds(1) + std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
        const ReplayVerdict v = t % 2 == 0 ? z.claim_a(i, expiry) : z.claim_b(i, expiry);
        if (v == kFresh) ++fresh[i];
        if (v == kUnavailable) ++unavailable;
      }
    });
  for (auto& t : threads) t.join();
  CHECK(unavailable == 0);
  for (const auto& count : fresh) CHECK(count == 1);
}

TEST_CASE("a store that lost its memory begins another epoch, and nothing is fresh for two windows") {
  NEEDS_REDIS();
  Zone z;
  REQUIRE(z.both_usable());
  const auto before = z.guard_a->stamp();
  REQUIRE(z.claim_a(1, z.soon()) == kFresh);
  const auto lost = std::chrono::steady_clock::now();
  SUBCASE("flushed") { CHECK(z.server.command("FLUSHALL") == "+OK\r\n"); }
  SUBCASE("restarted") {
    z.server.stop();
    z.server.start();
  }
  SUBCASE("its keys survived, but it is another process") {
    const std::string sentinel = z.server.command("GET sallyport:epoch");
    z.server.stop();
    z.server.start();
    const std::size_t begin = sentinel.find("\r\n") + 2, end = sentinel.rfind("\r\n");
    [[maybe_unused]] const auto set =
        z.server.command("SET sallyport:epoch \"" + sentinel.substr(begin, end - begin) + "\"");
  }
  // Whatever they believe: from the moment of the loss nobody says fresh, until the quarantine is over.
  while (std::chrono::steady_clock::now() - lost < milliseconds(2000)) {
    const auto expiry =
        before->time + seconds(1) + std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - lost);
    CHECK(z.claim_a(1, expiry) == kUnavailable);
    CHECK(z.claim_b(1, expiry) == kUnavailable);
    std::this_thread::sleep_for(milliseconds(20));
  }
  REQUIRE(z.both_usable());
  CHECK(std::chrono::steady_clock::now() - lost >= milliseconds(2200));
  CHECK(z.guard_a->stamp()->epoch != before->epoch);
  CHECK(z.claim_a(7, z.soon()) == kFresh);
  CHECK(z.a->stats().epochs == 2);
}

TEST_CASE("a store that becomes a replica, evicts, is full or stands still does not serve") {
  NEEDS_REDIS();
  Zone z;
  REQUIRE(z.both_usable());
  const auto unusable = [&] { return within(seconds(3), [&] { return !z.guard_a->stamp() && !z.guard_b->stamp(); }); };
  SUBCASE("replica") {
    CHECK(z.server.command("REPLICAOF 127.0.0.1 1") == "+OK\r\n");
    CHECK(z.claim_a(1, system_clock().wall() + seconds(1)) == kUnavailable);
    CHECK(unusable());
    const auto epoch = z.server.command("GET sallyport:epoch");
    CHECK(z.server.command("REPLICAOF NO ONE") == "+OK\r\n");
    REQUIRE(z.both_usable());
    CHECK(z.server.command("GET sallyport:epoch") != epoch);
  }
  SUBCASE("eviction") {
    CHECK(z.server.command("CONFIG SET maxmemory-policy allkeys-lru") == "+OK\r\n");
    CHECK(unusable());
    CHECK(z.claim_a(1, system_clock().wall() + seconds(1)) == kUnavailable);
    CHECK(z.server.command("CONFIG SET maxmemory-policy noeviction") == "+OK\r\n");
    CHECK(z.both_usable());
  }
  SUBCASE("full") {
    CHECK(z.server.command("CONFIG SET maxmemory 1") == "+OK\r\n");
    CHECK(z.claim_a(1, z.soon()) == kUnavailable);
    CHECK(z.server.command("CONFIG SET maxmemory 0") == "+OK\r\n");
    CHECK(z.claim_a(1, z.soon()) == kFresh);
  }
  SUBCASE("stands still") {
    const auto expiry = z.soon();
    z.server.pause();
    const auto begin = std::chrono::steady_clock::now();
    CHECK(z.claim_a(1, expiry) == kUnavailable);
    CHECK(std::chrono::steady_clock::now() - begin <
          milliseconds(1000) + scaled(milliseconds(500)));  // the deadline, and what a busy machine adds
    CHECK(unusable());
    CHECK(z.a->stats().timeouts > 0);
    z.server.go_on();
    CHECK(z.both_usable());
    CHECK(z.claim_a(1, z.soon()) == kSeen);  // it was written in the end, and is not fresh for anybody
  }
}

std::optional<SessionState> found(RedisStore& store, const std::shared_ptr<SessionCache>& cache,
                                  const std::vector<std::uint8_t>& id, milliseconds now) {
  if (auto near = cache->find(id, now)) return std::move(**near);
  auto later = store.wait(SessionLookup{id, cache, now});
  REQUIRE(later);
  return std::move(*std::get<Result<std::optional<SessionState>>>(*later));
}

TEST_CASE("a session that one server kept is found by the other, sealed on the way") {
  NEEDS_REDIS();
  Zone z;
  const auto cache_a = z.a->session_cache(z.keys), cache_b = z.b->session_cache(z.keys);
  const std::vector<std::uint8_t> id(32, 5), other(32, 6);
  REQUIRE(within(seconds(5), [&] { return z.a->stats().connections == 1 && z.b->stats().connections == 1; }));
  cache_a->put(id, some_state(), z.now, z.now + hours(1));
  REQUIRE(within(seconds(5), [&] { return z.a->stats().kept == 1; }));
  const auto session = found(*z.b, cache_b, id, z.now);
  REQUIRE(session);
  CHECK(same(*session, some_state()));
  CHECK_FALSE(found(*z.b, cache_b, other, z.now));
  CHECK(z.b->stats().hits == 1);
  CHECK(z.b->stats().misses == 1);

  std::string key = "sallyport:session:";
  for (std::size_t i = 0; i < id.size(); ++i) key += "05";
  const std::string raw = z.server.command("GET " + key);
  const SessionState plain = some_state();
  CHECK(raw.size() > TicketKeys::kTicketSize);
  CHECK(raw.find(as_text(plain.expose().first(8))) == std::string::npos);
  CHECK(z.server.command("TTL " + key).starts_with(":3"));

  // Sealed under other keys, or changed by whoever can write to Redis: unknown.
  const auto foreign = z.b->session_cache(*TicketKeys::make(some_key(2)));
  CHECK_FALSE(found(*z.b, foreign, id, z.now));
  CHECK(z.server.command("SETRANGE " + key + " 100 xx").starts_with(":"));
  CHECK_FALSE(found(*z.b, cache_b, id, z.now));

  cache_a->put(id, some_state(), z.now, z.now + hours(1));
  REQUIRE(within(seconds(5), [&] { return found(*z.b, cache_b, id, z.now).has_value(); }));
  cache_b->remove(id);
  CHECK(within(seconds(5), [&] { return !found(*z.a, cache_a, id, z.now); }));
  z.server.stop();
  CHECK_FALSE(found(*z.b, cache_b, id, z.now));
}

TEST_CASE("a client's whole chain and the application's data travel with a session, sealed, by ID and by ticket") {
  NEEDS_REDIS();
  Zone z;
  const auto cache_a = z.a->session_cache(z.keys), cache_b = z.b->session_cache(z.keys);
  const auto tickets_a = z.a->single_use_tickets(z.keys), tickets_b = z.b->single_use_tickets(z.keys);
  CHECK(tickets_a->keeps_sessions());
  SessionNotes notes;
  notes.identity = PeerIdentity::chain;
  notes.certificates =
      CertificateChain(std::vector{std::vector<std::uint8_t>(16'000, 1), std::vector<std::uint8_t>(384, 2)});
  notes.application_data.assign(kMaxSessionData, 3);
  const SessionState plain = some_state();
  const SessionState state(plain.expose(), std::make_shared<const SessionNotes>(notes));
  const std::vector<std::uint8_t> id(32, 5);
  SeededRandom random(1);
  REQUIRE(within(seconds(5), [&] { return z.a->stats().connections == 1 && z.b->stats().connections == 1; }));
  cache_a->put(id, state, z.now, z.now + hours(1));
  const auto ticket = tickets_a->seal(state, random, z.now, z.now + hours(1));
  REQUIRE(within(seconds(5), [&] { return z.a->stats().kept == 2; }));
  const auto session = found(*z.b, cache_b, id, z.now);
  REQUIRE(session);
  CHECK(session->serialize() == state.serialize());
  auto opened = z.b->wait(TicketToOpen{ticket, tickets_b, z.now});
  REQUIRE(opened);
  const auto& redeemed = *std::get<Result<std::optional<OpenedTicket>>>(*opened);
  REQUIRE(redeemed);
  CHECK(redeemed->state.serialize() == state.serialize());
}

TEST_CASE("a session that another server removed is resumed for a minute at most, by one that resumed it before") {
  NEEDS_REDIS();
  Zone z;
  const auto near = *memory_session_cache();
  const auto cache_a = z.a->session_cache(z.keys), cache_b = z.b->session_cache(z.keys, near);
  const std::vector<std::uint8_t> id(32, 5), brief(32, 6);
  REQUIRE(within(seconds(5), [&] { return z.a->stats().connections == 1 && z.b->stats().connections == 1; }));
  cache_a->put(id, some_state(), z.now, z.now + hours(1));
  cache_a->put(brief, some_state(), z.now, z.now + seconds(30));
  REQUIRE(within(seconds(5), [&] { return z.a->stats().kept == 2; }));
  REQUIRE(found(*z.b, cache_b, id, z.now));
  REQUIRE(found(*z.b, cache_b, brief, z.now));
  cache_a->remove(id);
  REQUIRE(within(seconds(5), [&] { return z.a->stats().removals_waiting == 0; }));
  const auto is_near = [&](const auto& which, milliseconds after) {
    return (*near->find(which, z.now + after))->has_value();
  };
  CHECK_FALSE(found(*z.a, cache_a, id, z.now));
  CHECK(is_near(brief, seconds(29)));
  CHECK_FALSE(is_near(brief, seconds(31)));
  CHECK(is_near(id, seconds(59)));
  CHECK(found(*z.b, cache_b, id, z.now + seconds(59)));
  CHECK_FALSE(found(*z.b, cache_b, id, z.now + seconds(61)));
}

TEST_CASE("a ticket that is used once is opened by whichever server comes first") {
  NEEDS_REDIS();
  Zone z;
  const auto tickets_a = z.a->single_use_tickets(z.keys), tickets_b = z.b->single_use_tickets(z.keys);
  SeededRandom random(1);
  REQUIRE(within(seconds(5), [&] { return z.a->stats().connections == 1 && z.b->stats().connections == 1; }));
  const auto redeemed = [&](RedisStore& store, const std::shared_ptr<TicketSealer>& sealer, const auto& ticket) {
    if (auto now = sealer->open(ticket, z.now)) return std::move(**now);
    auto later = store.wait(TicketToOpen{ticket, sealer, z.now});
    REQUIRE(later);
    return std::move(*std::get<Result<std::optional<OpenedTicket>>>(*later));
  };
  const auto ticket = tickets_a->seal(some_state(), random, z.now, z.now + hours(1));
  CHECK(ticket.size() == 32);
  REQUIRE(within(seconds(5), [&] { return z.a->stats().kept == 1; }));
  const auto opened = redeemed(*z.b, tickets_b, ticket);
  REQUIRE(opened);
  CHECK(same(opened->state, some_state()));
  CHECK(opened->renew);
  CHECK_FALSE(redeemed(*z.a, tickets_a, ticket));
  CHECK_FALSE(redeemed(*z.b, tickets_b, ticket));
  CHECK_FALSE(redeemed(*z.b, tickets_b, std::vector<std::uint8_t>(31, 1)));
  z.server.stop();
  CHECK(within(seconds(5), [&] { return tickets_a->seal(some_state(), random, z.now, z.now + hours(1)).empty(); }));
}

}  // namespace
}  // namespace tls::test
