#include "redis_removals.h"

#include <doctest/doctest.h>

namespace tls::redis {
namespace {

const Removals::Time kNow = Removals::Time(std::chrono::hours(5));
constexpr std::chrono::seconds kLife{7200};

TEST_CASE("a session that is put and removed again while the store is told of its first removal stays removed") {
  Removals removals;
  removals.kept(std::chrono::hours(1), kNow);
  removals.add("x", kNow);
  CHECK(removals.to_send() == std::vector<std::string>{"x"});
  // Under way to the store: the removal, then the session once more, which is removed before the answer comes.
  removals.add("x", kNow);
  removals.confirmed("x");
  CHECK(removals.covers("x", kNow));
  CHECK(removals.to_send() == std::vector<std::string>{"x"});
  removals.confirmed("x");
  CHECK_FALSE(removals.covers("x", kNow));
  CHECK(removals.to_send().empty());
}

TEST_CASE("a removal is told until it is confirmed, and the session not believed in until then") {
  Removals removals;
  removals.add("a", kNow);
  CHECK(removals.covers("a", kNow));
  CHECK_FALSE(removals.covers("b", kNow));
  CHECK(removals.to_send() == std::vector<std::string>{"a"});
  CHECK(removals.to_send().empty());  // under way
  removals.failed("a");
  CHECK(removals.covers("a", kNow));
  CHECK(removals.to_send() == std::vector<std::string>{"a"});
  removals.confirmed("a");
  CHECK_FALSE(removals.covers("a", kNow));
  CHECK(removals.size() == 0);
}

TEST_CASE("more removals than are kept: nothing is believed while a session of then may live") {
  Removals removals;
  removals.kept(kLife, kNow - std::chrono::hours(1));
  removals.kept(std::chrono::seconds(5), kNow);  // ends before it
  for (std::size_t i = 0; i < Removals::kMost; ++i) removals.add(std::to_string(i), kNow);
  CHECK(removals.size() == Removals::kMost);
  CHECK_FALSE(removals.covers("x", kNow));
  removals.add("0", kNow);  // again: no other one
  CHECK_FALSE(removals.covers("x", kNow));
  CHECK(removals.unsure_for(kNow).count() == 0);
  removals.add("one more", kNow);
  CHECK(removals.unsure_for(kNow) == std::chrono::seconds(3600));
  CHECK(removals.size() == Removals::kMost);
  CHECK(removals.covers("one more", kNow));
  // What is kept from now on is not what was removed.
  removals.kept(kLife, kNow);
  const Removals::Time end = kNow + std::chrono::hours(1);
  CHECK(removals.covers("x", end - std::chrono::milliseconds(1)));
  CHECK(removals.unsure_for(end - std::chrono::milliseconds(1)).count() == 1);
  CHECK_FALSE(removals.covers("x", end));
  CHECK(removals.unsure_for(end).count() == 0);
  // Those of long ago make room.
  removals.add("later", kNow + Removals::kLongestLife);
  CHECK(removals.size() == 1);
  CHECK_FALSE(removals.covers("x", kNow + Removals::kLongestLife));
}

TEST_CASE("removals that cannot be kept matter for the longest life at most, and not at all if no session was kept") {
  for (const auto life :
       {std::chrono::seconds(0), Removals::kLongestLife - std::chrono::seconds(1), Removals::kLongestLife,
        Removals::kLongestLife + std::chrono::seconds(1), std::chrono::seconds::max()}) {
    Removals removals;
    if (life.count() > 0) removals.kept(life, kNow);
    for (std::size_t i = 0; i <= Removals::kMost; ++i) removals.add(std::to_string(i), kNow);
    CHECK(removals.unsure_for(kNow) == std::min(life, Removals::kLongestLife));
  }
}

TEST_CASE("the store is told so many at once: below, at and above") {
  for (const std::size_t count : {Removals::kAtOnce - 1, Removals::kAtOnce, Removals::kAtOnce + 1}) {
    Removals removals;
    for (std::size_t i = 0; i < count; ++i) removals.add(std::to_string(i), kNow);
    CHECK(removals.to_send().size() == std::min(count, Removals::kAtOnce));
    CHECK(removals.to_send().size() == count - std::min(count, Removals::kAtOnce));
    CHECK(removals.to_send().empty());
    CHECK(removals.size() == count);  // until they are confirmed
  }
}

}  // namespace
}  // namespace tls::redis
