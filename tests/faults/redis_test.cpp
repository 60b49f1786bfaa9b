// The Redis store without memory, on its own thread and on those that ask it: whoever asks is answered once, the
// process lives, and the store is there again afterwards.
#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <new>

#include "redis/servers.h"
#include "support/faults.h"
#include "tls/session_cache.h"

namespace tls::test {
namespace {

#define NEEDS_REDIS()                                                                         \
  if (!RedisServer::installed()) {                                                            \
    MESSAGE("no Redis server is here: script/bootstrap installs redis-tools, which has one"); \
    return;                                                                                   \
  }

/// Counts answers.
struct Answers {
  std::atomic<int> came{0};
  std::optional<OperationResult> last;
  std::function<void(OperationResult)> take() {
    return [this](OperationResult result) {
      last.emplace(std::move(result));
      ++came;
    };
  }
};

RedisOptions options(std::uint16_t port) {
  RedisOptions o;
  o.port = port;
  o.deadline = milliseconds(500);
  o.window = milliseconds(1);
  o.master_period = milliseconds(20);
  return o;
}

const std::uint8_t kId[] = {1, 2, 3, 4, 5, 6, 7, 8};

}  // namespace

TEST_CASE("every allocation of a Redis store fails once: those of its own thread") {
  NEEDS_REDIS();
  const RedisServer server;
  static_cast<void>(server.command("CONFIG SET maxmemory-policy noeviction"));
  static_cast<void>(server.command("SET sallyport:ticket-master 0123456789abcdef0123456789abcdef0123456789abcdef"));
  const std::shared_ptr<TicketSealer> keys = *TicketKeys::make(some_key(1));
  std::size_t tried = 0;
  for (std::size_t n = 1;; ++n) {
    CAPTURE(n);
    auto store = RedisStore::open(options(server.port()));
    REQUIRE(store);
    const auto cache = (*store)->session_cache(keys);
    const auto ring = (*store)->ticket_keys();
    REQUIRE(ring);
    REQUIRE(within(seconds(10), [&] { return (*store)->stats().connections > 0; }));
    const auto now = system_clock().wall();
    cache->put(kId, SessionState(as_bytes("a session")), now, now + seconds(100));
    Faults::plan_elsewhere(n);
    Answers answers;
    const Operation lookup = SessionLookup{.id = {kId, kId + sizeof kId}, .cache = cache, .now = now};
    const auto began = std::chrono::steady_clock::now();
    int asked = 0;
    // Its ticks take memory too: so it is given the time for a few of them.
    while (!Faults::fired_elsewhere() && std::chrono::steady_clock::now() - began < milliseconds(500)) {
      if ((*store)->answer(lookup, answers.take())) ++asked;
      REQUIRE(within(seconds(5), [&] { return answers.came == asked; }));
      std::this_thread::sleep_for(milliseconds(5));
    }
    const bool fired = Faults::fired_elsewhere();
    Faults::plan_elsewhere(0);
    CHECK(within(seconds(5), [&] { return answers.came == asked; }));
    // It is there again, and its ticks go on.
    const auto masters = (*store)->stats().masters;
    CHECK(within(seconds(20), [&] {
      cache->put(kId, SessionState(as_bytes("a session")), now, now + seconds(100));
      Answers once_more;
      REQUIRE((*store)->answer(lookup, once_more.take()));
      REQUIRE(within(seconds(10), [&] { return once_more.came == 1; }));
      const auto* found = std::get_if<Result<std::optional<SessionState>>>(&*once_more.last);
      return found != nullptr && *found && **found;
    }));
    CHECK(within(seconds(20), [&] { return (*store)->stats().masters > masters; }));
    if (!fired || n == 400) break;
    ++tried;
  }
  MESSAGE(tried << " allocations failed");
  CHECK(tried > 50);
}

TEST_CASE("every allocation of a Redis store fails once: those of who asks it") {
  NEEDS_REDIS();
  const RedisServer server;
  const std::shared_ptr<TicketSealer> keys = *TicketKeys::make(some_key(1));
  std::string escaped;
  const std::size_t opened = exhaust_memory([&](std::size_t n) {
    CAPTURE(n);
    try {
      auto store = guarded_call(escaped, "open", [&] {
        RedisOptions o = options(1);
        o.password = "swordfish";
        return RedisStore::open(std::move(o));
      });
      if (!store) CHECK((store.error().code() == Code::out_of_memory));
      if (store) {
        const auto ring = guarded_call(escaped, "ticket_keys", [&] { return (*store)->ticket_keys(); });
        if (!ring) CHECK((ring.error().code() == Code::out_of_memory));
      }
    } catch (const std::bad_alloc&) {
      escaped.clear();  // of options(), which is the test's
    }
  });
  CHECK(escaped == "");
  CHECK(opened > 10);

  auto store = RedisStore::open(options(server.port()));
  REQUIRE(store);
  const auto cache = (*store)->session_cache(keys);
  const auto tickets = (*store)->single_use_tickets(keys);
  REQUIRE(within(seconds(10), [&] { return (*store)->stats().connections > 0; }));
  const auto now = system_clock().wall();
  const std::size_t failed = exhaust_memory([&](std::size_t n) {
    CAPTURE(n);
    Answers answers;
    const SessionState state(as_bytes("a session"));
    const Operation lookup = SessionLookup{.id = {kId, kId + sizeof kId}, .cache = cache, .now = now};
    const std::function<void(OperationResult)> first = answers.take(), second = answers.take();
    // Providers may throw for want of memory: the connection fails with it.
    try {
      const Faults::Call call;
      cache->put(kId, state, now, now + seconds(100));
    } catch (const std::bad_alloc&) {
    }
    std::vector<std::uint8_t> ticket;
    try {
      const Faults::Call call;
      ticket = tickets->seal(state, system_random(), now, now + seconds(100));
    } catch (const std::bad_alloc&) {
    }
    const Operation to_open = TicketToOpen{.ticket = ticket, .sealer = tickets, .now = now};
    int asked = 1;
    try {
      CHECK(guarded_call(escaped, "answer", [&] { return (*store)->answer(lookup, first); }));
      if (!ticket.empty()) {
        ++asked;
        CHECK(guarded_call(escaped, "answer", [&] { return (*store)->answer(to_open, second); }));
      }
    } catch (const std::bad_alloc&) {
      --asked;
    }
    // A session that is removed is gone, memory or not.
    try {
      const Faults::Call call;
      cache->remove(kId);
    } catch (const std::bad_alloc&) {
    }
    const bool fired = Faults::fired();
    Faults::plan(0);
    CHECK(within(seconds(5), [&] { return answers.came == asked; }));
    Answers after;
    if (auto found = cache->find(kId, now)) {
      CHECK_FALSE(**found);
    } else {
      REQUIRE((*store)->answer(lookup, after.take()));
      REQUIRE(within(seconds(5), [&] { return after.came == 1; }));
      CHECK_FALSE(**std::get_if<Result<std::optional<SessionState>>>(&*after.last));
    }
    return fired;
  });
  CHECK(escaped == "");
  CHECK(failed > 20);
  MESSAGE(opened << " and " << failed << " allocations failed");
}

}  // namespace tls::test
