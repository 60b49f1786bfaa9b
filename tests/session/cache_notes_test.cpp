// The session cache and what sessions hold besides their secrets: shared, bounded, and gone with them.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "session/notes.h"
#include "states.h"
#include "tls/session_cache.h"

namespace tls::test {
namespace {

constexpr Eviction kAll[] = {Eviction::fifo, Eviction::lru, Eviction::sieve};

std::array<std::uint8_t, 8> id(std::uint64_t n) {
  std::array<std::uint8_t, 8> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return out;
}
SessionNotesPtr notes(std::size_t bytes) {
  SessionNotes n;
  n.identity = PeerIdentity::chain;
  n.certificates = CertificateChain(std::vector<std::vector<std::uint8_t>>{std::vector<std::uint8_t>(bytes, 0x30)});
  return std::make_shared<const SessionNotes>(std::move(n));
}

struct Cache {
  SeededRandom random{7};
  milliseconds now{0};
  std::shared_ptr<SessionCache> cache;
  explicit Cache(const SessionCacheOptions& options) : cache(*memory_session_cache(options, random)) {}
  void put(std::uint64_t n, SessionNotesPtr with = nullptr, milliseconds expires = hours(1)) {
    const SessionState plain = some_state(89, static_cast<std::uint8_t>(n));
    cache->put(id(n), SessionState(plain.expose(), std::move(with)), now, expires);
  }
  std::optional<SessionState> find(std::uint64_t n) { return std::move(cache->find(id(n), now).value()).value(); }
  std::optional<SessionState> take(std::uint64_t n) { return std::move(cache->take(id(n), now).value()).value(); }
  std::size_t held(std::uint64_t from, std::uint64_t to) {
    std::size_t count = 0;
    for (std::uint64_t n = from; n < to; ++n) count += find(n).has_value();
    return count;
  }
};

TEST_CASE("notes come back with their session, the same object, and are let go with it") {
  for (const Eviction eviction : kAll) {
    Cache c({.entries = 10, .shards = 1, .eviction = eviction});
    const auto n = notes(100);
    const auto others = n.use_count();
    c.put(1, n);
    c.put(2);
    c.put(3, n);
    CHECK(n.use_count() == others + 2);
    for (int i = 0; i < 3; ++i) {
      const auto found = c.find(1);
      REQUIRE(found);
      CHECK(found->notes() == n);
      CHECK(same(*found, some_state(89, 1)));
    }
    CHECK(c.find(2)->notes() == nullptr);
    CHECK(c.take(1)->notes() == n);
    CHECK_FALSE(c.find(1));
    CHECK(n.use_count() == others + 1);
    c.put(3);  // replaced by one without
    CHECK(c.find(3)->notes() == nullptr);
    CHECK(n.use_count() == others);
    c.put(2, n);  // and the reverse
    CHECK(c.find(2)->notes() == n);
    c.cache->remove(id(2));
    c.put(4, n, milliseconds(1000));
    c.now = milliseconds(1000);
    CHECK_FALSE(c.find(4));
    CHECK(n.use_count() == others);
    c.put(5, n, hours(2));
    for (std::uint64_t i = 10; i < 40; ++i) c.put(i, nullptr, hours(2));  // evicted
    CHECK(n.use_count() == others);
  }
}

TEST_CASE("notes take no more than their room: the oldest sessions that have some go, and none of the others") {
  for (const Eviction eviction : kAll) {
    constexpr std::size_t kEach = 1000;
    Cache c({.entries = 200, .notes = 20 * kEach, .shards = 1, .eviction = eviction});
    for (std::uint64_t n = 0; n < 100; ++n) c.put(n);
    for (std::uint64_t n = 100; n < 150; ++n) c.put(n, notes(kEach));
    CHECK(c.held(0, 100) == 100);
    const std::size_t fits = c.held(100, 150);
    CHECK(fits >= 10);
    CHECK(fits < 20);  // each counts for more than its certificates
    CHECK(c.held(150 - fits, 150) == fits);
    // They share their memory, but each counts: a session's end must not depend on another's.
    const auto shared = notes(kEach);
    for (std::uint64_t n = 150; n < 190; ++n) c.put(n, shared);
    CHECK(c.held(100, 190) == fits);
    for (std::uint64_t n = 150; n < 190; ++n) c.cache->remove(id(n));
    for (std::uint64_t n = 100; n < 150; ++n) c.put(n, notes(kEach));
    CHECK(c.held(100, 150) == fits);  // the room comes back
  }
}

TEST_CASE("a session whose notes do not fit its shard is not kept: at and above the room; no room, no notes") {
  const auto n = notes(5000);
  std::size_t least = session::memory_of(*n);
  const auto kept = [&](std::size_t room) {
    Cache c({.entries = 10, .notes = room, .shards = 1});
    c.put(1, n);
    return c.find(1).has_value();
  };
  while (!kept(least)) ++least;
  CHECK(least < session::memory_of(*n) + 256);
  CHECK_FALSE(kept(least - 1));
  CHECK(kept(least + 1));
  CHECK_FALSE(kept(0));
  // What it had is gone all the same: a session that is put again replaces the one before.
  Cache c({.entries = 10, .notes = least - 1, .shards = 1});
  c.put(1);
  c.put(1, n);
  CHECK_FALSE(c.find(1));
}

TEST_CASE("threads find notes with their own session, while others write") {
  for (const Eviction eviction : kAll) {
    Cache c({.entries = 100, .notes = 40'000, .shards = 2, .eviction = eviction});
    std::atomic<std::uint64_t> mixed = 0, hits = 0;
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        SeededRandom random(t);
        for (int i = 0; i < 4000; ++i) {
          const std::uint64_t n = random.below(200);
          const auto check = [&](const std::optional<SessionState>& found) {
            if (!found) return;
            ++hits;
            const bool noted = found->notes() != nullptr;
            if (!same(*found, some_state(89, static_cast<std::uint8_t>(n)))) ++mixed;
            if (noted != (n % 2 == 0)) ++mixed;
            if (noted && found->notes()->certificates.front().size() != 100 + n) ++mixed;
          };
          switch (random.below(6)) {
            case 0:
            case 1:
              c.put(n, n % 2 == 0 ? notes(100 + n) : nullptr);
              break;
            case 2:
              check(c.take(n));
              break;
            default:
              check(c.find(n));
          }
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(mixed == 0);
    CHECK(hits > 0);
  }
}

}  // namespace
}  // namespace tls::test
