#include "redis_removals.h"

#include <doctest/doctest.h>

namespace tls::redis {
namespace {

const Removals::Time kNow = Removals::Time(std::chrono::hours(5));

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
  for (std::size_t i = 0; i < Removals::kMost; ++i) removals.add(std::to_string(i), kNow);
  CHECK(removals.size() == Removals::kMost);
  CHECK_FALSE(removals.covers("x", kNow));
  removals.add("0", kNow);  // again: no other one
  CHECK_FALSE(removals.covers("x", kNow));
  CHECK_FALSE(removals.unsure(kNow));
  removals.add("one more", kNow);
  CHECK(removals.unsure(kNow));
  CHECK(removals.size() == Removals::kMost);
  CHECK(removals.covers("one more", kNow));
  CHECK(removals.covers("x", kNow + Removals::kLongestLife - std::chrono::seconds(1)));
  CHECK_FALSE(removals.covers("x", kNow + Removals::kLongestLife));
  CHECK_FALSE(removals.unsure(kNow + Removals::kLongestLife));
  // Those of long ago make room.
  removals.add("later", kNow + Removals::kLongestLife);
  CHECK(removals.size() == 1);
  CHECK_FALSE(removals.covers("x", kNow + Removals::kLongestLife));
}

TEST_CASE("the store is told so many at once: below, at and above") {
  for (const std::size_t count : {Removals::kAtOnce - 1, Removals::kAtOnce, Removals::kAtOnce + 1}) {
    Removals removals;
    for (std::size_t i = 0; i < count; ++i) CHECK(removals.add(std::to_string(i), kNow));
    CHECK(removals.to_send().size() == std::min(count, Removals::kAtOnce));
    CHECK(removals.to_send().size() == count - std::min(count, Removals::kAtOnce));
    CHECK(removals.to_send().empty());
    CHECK(removals.size() == count);  // until they are confirmed
  }
}

}  // namespace
}  // namespace tls::redis
