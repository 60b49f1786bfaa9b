// The session cache of one process (include/tls/session_cache.h).
#include "tls/session_cache.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <list>
#include <map>
#include <thread>

#include "base/limits.h"
#include "support/environment.h"

using namespace tls;
using namespace std::chrono_literals;
using tls::test::SeededRandom;
using Ms = Clock::Milliseconds;

namespace {

using Id = std::array<std::uint8_t, 32>;
Id id(std::uint64_t number) {
  Id out{};
  std::memcpy(out.data(), &number, sizeof number);
  return out;
}

/// A state that can be told from every other.
SessionState state(std::uint64_t number, std::size_t size = 89) {
  SessionState s;
  const MutableBytes bytes = s.fill(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(number >> (8 * (i % 8)));
  return s;
}
bool same(const SessionState& a, const SessionState& b) { return std::ranges::equal(a.expose(), b.expose()); }

struct Cache {
  explicit Cache(const SessionCacheOptions& o) {
    auto made = memory_session_cache(o, random);
    REQUIRE(made.has_value());
    cache = *made;
  }
  void put(std::uint64_t n, std::size_t size = 89, Ms expires = 1h) { cache->put(id(n), state(n, size), now, expires); }
  std::optional<SessionState> find(std::uint64_t n) { return std::move(cache->find(id(n), now).value()).value(); }
  std::optional<SessionState> take(std::uint64_t n) { return std::move(cache->take(id(n), now).value()).value(); }
  bool has(std::uint64_t n) { return find(n).has_value(); }
  std::size_t held(std::uint64_t from, std::uint64_t to) {
    std::size_t count = 0;
    for (std::uint64_t n = from; n < to; ++n) count += has(n);
    return count;
  }

  SeededRandom random{7};
  Ms now{0};
  std::shared_ptr<SessionCache> cache;
};

constexpr Eviction kAll[] = {Eviction::fifo, Eviction::lru, Eviction::sieve};

/// The textbook: a list from newest to oldest, as slow and as plain as can be.
class Model {
 public:
  Model(Eviction eviction, std::size_t room) : eviction_(eviction), room_(room), hand_(queue_.end()) {}
  bool find(std::uint64_t n) {
    const auto at = where(n);
    if (at == queue_.end()) return false;
    at->visited = true;
    if (eviction_ == Eviction::lru) queue_.splice(queue_.begin(), queue_, at);
    return true;
  }
  void put(std::uint64_t n) {
    remove(n);
    if (queue_.size() == room_) evict();
    queue_.push_front({n, false});
  }
  void remove(std::uint64_t n) {
    if (const auto at = where(n); at != queue_.end()) erase(at);
  }

 private:
  struct Item {
    std::uint64_t number;
    bool visited;
  };
  using Queue = std::list<Item>;
  Queue::iterator where(std::uint64_t n) {
    return std::ranges::find_if(queue_, [&](const Item& i) { return i.number == n; });
  }
  Queue::iterator newer(Queue::iterator i) { return i == queue_.begin() ? queue_.end() : std::prev(i); }
  void erase(Queue::iterator i) {
    if (hand_ == i) hand_ = newer(i);
    queue_.erase(i);
  }
  void evict() {
    auto i = std::prev(queue_.end());
    if (eviction_ == Eviction::sieve) {
      if (hand_ != queue_.end()) i = hand_;
      while (i->visited) {
        i->visited = false;
        i = newer(i) == queue_.end() ? std::prev(queue_.end()) : newer(i);
      }
      hand_ = i;
    }
    erase(i);
  }

  Eviction eviction_;
  std::size_t room_;
  Queue queue_;
  Queue::iterator hand_;
};

}  // namespace

TEST_CASE("what was put is found, as often as one likes, and taken once") {
  for (const Eviction eviction : kAll) {
    Cache c({.entries = 100, .shards = 4, .eviction = eviction});
    CHECK_FALSE(c.has(1));
    c.put(1);
    c.put(2);
    for (int i = 0; i < 3; ++i) {
      const auto found = c.find(1);
      REQUIRE(found.has_value());
      CHECK(same(*found, state(1)));
    }
    const auto taken = c.take(1);
    REQUIRE(taken.has_value());
    CHECK(same(*taken, state(1)));
    CHECK_FALSE(c.take(1).has_value());
    CHECK_FALSE(c.has(1));
    c.cache->remove(id(2));
    CHECK_FALSE(c.has(2));
    c.cache->remove(id(3));
  }
}

TEST_CASE("IDs differ by their length too, and the last put counts") {
  Cache c({.entries = 100});
  const Bytes one = Bytes(id(1)).first(0);
  CHECK(one.empty());
  const std::uint8_t bytes[32] = {};
  for (std::size_t n = 1; n <= 32; ++n) c.cache->put(Bytes(bytes).first(n), state(n), c.now, 1h);
  for (std::size_t n = 1; n <= 32; ++n) {
    const auto found = std::move(c.cache->find(Bytes(bytes).first(n), c.now).value()).value();
    REQUIRE(found.has_value());
    CHECK(same(*found, state(n)));
  }
  c.cache->put(id(50), state(51), c.now, 1h);
  c.cache->put(id(50), state(52, 150), c.now, 1h);
  CHECK(same(*c.find(50), state(52, 150)));
}

TEST_CASE("states of every size come back as they were") {
  for (const Eviction eviction : kAll) {
    Cache c({.entries = 200, .bytes = 200 * 300, .shards = 1, .eviction = eviction});
    for (std::size_t n = 1; n <= SessionState::kMax; ++n) c.put(n, n);
    std::size_t found = 0;
    for (std::size_t n = 1; n <= SessionState::kMax; ++n)
      if (const auto s = c.find(n)) {
        CHECK(same(*s, state(n, n)));
        ++found;
      }
    CHECK(found > 100);
    c.put(1000, 0);
    CHECK_FALSE(c.has(1000));
  }
}

TEST_CASE("a session is gone when it expires, by whatever way it is asked for") {
  for (const Eviction eviction : kAll) {
    Cache c({.entries = 10, .shards = 1, .eviction = eviction});
    for (std::uint64_t n = 0; n < 3; ++n) c.put(n, 89, 1000ms);
    c.now = 999ms;
    CHECK(c.has(0));
    c.now = 1000ms;
    CHECK_FALSE(c.has(0));
    CHECK_FALSE(c.take(1).has_value());
    c.put(4, 89, 1000ms);  // is over before it begins
    c.now = 999ms;
    CHECK_FALSE(c.has(4));
    CHECK_FALSE(c.has(0));  // it is gone for good
    CHECK(c.has(2));
    c.put(2, 89, 999ms);  // replaced by what has expired: gone
    CHECK_FALSE(c.has(2));
  }
}

TEST_CASE("expired sessions make room before others are evicted") {
  Cache c({.entries = 100, .shards = 1});
  for (std::uint64_t n = 0; n < 50; ++n) c.put(n);
  for (std::uint64_t n = 50; n < 100; ++n) c.put(n, 89, 1000ms);
  c.now = 1000ms;
  for (std::uint64_t n = 100; n < 150; ++n) c.put(n);  // looks at two old ones each
  CHECK(c.held(0, 50) > 20);                           // the oldest went until the first expired one was come upon
  CHECK(c.held(100, 150) == 50);
}

TEST_CASE("never more sessions than entries allow") {
  for (const Eviction eviction : kAll) {
    for (const std::size_t entries : {1u, 2u, 3u, 99u, 100u, 101u}) {
      Cache c({.entries = entries, .shards = 1, .eviction = eviction});
      for (std::uint64_t n = 0; n < entries; ++n) c.put(n);
      CHECK(c.held(0, entries) == entries);
      c.put(entries);
      CHECK(c.held(0, entries + 1) == entries);
      CHECK(c.has(entries));
      for (std::uint64_t n = 0; n < 5 * entries; ++n) c.put(1000 + n);
      CHECK(c.held(0, 1000 + 5 * entries) == entries);
    }
    Cache c({.entries = 1000, .shards = 16, .eviction = eviction});
    for (std::uint64_t n = 0; n < 5000; ++n) c.put(n);
    CHECK(c.held(0, 5000) <= 1000);
    CHECK(c.held(0, 5000) > 950);
  }
}

TEST_CASE("never more memory than bytes allow") {
  for (const std::size_t entries : {1u, 63u, 64u, 65u, 1000u}) {
    const std::size_t all = session_cache_memory({.entries = entries, .shards = 1});
    for (const std::size_t bytes : {all / 2, all - 1, all, all + 1, 2 * all}) {
      const SessionCacheOptions options{.entries = entries, .bytes = bytes, .shards = 1};
      SeededRandom random(1);
      auto made = memory_session_cache(options, random);
      if (!made) {
        CHECK(entries == 1);
        continue;
      }
      CHECK(session_cache_memory(options) <= bytes);
      Cache c(options);
      for (std::uint64_t n = 0; n < entries; ++n) c.put(n, 128);
      if (bytes >= all) CHECK(c.held(0, entries) == entries);
      if (bytes == all / 2) CHECK(c.held(0, entries) < entries);
      for (std::uint64_t n = 0; n < 3 * entries; ++n) c.put(1000 + n, 129);  // longer ones take half as much again
      const std::size_t longer = c.held(1000, 1000 + 3 * entries);
      CHECK(longer <= entries);
      if (bytes == all && entries > 1) CHECK(longer == entries * 2 / 3);
      if (bytes == 2 * all) CHECK(longer == entries);
    }
  }
}

TEST_CASE("an index entry and the states of TLS 1.2 take less than 200 bytes") {
  constexpr std::size_t kEntries = 1 << 16;
  CHECK(session_cache_memory({.entries = kEntries}) < 200 * kEntries);
}

TEST_CASE("FIFO, LRU and SIEVE evict whom the textbook evicts") {
  for (const Eviction eviction : kAll) {
    for (const std::uint64_t room : {1u, 2u, 5u, 32u}) {
      Cache c({.entries = room, .shards = 1, .eviction = eviction});
      Model model(eviction, room);
      SeededRandom random(room);
      for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t n = random.below(room) * random.below(3) + random.below(room + 3);
        const bool expected = model.find(n);
        REQUIRE(c.has(n) == expected);
        if (!expected) c.put(n), model.put(n);
        if (random.below(16) == 0) c.cache->remove(id(n)), model.remove(n);
      }
    }
  }
}

TEST_CASE("options out of range are refused with what is allowed") {
  SeededRandom random(1);
  const auto code = [&](SessionCacheOptions options) {
    const auto made = memory_session_cache(options, random);
    return made ? std::string("made") : std::string(facts(made.error().code()).name);
  };
  CHECK(code({.entries = 0}) == "bad_config");
  CHECK(code({.entries = 1}) == "made");
  CHECK(code({.entries = limits::kMaxCachedSessions + 1}) == "bad_config");
  CHECK(code({.entries = limits::kMaxCachedSessions, .bytes = 1 << 20}) == "made");
  CHECK(code({.shards = 0}) == "bad_config");
  CHECK(code({.shards = limits::kMaxCacheShards}) == "made");
  CHECK(code({.shards = limits::kMaxCacheShards + 1}) == "bad_config");
  CHECK(code({.bytes = 100}) == "bad_config");
}

TEST_CASE("threads read whole states, and take each once, while others write") {
  constexpr std::size_t kThreads = 8, kRounds = 20'000;
  constexpr std::uint64_t kIds = 400;
  for (const Eviction eviction : kAll) {
    Cache c({.entries = 200, .bytes = 200 * 200, .shards = 2, .eviction = eviction});
    std::atomic<std::uint64_t> torn = 0, hits = 0;

    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        SeededRandom random(t);
        for (std::size_t i = 0; i < kRounds / kThreads * 2; ++i) {
          const std::uint64_t n = random.below(kIds);
          const auto check = [&](const std::optional<SessionState>& found) {
            if (!found) return;
            ++hits;
            if (!same(*found, state(n)) && !same(*found, state(n, 161))) ++torn;
          };
          switch (random.below(8)) {
            case 0:
              c.put(n, 89);
              break;
            case 1:
              c.put(n, 161);
              break;
            case 2:
              check(c.take(n));
              break;
            case 3:
              c.cache->remove(id(n));
              break;
            default:
              check(c.find(n));
          }
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(torn == 0);
    CHECK(hits > 0);
  }
}

TEST_CASE("of many takers one gets the session") {
  constexpr std::size_t kThreads = 8;
  constexpr std::uint64_t kIds = 500;
  Cache c({.entries = 2000, .shards = 4});
  for (std::uint64_t n = 0; n < kIds; ++n) c.put(n);
  std::vector<std::atomic<int>> taken(kIds);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < kIds; ++n)
        if (c.take(n)) ++taken[n];
    });
  for (auto& thread : threads) thread.join();
  for (const auto& count : taken) CHECK(count == 1);
}
