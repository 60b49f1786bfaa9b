// What is asked of one certificate by itself.
#include "pki/policy.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "raw_certificate.h"

using namespace tls;
using namespace tls::test;

namespace {

/// What is said of a certificate with a key of this algorithm and these octets.
std::string key_of(const der::Der& algorithm, std::uint8_t first, std::size_t size) {
  der::Der octets(size, 0x55);
  octets[0] = first;
  RawCertificate raw;
  raw.spki = der::sequence({algorithm, der::bit_string(octets)});
  const der::Der whole = raw.encode();
  const auto certificate = pki::parse_certificate(whole);
  REQUIRE(certificate);
  return words(pki::check_key(*certificate, limits::kMinRsaBits));
}

}  // namespace

TEST_CASE("RFC 5480 §2.2: the point of an ECDSA key is uncompressed, and as long as its curve says") {
  const std::pair<const char*, std::size_t> curves[] = {
      {"1.2.840.10045.3.1.7", 32}, {"1.3.132.0.34", 48}, {"1.3.132.0.35", 66}};
  for (const auto& [curve, coordinate] : curves) {
    const der::Der algorithm = der::sequence({der::oid("1.2.840.10045.2.1"), der::oid(curve)});
    const std::size_t whole = 1 + 2 * coordinate;
    CHECK(key_of(algorithm, 0x04, whole) == "accepted");
    CHECK(key_of(algorithm, 0x04, whole - 1).starts_with("unsupported_certificate"));
    CHECK(key_of(algorithm, 0x04, whole + 1).starts_with("unsupported_certificate"));
    CHECK(key_of(algorithm, 0x02, 1 + coordinate).starts_with("unsupported_certificate"));  // compressed
    for (const unsigned other : {0x02u, 0x05u, 0x06u})                                      // hybrid: X9.62 §4.3.6
      CHECK(key_of(algorithm, static_cast<std::uint8_t>(other), whole).starts_with("unsupported_certificate"));
  }
}

TEST_CASE("RFC 8410 §4: an Ed25519 key has 32 octets") {
  const der::Der algorithm = der::sequence({der::oid("1.3.101.112")});
  CHECK(key_of(algorithm, 0x01, 32) == "accepted");
  for (const std::size_t other : {1u, 31u, 33u, 57u})
    CHECK(key_of(algorithm, 0x01, other).starts_with("bad_certificate"));
}
