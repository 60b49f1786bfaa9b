#include <doctest/doctest.h>

#include "crypto/keys.h"
#include "crypto/signature.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using test::unhex;

namespace {

Code refusal(Bytes spki) {
  const auto key = PublicKey::from_spki(spki);
  REQUIRE_FALSE(key.has_value());
  return key.error().code();
}

/// SubjectPublicKeyInfo of an RSAPublicKey whose modulus is `modulus` (hex) and exponent `exponent`.
std::vector<std::uint8_t> rsa_spki(std::string modulus, std::string exponent) {
  const auto tlv = [](std::uint8_t tag, std::vector<std::uint8_t> value) {
    std::vector<std::uint8_t> out = {tag, 0x82, static_cast<std::uint8_t>(value.size() >> 8),
                                     static_cast<std::uint8_t>(value.size())};
    if (value.size() < 128)
      out = {tag, static_cast<std::uint8_t>(value.size())};
    else if (value.size() < 256)
      out = {tag, 0x81, static_cast<std::uint8_t>(value.size())};
    out.insert(out.end(), value.begin(), value.end());
    return out;
  };
  const auto join = [](std::vector<std::uint8_t> a, const std::vector<std::uint8_t>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  auto key = tlv(0x30, join(tlv(2, unhex(modulus)), tlv(2, unhex(exponent))));
  key.insert(key.begin(), 0);
  return tlv(0x30, join(unhex("300d06092a864886f70d0101010500"), tlv(3, key)));
}

/// An odd modulus of that many bits (a multiple of 8, or one less).
std::string modulus_of(std::size_t bits) {
  std::string number = bits % 8 == 0 ? "00ff" : "7f";
  const std::size_t digits = (bits + 7) / 8 * 2 + (bits % 8 == 0 ? 2 : 0);
  while (number.size() < digits) number += "ff";
  return number;
}

}  // namespace

TEST_CASE("every kind of key is read from its SubjectPublicKeyInfo") {
  const std::pair<test::KeyPair, KeyKind> keys[] = {
      {test::kRsa2048, KeyKind::rsa},     {test::kRsaPss2048, KeyKind::rsa_pss}, {test::kP256, KeyKind::ecdsa_p256},
      {test::kP384, KeyKind::ecdsa_p384}, {test::kP521, KeyKind::ecdsa_p521},    {test::kEd25519, KeyKind::ed25519}};
  for (const auto& [pair, kind] : keys) {
    const auto key = PublicKey::from_spki(unhex(pair.spki));
    REQUIRE(key.has_value());
    CHECK(key->kind() == kind);
  }
}

TEST_CASE("a SubjectPublicKeyInfo that is cut short, longer, or has one byte of its frame changed is refused") {
  for (const test::KeyPair& pair :
       {test::kRsa2048, test::kRsaPss2048, test::kP256, test::kP384, test::kP521, test::kEd25519}) {
    const auto spki = unhex(pair.spki);
    for (std::size_t n = 0; n < spki.size(); ++n) CHECK_FALSE(PublicKey::from_spki(Bytes(spki).first(n)).has_value());
    auto longer = spki;
    longer.push_back(0);
    CHECK(refusal(longer) == Code::bad_certificate);
  }
}

TEST_CASE("RSA keys from 2048 to 8192 bits are accepted, and the words say so") {
  CHECK(PublicKey::from_spki(rsa_spki(modulus_of(2048), "010001")).has_value());
  CHECK(PublicKey::from_spki(rsa_spki(modulus_of(8192), "010001")).has_value());
  for (std::size_t bits : {1024u, 2040u, 2047u, 8200u}) {
    const auto key = PublicKey::from_spki(rsa_spki(modulus_of(bits), "010001"));
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error().code() == Code::unsupported_certificate);
    CHECK(key.error().detail().find(std::to_string(bits) + " bits") != std::string::npos);
    CHECK(key.error().detail().find("2048") != std::string::npos);
  }
  CHECK(PublicKey::from_spki(rsa_spki(modulus_of(1024), "010001"), 1024).has_value());
  CHECK_FALSE(PublicKey::from_spki(rsa_spki(modulus_of(1016), "010001"), 1024).has_value());
  CHECK(refusal(unhex(test::kRsa2047.spki)) == Code::unsupported_certificate);
}

TEST_CASE("RSA exponents are odd, above one, and at most 33 bits long") {
  const std::string n = modulus_of(2048);
  CHECK(PublicKey::from_spki(rsa_spki(n, "03")).has_value());
  CHECK(PublicKey::from_spki(rsa_spki(n, "01ffffffff")).has_value());
  CHECK(refusal(rsa_spki(n, "03ffffffff")) == Code::unsupported_certificate);
  CHECK(refusal(rsa_spki(n, "01")) == Code::bad_certificate);
  CHECK(refusal(rsa_spki(n, "010000")) == Code::bad_certificate);
  CHECK(refusal(rsa_spki(n, "00")) == Code::bad_certificate);
  CHECK(refusal(rsa_spki(n, "ff")) == Code::bad_certificate);        // negative
  CHECK(refusal(rsa_spki(n, "00010001")) == Code::bad_certificate);  // padded
  CHECK(refusal(rsa_spki(n.substr(0, n.size() - 2) + "fe", "010001")) == Code::bad_certificate);
}

TEST_CASE("elliptic curve keys: the point is uncompressed and on its curve, the curve is named and one of two") {
  const auto spki = unhex(test::kP256.spki);
  auto off = spki;
  off.back() ^= 1;
  CHECK(refusal(off) == Code::bad_certificate);
  auto compressed = unhex("3039301306072a8648ce3d020106082a8648ce3d030107032200");
  compressed.push_back(static_cast<std::uint8_t>(2 | (spki.back() & 1)));
  compressed.insert(compressed.end(), spki.end() - 64, spki.end() - 32);
  CHECK(refusal(compressed) == Code::unsupported_certificate);
  auto infinity = unhex("3018301306072a8648ce3d020106082a8648ce3d030107030200 00");
  infinity[1] = static_cast<std::uint8_t>(infinity.size() - 2);
  CHECK(refusal(infinity) == Code::unsupported_certificate);
  auto secp256k1 = unhex("3056301006072a8648ce3d020106052b8104000a034200");
  secp256k1.insert(secp256k1.end(), spki.end() - 65, spki.end());
  CHECK(refusal(secp256k1) == Code::unsupported_certificate);
}

TEST_CASE("an ECDSA signature is DER of two positive numbers below the order, and has one encoding") {
  // Made with `openssl dgst -sha256 -sign` and the key kP256 over "abc".
  const std::string r = "00c7be3537f465af63695fedb5aa4361b26323dec82b677b835fc2cfefcf704d7f",
                    s = "009bdd534713d95c73212ad01c65929fb09aae575cd9a28ced6858fef90fdb681a";
  const std::string order = "00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  const auto key = PublicKey::from_spki(unhex(test::kP256.spki));
  REQUIRE(key.has_value());
  const auto integer = [](const std::string& hex) {
    return test::hex(Bytes({0x02, static_cast<std::uint8_t>(hex.size() / 2)})) + hex;
  };
  const auto pair = [&](const std::string& one, const std::string& two) {
    const std::string body = integer(one) + integer(two);
    return "30" + test::hex(Bytes({static_cast<std::uint8_t>(body.size() / 2)})) + body;
  };
  const auto verifies = [&](const std::string& hex) {
    return key->verify(SignatureScheme::ecdsa_secp256r1_sha256, as_bytes("abc"), unhex(hex)).has_value();
  };
  const std::string good = pair(r, s), body = good.substr(4);
  CHECK(verifies(good));
  CHECK(verifies(good));  // with what was kept of the first
  CHECK_FALSE(verifies(pair("00" + r, s)));
  CHECK_FALSE(verifies(pair(r, "00" + s)));
  CHECK_FALSE(verifies(pair(r.substr(2), s)));  // negative
  CHECK_FALSE(verifies(pair("00", s)));
  CHECK_FALSE(verifies(pair(r, "00")));
  CHECK_FALSE(verifies(pair("", s)));
  CHECK_FALSE(verifies(pair(order, s)));
  CHECK_FALSE(verifies(pair(r, order)));
  CHECK_FALSE(verifies(pair("01" + r, s)));  // 33 octets and more
  CHECK_FALSE(verifies("3081" + good.substr(2)));
  CHECK_FALSE(verifies("3080" + body + "0000"));
  CHECK_FALSE(verifies(good + "00"));
  CHECK_FALSE(verifies("30" + test::hex(Bytes({static_cast<std::uint8_t>(body.size() / 2 + 2)})) + body + "0500"));
  CHECK_FALSE(verifies("30" + test::hex(Bytes({static_cast<std::uint8_t>(r.size() / 2 + 2)})) + integer(r)));
  CHECK_FALSE(verifies("31" + good.substr(2)));
  CHECK_FALSE(verifies(""));
}

TEST_CASE("other algorithms are refused: X25519, Ed448, DSA's OID") {
  CHECK(refusal(unhex("302a300506032b656e032100"
                      "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20")) ==
        Code::unsupported_certificate);
  CHECK(refusal(unhex("3009300506032b6571030000")) == Code::unsupported_certificate);
}

TEST_CASE("an id-RSASSA-PSS key is restricted by its parameters") {
  const auto key = PublicKey::from_spki(unhex(test::kRsaPss2048.spki));
  REQUIRE(key.has_value());
  const std::vector<std::uint8_t> junk(256, 1);
  const auto code = [&](SignatureScheme scheme) { return key->verify(scheme, {}, junk).error().code(); };
  CHECK(code(SignatureScheme::rsa_pss_pss_sha256) == Code::bad_signature);
  CHECK(code(SignatureScheme::rsa_pss_pss_sha384) == Code::wrong_signature_scheme);
  CHECK(code(SignatureScheme::rsa_pss_rsae_sha256) == Code::wrong_signature_scheme);
  CHECK(code(SignatureScheme::rsa_pkcs1_sha256) == Code::wrong_signature_scheme);
  // A salt of at least 33 bytes, MGF1 with SHA-1, no hash: nothing that a TLS signature could satisfy.
  auto spki = unhex(test::kRsaPss2048.spki);
  const auto hex = test::hex(spki);
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = hex;
    const std::size_t at = text.rfind(from, 200);
    REQUIRE(at != std::string::npos);
    return unhex(text.replace(at, from.size(), to));
  };
  CHECK(refusal(with("a203020120", "a203020121")) == Code::unsupported_certificate);
  CHECK(PublicKey::from_spki(with("a203020120", "a20302011f")).has_value());
  CHECK(refusal(with("0201"
                     "0500a2",
                     "0202"
                     "0500a2")) == Code::unsupported_certificate);
  CHECK(refusal(with("a203020120", "a303020101")) == Code::unsupported_certificate);
}
