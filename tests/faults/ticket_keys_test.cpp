// Ticket keys without memory: what fails has changed nothing, and what opened opens on.
#include "tls/ticket_keys.h"

#include <doctest/doctest.h>

#include <array>
#include <new>

#include "session/states.h"
#include "support/environment.h"
#include "support/faults.h"

using namespace tls;
using namespace tls::test;

namespace {

constexpr Clock::Milliseconds kNow(1'782'864'000'000), kLater = kNow + std::chrono::hours(1);

using Secret48 = std::array<std::uint8_t, 48>;
/// No memory is taken for it: what fails is the ring's.
Secret48 secret(unsigned seed) {
  Secret48 bytes;
  bytes.fill(static_cast<std::uint8_t>(seed));
  bytes[0] = 0;
  return bytes;
}
SessionState state() {
  const std::vector<std::uint8_t> bytes(100, 7);
  return SessionState(bytes);
}
/// A Result that a call gives; it may not throw.
template <class F>
auto result_of(F&& f) -> decltype(f()) {
  std::string escaped;
  try {
    return guarded_call(escaped, "call", f);
  } catch (...) {
    FAIL("an exception left the call");
    throw;
  }
}
bool opens(TicketSealer& ring, const std::vector<std::uint8_t>& ticket, Clock::Milliseconds now = kNow) {
  return (**ring.open(ticket, now)).has_value();
}
template <class R>
void check_out_of_memory(const R& result) {
  CHECK(result.has_value() == !Faults::fired());
  if (!result) CHECK((result.error().code() == Code::out_of_memory));
}

}  // namespace

TEST_CASE("every allocation of ticket keys fails once: a ring that is turned by hand") {
  SeededRandom random(1);
  CHECK(exhaust_memory(
            [&](std::size_t) { check_out_of_memory(result_of([&] { return TicketKeys::make(secret(1)); })); }) > 1);
  for (const int what : {0, 1, 2}) {
    CAPTURE(what);
    const std::size_t failed = exhaust_memory([&](std::size_t n) {
      CAPTURE(n);
      Faults::plan(0);
      const auto ring = *TicketKeys::make(secret(1));
      REQUIRE(ring->prepare(secret(2)));
      const auto ticket = ring->seal(state(), random, kNow, kLater);
      Faults::plan(n);
      const auto done = result_of([&] {
        return what == 0   ? ring->prepare(secret(3))
               : what == 1 ? ring->rotate(secret(3), 5)
                           : ring->replace_oldest(secret(2));
      });
      check_out_of_memory(done);
      const bool fired = Faults::fired();
      Faults::plan(0);
      if (fired) CHECK(ring->size() == 2);
      if (fired || what != 2) CHECK(opens(*ring, ticket));
      // The same again, and it goes.
      if (fired)
        CHECK((what == 0   ? ring->prepare(secret(3))
               : what == 1 ? ring->rotate(secret(3), 5)
                           : ring->replace_oldest(secret(2))));
      CHECK(opens(*ring, ring->seal(state(), random, kNow, kLater)));
      return fired;
    });
    CHECK(failed > 0);
  }
}

TEST_CASE("every allocation of ticket keys fails once: masters, of which one that is refused does not stay") {
  SeededRandom random(1);
  const std::size_t made = exhaust_memory(
      [&](std::size_t) { check_out_of_memory(result_of([&] { return RotatingTicketKeys::from_master(secret(1)); })); });
  CHECK(made > 1);
  for (const OldTickets old : {OldTickets::open_on, OldTickets::refused}) {
    CAPTURE(static_cast<int>(old));
    for (std::size_t n = 1;; ++n) {
      CAPTURE(n);
      const auto ring = *RotatingTicketKeys::from_master(secret(1));
      const auto ticket = ring->seal(state(), random, kNow, kLater);
      const auto of_next = (*RotatingTicketKeys::from_master(secret(2)))->seal(state(), random, kNow, kLater);
      Faults::plan(n);
      const auto done = result_of([&] { return ring->replace_master(secret(2), old); });
      check_out_of_memory(done);
      const bool fired = Faults::fired();
      Faults::plan(0);
      CHECK(opens(*ring, ticket) == (fired || old == OldTickets::open_on));
      CHECK(opens(*ring, of_next) == !fired);
      // The same again is the same as if it had gone well at once.
      if (fired) CHECK(ring->replace_master(secret(2), old));
      CHECK(opens(*ring, ticket) == (old == OldTickets::open_on));
      CHECK(opens(*ring, of_next));
      CHECK(ring->replace_master(secret(1)).has_value() == (old == OldTickets::open_on));
      if (!fired) {
        CHECK(n > 1);
        break;
      }
    }
  }
}

TEST_CASE("every allocation of ticket keys fails once: a ring goes on that could not turn, seal or open") {
  SeededRandom random(1);
  for (std::size_t n = 1;; ++n) {
    CAPTURE(n);
    const auto ring = *RotatingTicketKeys::from_master(secret(1));
    const auto ticket = ring->seal(state(), random, kNow, kLater);
    const Clock::Milliseconds next = kNow + std::chrono::hours(1);
    Faults::plan(n);
    try {
      const Faults::Call now;
      static_cast<void>(ring->seal(state(), random, next, kLater));
      static_cast<void>(ring->open(ticket, next));
      ring->turn(next + std::chrono::hours(1));
    } catch (const std::bad_alloc&) {
    }
    const bool fired = Faults::fired();
    Faults::plan(0);
    CHECK(opens(*ring, ticket, next));
    CHECK(opens(*ring, ring->seal(state(), random, next, kLater), next));
    if (!fired) {
      CHECK(n > 1);
      break;
    }
  }
}
