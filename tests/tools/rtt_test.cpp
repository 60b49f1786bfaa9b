// What resuming and False Start save, counted on a link whose clock only moves when bytes arrive.
#include "bench/link.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "bench/resume.h"

using namespace sallyport::bench;
using sallyport::KeyType;

namespace {

constexpr double kRtt = 100;  // ms

/// In round trips, after the sessions are there.
struct Trips {
  double request, response;
};
Trips trips(const Way& way) {
  const Setup setup(KeyType::ecdsa_p256, way.suite, "", way.adjust);
  if (way.resumed != tls::Resumption::none) REQUIRE(over_link(setup, kRtt).resumed == tls::Resumption::none);
  const Arrival arrival = over_link(setup, kRtt);
  CHECK(arrival.resumed == way.resumed);
  return {arrival.request_ms / kRtt, arrival.response_ms / kRtt};
}
Trips trips(std::string_view name) {
  for (const auto& ways : {full_ways(), resumed_ways()})
    for (const Way& way : ways)
      if (way.name == name) return trips(way);
  throw std::logic_error("no such way");
}

}  // namespace

TEST_CASE("False Start saves exactly one round trip of TLS 1.2's two, and so does each way of resuming") {
  const Trips full = trips("TLS1.2 full");
  CHECK(full.request == 2.5);
  CHECK(full.response == 3);
  for (const std::string_view name : {"TLS1.2 False Start", "TLS1.2 session-id", "TLS1.2 ticket"}) {
    CAPTURE(name);
    const Trips saved = trips(name);
    CHECK(full.request - saved.request == 1);
    CHECK(full.response - saved.response == 1);
  }
}

TEST_CASE("TLS 1.3 begins with one round trip less than TLS 1.2 does") {
  CHECK(trips("TLS1.3 full").request == 1.5);
  CHECK(trips("TLS1.3 full").response == 2);
}

TEST_CASE("a pre-shared key saves work and no round trip; early data saves one") {
  for (const std::string_view name : {"PSK-DHE", "PSK-DHE + 2 tickets"}) {
    CAPTURE(name);
    const Trips resumed = trips(name);
    CHECK(resumed.request == 1.5);
    CHECK(resumed.response == 2);
  }
  const Trips early = trips("0-RTT");
  CHECK(early.request == 0.5);
  CHECK(early.response == 1);
}
