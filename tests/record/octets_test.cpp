// What is authenticated, octet by octet: both ends of a connection are ours, and would agree on anything.
#include <doctest/doctest.h>

#include "record/keys.h"
#include "record/opener.h"
#include "record/sealer.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::record;
using ByteList = std::vector<std::uint8_t>;

TEST_CASE(
    "RFC 5246 §6.2.3.3, RFC 5288 §3: sequence number, type, version and length of the plaintext; salt and nonce") {
  const crypto::Provider provider = crypto::Provider::best();
  const crypto::AeadImpl& impl = provider.aead(crypto::AeadId::aes_128_gcm);
  const ByteList key(16, 7), salt = test::unhex("a1a2a3a4"), content = test::unhex("0102030405");
  Protection ours = tls12_protection(impl, key, salt);
  ProtectionTest::set_sequence(ours, 0x0102030405060708);
  ByteList record(content.size() + ours.overhead());
  REQUIRE(ours.seal(ContentType::application_data, kRecordVersion, content, 0, record));

  crypto::AeadKey peer(impl, key);
  const ByteList nonce = test::unhex(
      "a1a2a3a4"
      "0102030405060708");
  const ByteList aad = test::unhex(
      "0102030405060708"
      "17"
      "0303"
      "0005");
  ByteList expected = test::unhex(
      "17"
      "0303"
      "001d"
      "0102030405060708");
  const std::size_t head = expected.size();
  expected.resize(head + content.size() + crypto::kAeadTag);
  REQUIRE(peer.seal(std::span<const std::uint8_t, crypto::kAeadNonce>(nonce), aad, content, {},
                    MutableBytes(expected).subspan(head)));
  CHECK(record == expected);
}

TEST_CASE("RFC 9846 §5.1: what passes unprotected beside TLS 1.3's keys has the length of plaintext: at it and above") {
  Opener opener;
  opener.install(test::kWays[0].make());
  for (const ContentType type : {ContentType::change_cipher_spec, ContentType::alert}) {
    const auto refused = [&](std::size_t length) {
      const HeaderBytes bytes = encode({type, kRecordVersion, static_cast<std::uint16_t>(length)});
      ByteList in(bytes.begin(), bytes.end());
      const auto frame = opener.frame(in);
      return frame ? std::nullopt : std::optional(frame.error().code());
    };
    CHECK_FALSE(refused(limits::kMaxPlaintext));
    CHECK(refused(limits::kMaxPlaintext + 1) == Code::record_overflow);
  }
}
