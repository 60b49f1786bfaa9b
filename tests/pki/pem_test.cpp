// RFC 7468: PEM, and what is not.
#include "pki/pem.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::pki;

namespace {
const std::string kBlock = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQF\n-----END CERTIFICATE-----\n";
}

TEST_CASE("blocks are found whatever stands around them") {
  const auto blocks =
      parse_pem("subject=CN = x\n" + kBlock + "some words\r\n-----BEGIN X-----\r\n/w==\r\n-----END X-----");
  REQUIRE(blocks);
  REQUIRE(blocks->size() == 2);
  CHECK((*blocks)[0].label == "CERTIFICATE");
  CHECK(test::hex((*blocks)[0].der) == "000102030405");
  CHECK((*blocks)[1].label == "X");
  CHECK(test::hex((*blocks)[1].der) == "ff");
}

TEST_CASE("RFC 1421 headers are skipped, and tell that a key is encrypted") {
  const auto plain = parse_pem("-----BEGIN K-----\nComment: x\n\nAAEC\n-----END K-----\n");
  REQUIRE(plain);
  CHECK(test::hex(plain->front().der) == "000102");
  const auto locked =
      parse_pem("-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAEC\n-----END K-----\n");
  REQUIRE(locked);
  CHECK(locked->front().encrypted);
  CHECK(locked->front().der.empty());
}

TEST_CASE("garbage is refused with words") {
  for (const std::string& bad : std::vector<std::string>{
           "", "hello", "-----BEGIN ", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nAAEC\n",
           "-----BEGIN A-----\nAAEC\n-----END B-----\n", "-----BEGIN A-----\n-----END A-----\n",
           "-----BEGIN A-----\nA*EC\n-----END A-----\n", "-----BEGIN A-----\nAAE\n-----END A-----\n",
           "-----BEGIN A-----\nx: y\n-----END A-----\n", "-----BEGIN A\nB-----\nAAEC\n-----END A\nB-----\n"}) {
    CAPTURE(bad);
    const auto blocks = parse_pem(bad);
    REQUIRE_FALSE(blocks);
    CHECK(blocks.error().code() == Code::bad_key_file);
    CHECK_FALSE(blocks.error().detail().empty());
  }
}

TEST_CASE("the length of a PEM text is limited: below, at, above") {
  for (const std::size_t size : {limits::kMaxPem - 1, limits::kMaxPem, limits::kMaxPem + 1}) {
    std::string text = kBlock;
    text.resize(size, '\n');
    CHECK(parse_pem(text).has_value() == (size <= limits::kMaxPem));
  }
}

TEST_CASE("what is written is read") {
  for (const std::size_t size : {1u, 47u, 48u, 49u, 1000u}) {
    const std::vector<std::uint8_t> der(size, 0xA5);
    const std::string pem = to_pem("CERTIFICATE", der);
    const auto blocks = parse_pem(pem);
    REQUIRE(blocks);
    CHECK(blocks->front().der == der);
    for (std::size_t at = 0; at < pem.size();) {
      const std::size_t end = pem.find('\n', at);
      CHECK(end - at <= 64);
      at = end + 1;
    }
  }
}
