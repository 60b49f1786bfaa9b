// Stores in memory and the replay guard: a call that finds no memory throws or fails, and changes nothing by halves.
#include <doctest/doctest.h>
#include <new>

#include "session/client_sessions.h"
#include "session/states.h"
#include "support/environment.h"
#include "support/faults.h"
#include "tls/replay_guard.h"
#include "tls/session_cache.h"
#include "tls/session_stores.h"
#include "tls/ticket_keys.h"

using namespace tls;
using namespace tls::test;

namespace {

constexpr Clock::Milliseconds kNow(1'782'864'000'000), kLater = kNow + std::chrono::hours(1);

SessionState noted(unsigned seed) {
  auto notes = std::make_shared<SessionNotes>();
  notes->application_data.assign(100, static_cast<std::uint8_t>(seed));
  const std::vector<std::uint8_t> secret(100, static_cast<std::uint8_t>(seed));
  return SessionState(secret, notes);
}

}  // namespace

TEST_CASE("every allocation of a client's store in memory fails once: its limits hold, and it goes on") {
  std::size_t tried = 0;
  for (const std::size_t before : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
    CAPTURE(before);
    tried += exhaust_memory([&](std::size_t n) {
      CAPTURE(n);
      const auto store = memory_client_sessions({.sessions = 3, .per_key = 2});
      const auto put = [&](unsigned seed) {
        store->put(session_key("host" + std::to_string(seed % 3)), client_session(seed, ProtocolVersion::tls13, kNow));
      };
      for (unsigned i = 0; i < before; ++i) put(i);
      const SessionKey key = session_key("host0");
      auto session = client_session(9, ProtocolVersion::tls13, kNow);
      const bool kept = goes_well([&] { store->put(key, std::move(session)); });
      CHECK(kept == !Faults::fired());
      std::optional<ClientSession> taken;
      if (goes_well([&] { taken = store->take(key, kNow); }) && kept) CHECK(seed_of(taken) == 9);
      const bool fired = Faults::fired();
      Faults::plan(0);
      // Whatever happened: no more than three sessions are kept, and the newest is found.
      for (unsigned i = 10; i < 40; ++i) put(i);
      std::size_t found = 0;
      for (unsigned host = 0; host < 3; ++host)
        while (store->take(session_key("host" + std::to_string(host)), kNow)) ++found;
      CHECK(found == 3);
      return fired;
    });
  }
  CHECK(tried > 5);
}

TEST_CASE("every allocation of a session cache fails once: no session is found that was not put, or that was removed") {
  const std::uint8_t id[] = {1, 2, 3, 4}, other[] = {5, 6, 7};
  const std::size_t failed = exhaust_memory([&](std::size_t n) {
    CAPTURE(n);
    Result<std::shared_ptr<SessionCache>> made = std::shared_ptr<SessionCache>();
    REQUIRE(goes_well([&] { made = memory_session_cache({.entries = 4, .shards = 2}); }));
    if (!made) {
      CHECK((made.error().code() == Code::bad_config || made.error().code() == Code::out_of_memory));
      return true;
    }
    SessionCache& cache = **made;
    const SessionState first = noted(1), second = noted(2);
    const bool kept = goes_well([&] { cache.put(id, first, kNow, kLater); });
    const bool replaced = goes_well([&] { cache.put(id, second, kNow, kLater); });
    const bool removed = goes_well([&] { cache.remove(id); });
    std::optional<SessionState> found;
    static_cast<void>(goes_well([&] { found = **cache.find(id, kNow); }));
    CHECK((kept && replaced) == !Faults::fired());
    CHECK(removed);
    CHECK_FALSE(found);
    const bool fired = Faults::fired();
    Faults::plan(0);
    for (unsigned i = 0; i < 20; ++i) cache.put(other, noted(i), kNow, kLater);
    found = **cache.find(other, kNow);
    REQUIRE(found);
    CHECK(found->notes()->application_data.front() == 19);
    found = **cache.take(other, kNow);
    CHECK(found);
    CHECK_FALSE(**cache.take(other, kNow));
    return fired;
  });
  CHECK(failed > 3);
}

TEST_CASE("every allocation of single-use tickets fails once: a ticket is worth one session at most") {
  auto cache = memory_session_cache({.entries = 8, .shards = 1});
  REQUIRE(cache);
  const auto tickets = single_use_tickets(*cache);
  SeededRandom random(1);
  const std::size_t failed = exhaust_memory([&](std::size_t n) {
    CAPTURE(n);
    const SessionState state = noted(3);
    std::vector<std::uint8_t> ticket;
    if (!goes_well([&] { ticket = tickets->seal(state, random, kNow, kLater); })) return true;
    Answer<std::optional<OpenedTicket>> opened;
    const bool well = goes_well([&] { opened = tickets->open(ticket, kNow); });
    const bool fired = Faults::fired();
    Faults::plan(0);
    if (well) CHECK(**opened);
    if (well) CHECK_FALSE(**tickets->open(ticket, kNow));
    return fired;
  });
  CHECK(failed > 0);
}

TEST_CASE("every allocation of the local replay guard fails once: it is made or it is not") {
  const std::size_t failed = exhaust_memory([&](std::size_t n) {
    CAPTURE(n);
    Result<std::shared_ptr<ReplayGuard>> made = std::shared_ptr<ReplayGuard>();
    REQUIRE(goes_well([&] { made = local_replay_guard({.tokens_per_second = 10}); }));
    CHECK(made.has_value() == !Faults::fired());
    if (!made) return;
    std::optional<ReplayGuard::Stamp> stamp;
    REQUIRE(goes_well([&] { stamp = (*made)->stamp(); }));
    REQUIRE(stamp);
    ReplayToken token;
    token.bytes[0] = 1;
    const auto claim = [&] { return **(*made)->claim(token, stamp->time + Clock::Milliseconds(1000)); };
    REQUIRE(goes_well([&] { CHECK(claim() == ReplayVerdict::fresh); }));
    CHECK(claim() == ReplayVerdict::seen);
  });
  CHECK(failed > 0);
}

TEST_CASE("every allocation of sessions that are written and read fails once: nothing is thrown but std::bad_alloc") {
  const std::vector<std::uint8_t> client = client_session(1, ProtocolVersion::tls13, kNow).serialize();
  const std::vector<std::uint8_t> server = noted(1).serialize();
  std::size_t tried = 0;
  tried +=
      exhaust_memory([&](std::size_t) { static_cast<void>(goes_well([&] { (void)ClientSession::parse(client); })); });
  tried +=
      exhaust_memory([&](std::size_t) { static_cast<void>(goes_well([&] { (void)SessionState::parse(server); })); });
  tried += exhaust_memory(
      [&](std::size_t) { static_cast<void>(goes_well([&] { (void)ClientSession::parse(as_bytes("not one")); })); });
  CHECK(tried > 3);
}
