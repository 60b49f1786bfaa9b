// The records of RFC 8448 §3 ("Simple 1-RTT Handshake") that the application's keys protect.
#include <doctest/doctest.h>

#include "record/keys.h"
#include "record/opener.h"
#include "record/sealer.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::record;

namespace {
constexpr std::string_view kClientSecret = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
constexpr std::string_view kData =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031";
constexpr std::string_view kDataRecord =
    "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2"
    "977014bd1e3deae63aeebb21694915e4";
constexpr std::string_view kAlertRecord = "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3";

Protection client_keys() {
  const crypto::Provider provider = crypto::Provider::best();
  return tls13_protection(provider.hash(crypto::HashId::sha256), provider.aead(crypto::AeadId::aes_128_gcm),
                          test::unhex(kClientSecret));
}
}  // namespace

TEST_CASE("RFC 8448 §3: the client's data and alert, sealed") {
  Sealer sealer;
  sealer.install(client_keys());
  Output out;
  REQUIRE(sealer.seal_all(ContentType::application_data, test::unhex(kData), out));
  REQUIRE(sealer.seal_all(ContentType::alert, test::unhex("0100"), out));
  CHECK(test::hex(out.bytes()) == std::string(kDataRecord) + std::string(kAlertRecord));
}

TEST_CASE("RFC 8448 §3: the same, opened") {
  Opener opener;
  opener.install(client_keys());
  auto record = test::unhex(kDataRecord);
  Result<Record> got = opener.open(*opener.frame(record));
  REQUIRE(got);
  CHECK(test::hex(got->content) == kData);
  record = test::unhex(kAlertRecord);
  got = opener.open(*opener.frame(record));
  REQUIRE(got);
  CHECK(got->type == ContentType::alert);
  CHECK(test::hex(got->content) == "0100");
}
