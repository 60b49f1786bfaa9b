// SALLYPORT_TEST_TIME_SCALE in C++; tests/setup/time_scale.py has what Python and ctest make of it.
#include "support/time_scale.h"

#include <doctest/doctest.h>

using namespace tls::test;
using namespace std::chrono_literals;

TEST_CASE("a time scale is a whole number from 1 to 1000") {
  for (const int good : {1, 2, 999, 1000}) CHECK(parse_time_scale(std::to_string(good)) == good);
  for (const char* bad : {"", "0", "1001", "-1", "+1", "1.5", "x", "10x", " 2", "99999999999999999999"})
    CHECK_FALSE(parse_time_scale(bad));
}

TEST_CASE("a deadline is so many times as long as the time scale says") { CHECK(scaled(3s) == 3s * time_scale()); }

TEST_CASE("a test that waits goes on as soon as it may, and gives up") {
  const auto begin = std::chrono::steady_clock::now();
  int looked = 0;
  CHECK(within(1h, [&] { return ++looked == 3; }));
  CHECK(std::chrono::steady_clock::now() - begin < scaled(60s));
  CHECK_FALSE(within(1ms, [] { return false; }));
}
