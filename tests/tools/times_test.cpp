// Times on the command line.
#include "cli/times.h"

#include <doctest/doctest.h>

using namespace sallyport::cli;

TEST_CASE("a time is a number of seconds, a day, or RFC 3339 in UTC") {
  CHECK(parse_time("0") == 0);
  CHECK(parse_time("1798761600") == 1798761600);
  CHECK(parse_time("2027-01-01") == 1798761600);
  CHECK(parse_time("2027-01-01T12:00:01Z") == 1798761600 + 12 * 3600 + 1);
  CHECK(parse_time("2028-02-29") == 1835395200);
  CHECK(parse_time("1970-01-01") == 0);
}

TEST_CASE("times end with the year 9999: below, at, above") {
  CHECK(parse_time("253402300798") == kLastSecond - 1);
  CHECK(parse_time("253402300799") == kLastSecond);
  CHECK(parse_time("9999-12-31T23:59:59Z") == kLastSecond);
  CHECK_FALSE(parse_time("253402300800"));
  CHECK_FALSE(parse_time("9223372036854775808"));
  CHECK_FALSE(parse_time("99999999999999999999999999"));
}

TEST_CASE("what the calendar does not have is refused, and so is another form") {
  for (const char* bad : {"2027-02-30",
                          "2027-02-29",
                          "2027-13-01",
                          "2027-00-01",
                          "2027-01-00",
                          "2027-01-01T24:00:00Z",
                          "2027-01-01T12:60:00Z",
                          "2027-01-01T12:00:60Z",
                          "1969-12-31",
                          "-1",
                          "+1",
                          " 1",
                          "1 ",
                          "",
                          "soon",
                          "2027-1-1",
                          "2027-01-01T12:00:00",
                          "2027-01-01 12:00:00Z",
                          "2027-01-01T12:00:00ZZ",
                          "20270101T120000Z",
                          "2027--1-01",
                          "2027-01-01T-1:00:00Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_time(bad));
  }
}

TEST_CASE("what is written is read again") {
  CHECK(rfc3339(1798761600) == "2027-01-01T00:00:00Z");
  for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{1835395199}, kLastSecond})
    CHECK(parse_time(rfc3339(seconds)) == seconds);
}
