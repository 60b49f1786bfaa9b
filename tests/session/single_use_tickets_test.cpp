#include <doctest/doctest.h>

#include <map>

#include "states.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

constexpr milliseconds kNow{1'782'864'000'000};

/// The smallest cache there is. `absent`: it is on another machine and answers later; `broken`: not at all.
struct MapCache final : SessionCache {
  std::map<std::vector<std::uint8_t>, std::pair<SessionState, milliseconds>> kept;
  bool absent = false, broken = false;
  void put(Bytes id, const SessionState& state, milliseconds, milliseconds expires) override {
    kept.insert_or_assign({id.begin(), id.end()}, std::pair(state.clone(), expires));
  }
  Answer<std::optional<SessionState>> find(Bytes, milliseconds) override { return std::nullopt; }
  Answer<std::optional<SessionState>> take(Bytes id, milliseconds now) override {
    if (absent) return std::nullopt;
    if (broken) return Result<std::optional<SessionState>>(fail(Code::operation_failed, "it is gone"));
    std::optional<SessionState> taken;
    const auto at = kept.find({id.begin(), id.end()});
    if (at != kept.end() && now < at->second.second) taken = std::move(at->second.first);
    if (at != kept.end()) kept.erase(at);
    return Result<std::optional<SessionState>>(std::move(taken));
  }
  void remove(Bytes id) override { kept.erase({id.begin(), id.end()}); }
};

struct SingleUse {
  SeededRandom random{1};
  std::shared_ptr<MapCache> cache = std::make_shared<MapCache>();
  std::shared_ptr<TicketSealer> tickets = single_use_tickets(cache);
};

TEST_CASE_FIXTURE(SingleUse, "a ticket names a session that is given out once, with a wish for a new one") {
  const auto ticket = tickets->seal(some_state(), random, kNow, kNow + hours(1));
  CHECK(ticket.size() == 32);
  const auto first = opened(*tickets, ticket, kNow);
  REQUIRE(first);
  CHECK(same(first->state, some_state()));
  CHECK(first->renew);
  CHECK_FALSE(opens(*tickets, ticket, kNow));
}

TEST_CASE_FIXTURE(SingleUse, "unknown, expired and malformed tickets open nothing") {
  const auto ticket = tickets->seal(some_state(), random, kNow, kNow + hours(1));
  CHECK_FALSE(opens(*tickets, some_key(3), kNow));
  CHECK_FALSE(opens(*tickets, Bytes(ticket).first(31), kNow));
  CHECK_FALSE(opens(*tickets, {}, kNow));
  CHECK_FALSE(opens(*tickets, ticket, kNow + hours(1)));
}

TEST_CASE_FIXTURE(SingleUse, "a cache that answers later makes an answer that comes later; its errors are handed on") {
  const auto ticket = tickets->seal(some_state(), random, kNow, kNow + hours(1));
  cache->absent = true;
  CHECK_FALSE(tickets->open(ticket, kNow).has_value());
  cache->absent = false;
  cache->broken = true;
  const auto answer = tickets->open(ticket, kNow);
  REQUIRE(answer.has_value());
  CHECK_FALSE(answer->has_value());
}

}  // namespace
}  // namespace tls::test
