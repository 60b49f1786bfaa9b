#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "base/limits.h"
#include "session/lingering.h"
#include "states.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

constexpr milliseconds kStart{1'782'864'000'000};  // a full hour

struct Fleet {
  SeededRandom random{1};
  std::shared_ptr<RotatingTicketKeys> one = *RotatingTicketKeys::from_master(some_key(1));
  std::shared_ptr<RotatingTicketKeys> two = *RotatingTicketKeys::from_master(some_key(1));
  std::vector<std::uint8_t> seal(TicketSealer& by, milliseconds now) {
    auto ticket = by.seal(some_state(), random, now, now + hours(2));
    CHECK_FALSE(ticket.empty());
    return ticket;
  }
};

TEST_CASE_FIXTURE(Fleet, "servers with one master open each other's tickets, across rotations, without talking") {
  for (int hour = 0; hour < 50; ++hour) {
    const milliseconds now = kStart + hours(hour) + minutes(10);
    CHECK(opens(*two, seal(*one, now), now));
    CHECK(opens(*one, seal(*two, now), now + hours(1)));
  }
  CHECK_FALSE(opens(**RotatingTicketKeys::from_master(some_key(2)), seal(*one, kStart), kStart));
}

TEST_CASE_FIXTURE(Fleet,
                  "a key opens until a ticket's lifetime after it sealed its last ticket, and asks for renewal") {
  const milliseconds last = kStart + hours(1) - milliseconds(1);
  const auto ticket = seal(*one, last);
  CHECK_FALSE(opened(*two, ticket, last)->renew);
  CHECK(opened(*two, ticket, last + milliseconds(1))->renew);
  CHECK(opened(*two, ticket, kStart + hours(3) - milliseconds(1))->renew);
  CHECK_FALSE(opens(*two, ticket, kStart + hours(3)));
}

TEST_CASE_FIXTURE(Fleet, "clocks may differ: tickets of the next period open, of the one after it do not") {
  const auto early = seal(*one, kStart + hours(1));
  CHECK(opens(*two, early, kStart + hours(1) - milliseconds(1)));
  CHECK_FALSE(opened(*two, early, kStart)->renew);
  CHECK_FALSE(opens(*two, early, kStart - milliseconds(1)));
}

TEST_CASE_FIXTURE(Fleet, "a clock that jumps, either way, costs nothing but the tickets of the time between") {
  const auto before = seal(*one, kStart);
  const auto far = kStart + hours(24 * 365);
  CHECK(opens(*one, seal(*one, far), far));
  CHECK_FALSE(opens(*one, before, far));
  CHECK(opens(*one, before, kStart));
  CHECK(opens(*two, seal(*one, kStart - hours(100)), kStart - hours(100)));
  CHECK(opens(*two, seal(*one, milliseconds(-1)), milliseconds(-1)));  // periods before 1970 have numbers too
}

TEST_CASE_FIXTURE(Fleet, "a ring holds the keys that the lifetime demands, one ahead, and no more") {
  CHECK(one->size() == 0);
  for (int hour = 0; hour < 10; ++hour) {
    one->turn(kStart + hours(hour));
    CHECK(one->size() == 4);
  }
  const auto week = *RotatingTicketKeys::from_master(some_key(1), {.ticket_lifetime = limits::kMaxSessionLifetime});
  week->turn(kStart);
  CHECK(week->size() == 1 + 168 + 1);
  const auto ticket = seal(*week, kStart);
  CHECK(opens(*week, ticket, kStart + limits::kMaxSessionLifetime));
  CHECK_FALSE(opens(*week, ticket, kStart + limits::kMaxSessionLifetime + hours(1)));
}

TEST_CASE_FIXTURE(Fleet, "a thread whose clock is a little behind does not turn the ring back") {
  const auto lone = *RotatingTicketKeys::at_random({}, random);
  const auto ahead = kStart + hours(1), behind = ahead - milliseconds(1);
  seal(*lone, behind);
  const auto next = seal(*lone, ahead);
  const auto late = seal(*lone, behind);
  CHECK(opens(*lone, next, ahead));
  CHECK(opens(*lone, late, ahead));
  CHECK(opens(*lone, next, behind));
}

TEST_CASE("another policy makes other keys: a master is never used for two key streams") {
  SeededRandom random(1);
  const auto hourly = *RotatingTicketKeys::from_master(some_key(1));
  const auto daily = *RotatingTicketKeys::from_master(some_key(1), {.period = hours(24)});
  const auto ticket = hourly->seal(some_state(), random, milliseconds(0), milliseconds(1));
  CHECK(opens(*hourly, ticket, milliseconds(0)));
  CHECK_FALSE(opens(*daily, ticket, milliseconds(0)));
}

TEST_CASE_FIXTURE(Fleet, "random keys: a ring that is gone takes its tickets along, and so does a clock that jumped") {
  const auto lone = *RotatingTicketKeys::at_random();
  const auto ticket = seal(*lone, kStart);
  CHECK(opens(*lone, ticket, kStart));
  CHECK(opens(*lone, ticket, kStart + hours(2)));
  CHECK_FALSE(opens(*lone, ticket, kStart + hours(3)));
  CHECK_FALSE(opens(*lone, ticket, kStart));  // its key was wiped: nothing brings it back
  CHECK_FALSE(opens(**RotatingTicketKeys::at_random(), seal(*lone, kStart), kStart));
}

TEST_CASE_FIXTURE(Fleet, "a new master: old tickets open as long as they would have, new ones are the new master's") {
  const auto old = seal(*one, kStart);
  REQUIRE(one->replace_master(some_key(2)));
  CHECK(opened(*one, old, kStart)->renew);
  const auto fresh = seal(*one, kStart);
  CHECK_FALSE(opens(*two, fresh, kStart));
  CHECK(opened(*one, old, kStart + hours(2))->renew);
  CHECK_FALSE(opens(*one, old, kStart + hours(3)));
  REQUIRE(two->replace_master(some_key(2)));
  CHECK(opened(*two, fresh, kStart + minutes(1)).has_value());
  CHECK_FALSE(opened(*two, fresh, kStart + minutes(1))->renew);

  // However often it is done, the ring stays bounded.
  for (unsigned i = 0; i < 2 * limits::kMaxTicketKeys; ++i)
    REQUIRE(one->replace_master(some_key(static_cast<std::uint8_t>(i))));
  CHECK(one->size() <= 2 * limits::kMaxTicketKeys);
  CHECK(opens(*one, seal(*one, kStart + minutes(2)), kStart + minutes(2)));
}

TEST_CASE_FIXTURE(Fleet,
                  "whoever has an old master makes tickets until the lifetime is over after the period of its end") {
  const auto thief = *RotatingTicketKeys::from_master(some_key(1));
  const milliseconds replaced = kStart + minutes(30), end = kStart + hours(3);
  const auto of_now = seal(*thief, replaced), of_next = seal(*thief, kStart + hours(1));
  CHECK(opens(*one, of_now, replaced));
  CHECK(opens(*one, of_next, replaced));
  REQUIRE(one->replace_master(some_key(2)));
  CHECK(one->size() == 4 + 3);  // the old master's: of this period and of the two before it
  CHECK(opens(*one, of_now, replaced));
  for (const milliseconds now : {replaced, kStart + hours(1), end - milliseconds(1)})
    CHECK_FALSE(opens(*one, of_next, now));
  CHECK(opens(*one, of_now, end - milliseconds(1)));
  CHECK_FALSE(opens(*one, of_now, end));
  CHECK(one->size() == 4);
  // Nor by the first master that follows random keys.
  const auto lone = *RotatingTicketKeys::at_random();
  seal(*lone, kStart);
  REQUIRE(lone->replace_master(some_key(1)));
  CHECK(lone->size() == 4 + 1);
}

TEST_CASE_FIXTURE(Fleet, "a stolen master: nothing of it is kept, and no ticket under it opens from then on") {
  const auto old = seal(*one, kStart);
  REQUIRE(opens(*one, old, kStart));
  REQUIRE(one->replace_master(some_key(2), OldTickets::refused));
  CHECK(one->size() == 4);
  for (const milliseconds now : {kStart, kStart + hours(1), kStart + hours(2)}) CHECK_FALSE(opens(*one, old, now));
  const auto fresh = seal(*one, kStart + hours(2));
  CHECK_FALSE(opened(*one, fresh, kStart + hours(2))->renew);

  // It does not come back, whoever still hands it out; nor do those before it. The new one is none of them.
  const auto back = one->replace_master(some_key(1));
  REQUIRE_FALSE(back);
  CHECK(back.error().detail().find("stolen") != std::string::npos);
  CHECK_FALSE(opens(*one, old, kStart));
  REQUIRE(one->replace_master(some_key(3)));
  REQUIRE(one->replace_master(some_key(4), OldTickets::refused));
  for (const std::uint8_t gone : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}})
    CHECK_FALSE(one->replace_master(some_key(gone)));
  REQUIRE(one->replace_master(some_key(4)));

  // It is found out later: the same new master once more, and without what was kept at first.
  const auto before = seal(*two, kStart);
  REQUIRE(two->replace_master(some_key(2)));
  CHECK(opens(*two, before, kStart));
  const auto after = seal(*two, kStart);
  REQUIRE(two->replace_master(some_key(2), OldTickets::refused));
  CHECK_FALSE(opens(*two, before, kStart));
  CHECK_FALSE(opened(*two, after, kStart)->renew);
  CHECK(two->size() == 4);

  // Random keys go likewise; a ring that was not used yet has nothing to forget; a bad master changes nothing.
  const auto lone = *RotatingTicketKeys::at_random();
  const auto random_one = seal(*lone, kStart);
  CHECK_FALSE(lone->replace_master(std::vector<std::uint8_t>(32, 0), OldTickets::refused));
  CHECK(opens(*lone, random_one, kStart));
  REQUIRE(lone->replace_master(some_key(2), OldTickets::refused));
  CHECK_FALSE(opens(*lone, random_one, kStart));
  CHECK(opens(*lone, after, kStart));
  const auto unused = *RotatingTicketKeys::from_master(some_key(1));
  REQUIRE(unused->replace_master(some_key(2), OldTickets::refused));
  CHECK(opens(*unused, after, kStart));
}

TEST_CASE_FIXTURE(Fleet,
                  "keys of a master that was given up are wiped when it returns, though somebody seals with one") {
  one->turn(kStart);
  Lingering slow;
  std::thread sealing([&] { CHECK_FALSE(one->seal(some_state(), slow, kStart, kStart + hours(2)).empty()); });
  CHECK(slow.outlasts([&] { CHECK(one->replace_master(some_key(2), OldTickets::refused)); }));
  sealing.join();
}

TEST_CASE("a ticket is over when its key is, also while another thread is about to turn the ring") {
  Lingering slow;
  slow.lingers = false;
  SeededRandom random(1);
  const auto ring = *RotatingTicketKeys::at_random({.period = hours(1), .ticket_lifetime = hours(2)}, slow);
  const milliseconds over = kStart + hours(3);
  const auto ticket = ring->seal(some_state(), random, kStart, kStart + hours(2));
  CHECK(opens(*ring, ticket, over - milliseconds(1)));
  slow.lingers = true;
  std::thread turning([&] { ring->turn(over); });
  CHECK(slow.waited_for());
  CHECK_FALSE(opens(*ring, ticket, over));  // out of the ring as it was
  slow.release();
  turning.join();
  CHECK_FALSE(opens(*ring, ticket, over));
}

TEST_CASE_FIXTURE(Fleet, "a ticket of any other length opens nothing") {
  const auto ticket = seal(*one, kStart);
  CHECK(opens(*one, ticket, kStart));
  CHECK_FALSE(opens(*one, {}, kStart));
  for (std::size_t n = 0; n < ticket.size(); ++n) CHECK_FALSE(opens(*one, Bytes(ticket).first(n), kStart));
  auto longer = ticket;
  longer.push_back(0);
  CHECK_FALSE(opens(*one, longer, kStart));
}

TEST_CASE_FIXTURE(Fleet, "the same master once more changes nothing; random keys may be followed by a master") {
  const auto ticket = seal(*one, kStart);
  const std::size_t size = one->size();
  REQUIRE(one->replace_master(some_key(1)));
  CHECK(one->size() == size);
  CHECK_FALSE(opened(*one, ticket, kStart)->renew);

  const auto lone = *RotatingTicketKeys::at_random();
  const auto random_one = seal(*lone, kStart);
  REQUIRE(lone->replace_master(some_key(1)));
  CHECK(opened(*lone, random_one, kStart)->renew);
  CHECK(opens(*one, seal(*lone, kStart), kStart));
  CHECK_FALSE(lone->replace_master(std::vector<std::uint8_t>(32, 0)));
  CHECK(opens(*one, seal(*lone, kStart), kStart));
}

TEST_CASE("masters and policies that cannot be are refused, in words") {
  const auto code = [](const auto& made) { return made ? std::optional<Code>() : made.error().code(); };
  CHECK(code(RotatingTicketKeys::from_master({})) == Code::bad_config);
  CHECK(code(RotatingTicketKeys::from_master(std::vector<std::uint8_t>(32, 0))) == Code::bad_config);
  CHECK(code(RotatingTicketKeys::from_master(Bytes(some_key(1)).first(31))) == Code::bad_config);
  CHECK(code(RotatingTicketKeys::from_master(some_key(1))) == std::nullopt);
  const auto policy = [&](seconds period, seconds lifetime) {
    return code(RotatingTicketKeys::at_random({period, lifetime}));
  };
  CHECK(policy(seconds(59), seconds(60)) == Code::bad_config);
  CHECK(policy(seconds(60), seconds(60)) == std::nullopt);
  CHECK(policy(hours(24), hours(1)) == std::nullopt);
  CHECK(policy(hours(24) + seconds(1), hours(1)) == Code::bad_config);
  CHECK(policy(hours(1), seconds(0)) == Code::bad_config);
  CHECK(policy(hours(1), limits::kMaxSessionLifetime + seconds(1)) == Code::bad_config);
  const seconds most = seconds(60) * (limits::kMaxTicketKeys - 2);
  CHECK(policy(seconds(60), most) == std::nullopt);
  CHECK(policy(seconds(60), most + seconds(1)) == Code::bad_config);
}

TEST_CASE("a thread whose period another one has just turned away gets no ticket, and nothing worse") {
  SeededRandom random(1);
  const auto ring = *RotatingTicketKeys::from_master(some_key(1));
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) ring->turn(kStart + hours(1000));
  });
  // It happens between two instructions. A machine that never gets there has not looked.
  for (int i = 0; i < 50'000; ++i)
    if (ring->seal(some_state(), random, kStart, kStart + hours(2)).empty()) break;
  stop = true;
  other.join();
}

TEST_CASE("threads with clocks that differ seal and open while the ring turns") {
  const auto ring =
      *RotatingTicketKeys::from_master(some_key(1), {.period = seconds(60), .ticket_lifetime = seconds(600)});
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      SeededRandom random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < 3000; ++i) {
        const milliseconds now = kStart + milliseconds(i * 200 + t * 40);  // through ten periods
        const auto ticket = ring->seal(some_state(), random, now, now + seconds(600));
        if (ticket.empty() || !opens(*ring, ticket, now)) ++failed;
      }
    });
  for (auto& t : threads) t.join();
  CHECK(failed == 0);
}

}  // namespace
}  // namespace tls::test
