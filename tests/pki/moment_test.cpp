// For how long a verdict stays what it is.
#include "pki/moment.h"

#include <doctest/doctest.h>

using namespace tls;
using pki::Moment;

TEST_CASE("what is compared with the time narrows the period to where all comparisons come out alike") {
  const Moment now(100);
  CHECK(now.period().holds(std::numeric_limits<std::int64_t>::min()));
  CHECK(now.period().holds(std::numeric_limits<std::int64_t>::max()));
  CHECK(now.reached(100));
  CHECK(now.reached(40));  // does not widen it again
  CHECK_FALSE(now.reached(101 + 50));
  CHECK(now.period().from == 100);
  CHECK(now.period().until == 150);
  CHECK_FALSE(now.is_past(120));
  CHECK_FALSE(now.is_past(140));
  CHECK(now.period().until == 120);
  CHECK_FALSE(now.is_past(100));
  CHECK(now.is_past(99));
  CHECK(now.period().from == 100);
  CHECK(now.period().until == 100);
}

TEST_CASE("a period has both its ends") {
  constexpr pki::Period period{.from = -5, .until = 7};
  CHECK_FALSE(period.holds(-6));
  CHECK(period.holds(-5));
  CHECK(period.holds(7));
  CHECK_FALSE(period.holds(8));
}

TEST_CASE("a moment is a whole second, before 1970, too") {
  CHECK(Moment(std::chrono::milliseconds(1999)).seconds() == 1);
  CHECK(Moment(std::chrono::milliseconds(-1)).seconds() == -1);
  CHECK(Moment(std::chrono::seconds(7)).seconds() == 7);
}
