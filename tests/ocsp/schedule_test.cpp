// When a responder is asked.
#include "ocsp_schedule.h"

#include <doctest/doctest.h>

namespace tls::ocsp {
namespace {

using namespace std::chrono_literals;
constexpr Milliseconds kT0 = 1'000'000s;
constexpr std::uint32_t kMost = 0xFFFFFFFF;

TEST_CASE("half of the validity, and up to a twentieth later") {
  CHECK(renew_at(kT0, kT0 + 40h, true, kT0, 0) == kT0 + 20h);
  CHECK(renew_at(kT0, kT0 + 40h, true, kT0 + 10h, 0) == kT0 + 20h);
  const Milliseconds latest = renew_at(kT0, kT0 + 40h, true, kT0, kMost);
  CHECK(latest > kT0 + 21h);
  CHECK(latest <= kT0 + 22h);
  const Milliseconds middle = renew_at(kT0, kT0 + 40h, true, kT0, 0x80000000);
  CHECK(middle == kT0 + 21h);
}

TEST_CASE("whatever its end is, an answer is renewed within kLongestRenewal and a twentieth") {
  CHECK(kLongestRenewal == 24h);
  CHECK(renew_at(kT0, kT0 + 2 * kLongestRenewal - 2ms, true, kT0, 0) == kT0 + kLongestRenewal - 1ms);
  CHECK(renew_at(kT0, kT0 + 2 * kLongestRenewal, true, kT0, 0) == kT0 + kLongestRenewal);
  CHECK(renew_at(kT0, kT0 + 2 * kLongestRenewal + 2ms, true, kT0, 0) == kT0 + kLongestRenewal);
  for (const Milliseconds all : {Milliseconds(96h), Milliseconds(24h * 365 * 10)}) {
    CHECK(renew_at(kT0, kT0 + all, true, kT0, 0) == kT0 + kLongestRenewal);
    const Milliseconds latest = renew_at(kT0, kT0 + all, true, kT0, kMost);
    CHECK(latest > kT0 + kLongestRenewal + kLongestRenewal / (kJitter + 1));
    CHECK(latest <= kT0 + kLongestRenewal + kLongestRenewal / kJitter);
    // One that comes long before its half, or past it, is as long away.
    CHECK(renew_at(kT0, kT0 + all, true, kT0 + all / 4, 0) == kT0 + all / 4 + kLongestRenewal);
    CHECK(renew_at(kT0, kT0 + all, true, kT0 + all * 3 / 4, kMost) <=
          kT0 + all * 3 / 4 + kLongestRenewal + kLongestRenewal / kJitter);
  }
}

TEST_CASE("an answer without nextUpdate is renewed after an hour") {
  CHECK(renew_at(kT0, kT0 + 240h, false, kT0, 0) == kT0 + 1h);
  CHECK(renew_at(kT0 - 2h, kT0 + 238h, false, kT0, 0) == kT0 + 1h);
  CHECK(renew_at(kT0, kT0 + 240h, false, kT0, kMost) <= kT0 + 1h + 3min);
}

TEST_CASE("one that is past its half when it comes is asked for at half of what is left, but not at once") {
  CHECK(renew_at(kT0, kT0 + 100h, true, kT0 + 60h, 0) == kT0 + 80h);
  CHECK(renew_at(kT0, kT0 + 100h, true, kT0 + 99h, 0) == kT0 + 100h);      // an hour is the least
  CHECK(renew_at(kT0, kT0 + 60s, true, kT0 + 58s, 0) == kT0 + 58s + 10s);  // ten seconds are
  CHECK(renew_at(kT0, kT0 + 60s, true, kT0, 0) == kT0 + 30s);
}

TEST_CASE("times that make no sense lead to no request at once") {
  CHECK(renew_at(kT0, kT0 - 1h, true, kT0, 0) >= kT0 + kShortestPause);
  CHECK(renew_at(kT0 - 1000h, kT0 - 999h, true, kT0, 0) >= kT0 + kShortestPause);
}

TEST_CASE("after failures: half a minute, then twice as long each time, up to an hour, up to a quarter later") {
  CHECK(retry_at(kT0, 1, {}, 0) == kT0 + 30s);
  CHECK(retry_at(kT0, 2, {}, 0) == kT0 + 60s);
  CHECK(retry_at(kT0, 3, {}, 0) == kT0 + 120s);
  CHECK(retry_at(kT0, 7, {}, 0) == kT0 + 1920s);
  CHECK(retry_at(kT0, 8, {}, 0) == kT0 + 1h);
  CHECK(retry_at(kT0, 4'000'000'000, {}, 0) == kT0 + 1h);
  CHECK(retry_at(kT0, 4'000'000'000, {}, kMost) > kT0 + 74min);
  CHECK(retry_at(kT0, 4'000'000'000, {}, kMost) <= kT0 + 75min);
}

TEST_CASE("the end of the staple comes near: at most a quarter of what is left, at least ten seconds") {
  CHECK(retry_at(kT0, 9, kT0 + 2h, 0) == kT0 + 30min);
  CHECK(retry_at(kT0, 9, kT0 + 20s, 0) == kT0 + 10s);
  CHECK(retry_at(kT0, 9, kT0 + 40s, 0) == kT0 + 10s);
  CHECK(retry_at(kT0, 9, kT0 + 100s, 0) == kT0 + 25s);
  CHECK(retry_at(kT0, 9, kT0, 0) == kT0 + 1h);  // it has ended
  CHECK(retry_at(kT0, 1, kT0 + 100h, 0) == kT0 + 30s);
}

TEST_CASE("a staple that nobody renews is warned of at three quarters") {
  CHECK(warn_at(kT0, kT0 + 100h) == kT0 + 75h);
}

}  // namespace
}  // namespace tls::ocsp
