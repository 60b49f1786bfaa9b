#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "client_sessions.h"
#include "tls/session_stores.h"

namespace tls::test {
namespace {

constexpr milliseconds kNow{1'782'864'000'000};
constexpr auto k12 = ProtocolVersion::tls12, k13 = ProtocolVersion::tls13;

TEST_CASE("the newest session comes first; one of TLS 1.3 is given once, one of TLS 1.2 again and again") {
  const auto store = memory_client_sessions();
  const auto key = session_key("example.com");
  store->put(key, client_session(1, k12, kNow));
  store->put(key, client_session(2, k13, kNow));
  store->put(key, client_session(3, k13, kNow));
  CHECK(seed_of(store->take(key, kNow)) == 3);
  CHECK(seed_of(store->take(key, kNow)) == 2);
  CHECK(seed_of(store->take(key, kNow)) == 1);
  CHECK(seed_of(store->take(key, kNow)) == 1);
  store->remove(key);
  CHECK_FALSE(store->take(key, kNow));
}

TEST_CASE("sessions are for their name, port and configuration alone") {
  const auto store = memory_client_sessions();
  store->put(session_key("a"), client_session(1, k12, kNow));
  for (const auto& other : {session_key("b"), session_key("a", 444), session_key("a", 443, 1), session_key("")})
    CHECK_FALSE(store->take(other, kNow));
  store->remove(session_key("b"));
  CHECK(seed_of(store->take(session_key("a"), kNow)) == 1);
}

TEST_CASE("what has expired is not given") {
  const auto store = memory_client_sessions();
  const auto key = session_key("a");
  store->put(key, client_session(1, k12, kNow, hours(3)));
  store->put(key, client_session(2, k12, kNow, hours(2)));
  CHECK(seed_of(store->take(key, kNow + hours(2) - milliseconds(1))) == 2);
  CHECK(seed_of(store->take(key, kNow + hours(2))) == 1);
  CHECK_FALSE(store->take(key, kNow + hours(3)));
}

TEST_CASE("both limits hold, and the oldest go first") {
  const auto store = memory_client_sessions({.sessions = 3, .per_key = 2});
  const auto a = session_key("a"), b = session_key("b");
  for (const unsigned seed : {1u, 2u, 3u}) store->put(a, client_session(seed, k13, kNow));
  store->put(b, client_session(4, k13, kNow));
  CHECK(seed_of(store->take(a, kNow)) == 3);
  CHECK(seed_of(store->take(a, kNow)) == 2);
  CHECK_FALSE(store->take(a, kNow));  // two of a key
  for (const unsigned seed : {5u, 6u}) store->put(a, client_session(seed, k13, kNow));
  store->put(b, client_session(7, k13, kNow));  // the fourth in all: session 4 goes
  CHECK(seed_of(store->take(b, kNow)) == 7);
  CHECK_FALSE(store->take(b, kNow));
  CHECK(seed_of(store->take(a, kNow)) == 6);
  CHECK(seed_of(store->take(a, kNow)) == 5);
}

TEST_CASE("threads may share a store: a single-use session is given to one of them") {
  const auto store = memory_client_sessions({.sessions = 100000, .per_key = 100000});
  const auto key = session_key("a");
  constexpr int kSessions = 2000;
  std::atomic<int> given{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kSessions / 4; ++i) {
        store->put(key, client_session(1, k13, kNow));
        if (store->take(key, kNow)) ++given;
      }
    });
  for (auto& t : threads) t.join();
  while (store->take(key, kNow)) ++given;
  CHECK(given == kSessions);
}

}  // namespace
}  // namespace tls::test
