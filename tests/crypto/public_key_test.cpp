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
}

namespace {

/// RSASSA-PSS-params in hex: hash and MGF1's hash by the last octet of their OIDs, then the fields as they are.
std::string hash_algorithm(const std::string& last) { return "300d0609608648016503040" + ("2" + last) + "0500"; }
std::string sequence(const std::string& body, const std::string& tag = "30") {
  return tag + test::hex(Bytes({static_cast<std::uint8_t>(body.size() / 2)})) + body;
}
std::string pss(const std::string& hash, const std::string& mgf1_hash, const std::string& rest) {
  return sequence(sequence(hash_algorithm(hash), "a0") +
                  sequence(sequence("06092a864886f70d010108" + hash_algorithm(mgf1_hash)), "a1") + rest);
}
constexpr const char* kPssOid = "06092a864886f70d01010a";
constexpr const char* kSha1Hash = "300906052b0e03021a0500";

/// The key kRsaPss2048 with other parameters.
std::vector<std::uint8_t> pss_spki(const std::string& parameters) {
  const std::string body = sequence(kPssOid + parameters) + test::hex(unhex(test::kRsaPss2048.spki)).substr(142);
  return unhex(
      "3082" +
      test::hex(Bytes({static_cast<std::uint8_t>(body.size() / 512), static_cast<std::uint8_t>(body.size() / 2)})) +
      body);
}

std::string words(const auto& result) { return result ? "" : result.error().detail(); }
bool says(const auto& result, Code code, std::string_view text) {
  CAPTURE(words(result));
  return !result && result.error().code() == code && result.error().detail().find(text) != std::string::npos;
}

SignatureAlgorithm pss_algorithm(SchemeHash hash, std::size_t salt) {
  return {SignatureKind::rsa_pss, hash, hash, salt};
}

}  // namespace

TEST_CASE("RFC 4055 §3.1: the parameters of an id-RSASSA-PSS key are its hash, MGF1's hash and its least salt") {
  using enum SignatureScheme;
  using enum SchemeHash;
  const auto key = PublicKey::from_spki(pss_spki(pss("02", "02", "a203020130")));
  if (!key) FAIL(key.error().message());
  CHECK_FALSE(key->allows(rsa_pss_pss_sha256));
  CHECK(key->allows(rsa_pss_pss_sha384));
  CHECK_FALSE(key->allows(rsa_pss_pss_sha512));
  CHECK_FALSE(key->allows(rsa_pss_rsae_sha384));
  CHECK(key->check_algorithm(pss_algorithm(sha384, 48)));
  CHECK(key->check_algorithm(pss_algorithm(sha384, 49)));
  CHECK(says(key->check_algorithm(pss_algorithm(sha384, 47)), Code::bad_certificate, "a salt of 48 bytes or more"));
  CHECK(says(key->check_algorithm(pss_algorithm(sha256, 48)), Code::bad_certificate, "restricted"));
  CHECK(says(key->check_algorithm({SignatureKind::rsa_pss, sha384, sha256, 48}), Code::bad_certificate, "restricted"));
  CHECK(says(key->check_algorithm({SignatureKind::rsa_pkcs1, sha384, sha384, 0}), Code::bad_certificate,
             "RSASSA-PSS alone"));
  CHECK(says(key->check_algorithm({SignatureKind::ecdsa, sha384, sha384, 0}), Code::bad_certificate, "another kind"));

  // A salt that no scheme of TLS has: the key loads, certificates may be signed with it, handshakes may not.
  const auto salty = PublicKey::from_spki(pss_spki(pss("01", "01", "a203020121")));
  REQUIRE(salty);
  for (const SchemeFacts& scheme : all_schemes()) CHECK_FALSE(salty->allows(scheme.id));
  CHECK(salty->check_algorithm(pss_algorithm(sha256, 33)));
  CHECK(PublicKey::from_spki(pss_spki(pss("01", "01", "a20302011f")))->allows(rsa_pss_pss_sha256));
  // No salt field: 20. A value that DER would leave out, trailer 1. Hashes without NULL.
  CHECK(PublicKey::from_spki(pss_spki(pss("01", "01", "")))->check_algorithm(pss_algorithm(sha256, 20)));
  CHECK(says(PublicKey::from_spki(pss_spki(pss("01", "01", "")))->check_algorithm(pss_algorithm(sha256, 19)),
             Code::bad_certificate, "20 bytes"));
  CHECK(PublicKey::from_spki(pss_spki(pss("01", "01", "a203020114a303020101"))));
  const auto mixed = PublicKey::from_spki(pss_spki(pss("01", "03", "a203020120")));
  REQUIRE(mixed);
  CHECK_FALSE(mixed->allows(rsa_pss_pss_sha256));
  CHECK(mixed->check_algorithm({SignatureKind::rsa_pss, sha256, sha512, 32}));
  // Without parameters every hash and salt is the key's.
  const auto open = PublicKey::from_spki(pss_spki(""));
  REQUIRE(open);
  for (const auto scheme : schemes_for(KeyKind::rsa_pss)) CHECK(open->allows(scheme));
  CHECK(open->check_algorithm(pss_algorithm(sha512, 0)));
}

TEST_CASE("RFC 4055 §3.1: parameters that cannot be used are refused in words") {
  const auto refused = [](const std::string& parameters, Code code, std::string_view text) {
    CAPTURE(parameters);
    const auto key = PublicKey::from_spki(pss_spki(parameters));
    CHECK(says(key, code, text));
    const auto algorithm = read_signature_algorithm(unhex(kPssOid + parameters));
    CHECK(says(algorithm, code, text));
  };
  constexpr auto bad = Code::bad_certificate, unsupported = Code::unsupported_certificate;
  const std::string sha256 = sequence(hash_algorithm("01"), "a0");
  refused("3000", unsupported, "SHA-1, which is what its parameters mean");
  refused(sequence(sha256), unsupported, "SHA-1 in its mask generation function");
  refused(sequence(sequence(kSha1Hash, "a0")), unsupported, "with SHA-1:");
  refused(sequence(sha256 + sequence(sequence("06092a864886f70d010108" + std::string(kSha1Hash)), "a1")), unsupported,
          "SHA-1 in its mask generation function");
  refused(pss("04", "01", ""), unsupported, "SHA-224");
  refused(pss("08", "01", ""), unsupported, "2.16.840.1.101.3.4.2.8");
  refused(sequence(sha256 + sequence(sequence("06092a864886f70d010109" + hash_algorithm("01")), "a1")), unsupported,
          "mask generation function 1.2.840.113549.1.1.9");
  refused(pss("01", "01", "a303020102"), unsupported, "trailer field 2");
  refused(pss("01", "01", "a2030201ff"), bad, "not DER");    // a negative salt
  refused(pss("01", "01", "a20402020020"), bad, "not DER");  // padded
  refused(pss("01", "01", "a2060201200201 20"), bad, "not DER");
  refused(pss("01", "01", "a203020120a203020120"), bad, "not DER");  // twice
  refused(pss("01", "01", "a303020101a203020120"), bad, "not DER");  // out of order
  refused(pss("01", "01", "a403020101"), bad, "not DER");
  refused(sequence(sha256 + "a100"), bad, "not DER");
  refused(sequence("a000"), bad, "not DER");
  refused(sequence(sequence("300e0609608648016503040201050100", "a0")), bad, "not DER");  // NULL with contents
  refused("0500", bad, "not DER");
  refused("3001", bad, "");
}

TEST_CASE("RFC 3279, 4055, 5758, 8410: the signature algorithms of certificates") {
  using enum SignatureScheme;
  using enum SchemeHash;
  struct {
    const char* oid;
    SignatureKind kind;
    SchemeHash hash;
    SignatureScheme scheme;
  } const rows[] = {{"06092a864886f70d01010b", SignatureKind::rsa_pkcs1, sha256, rsa_pkcs1_sha256},
                    {"06092a864886f70d01010c", SignatureKind::rsa_pkcs1, sha384, rsa_pkcs1_sha384},
                    {"06092a864886f70d01010d", SignatureKind::rsa_pkcs1, sha512, rsa_pkcs1_sha512},
                    {"06082a8648ce3d040302", SignatureKind::ecdsa, sha256, ecdsa_secp256r1_sha256},
                    {"06082a8648ce3d040303", SignatureKind::ecdsa, sha384, ecdsa_secp384r1_sha384},
                    {"06082a8648ce3d040304", SignatureKind::ecdsa, sha512, ecdsa_secp521r1_sha512},
                    {"06032b6570", SignatureKind::ed25519, sha512, SignatureScheme::ed25519}};
  for (const auto& row : rows) {
    CAPTURE(row.oid);
    const std::string oid = row.oid;
    const bool rsa = row.kind == SignatureKind::rsa_pkcs1;
    const auto plain = read_signature_algorithm(unhex(oid)), null = read_signature_algorithm(unhex(oid + "0500"));
    REQUIRE(plain);
    CHECK(*plain == SignatureAlgorithm{row.kind, row.hash, row.hash, 0});
    CHECK(scheme_of(*plain) == row.scheme);
    CHECK(algorithm_of(row.scheme) == *plain);
    CHECK(null.has_value() == rsa);
    if (!rsa) CHECK(says(null, Code::bad_certificate, "parameters"));
    for (const char* junk : {"050100", "3000", "05000500", "0201", "00"})
      CHECK(says(read_signature_algorithm(unhex(oid + junk)), Code::bad_certificate, ""));
  }
  const auto with_salt = read_signature_algorithm(unhex(kPssOid + pss("01", "01", "a2040202 03de")));
  REQUIRE(with_salt);
  CHECK(*with_salt == pss_algorithm(sha256, 990));
  CHECK_FALSE(scheme_of(*with_salt));
  CHECK(describe(*with_salt) == "RSASSA-PSS with SHA-256 and a salt of 990 bytes");
  CHECK(scheme_of(*read_signature_algorithm(unhex(kPssOid + pss("01", "01", "a203020120")))) == rsa_pss_rsae_sha256);
  CHECK(scheme_of(*read_signature_algorithm(unhex(kPssOid + pss("03", "03", "a203020140")))) == rsa_pss_rsae_sha512);
  CHECK_FALSE(scheme_of(*read_signature_algorithm(unhex(kPssOid + pss("03", "01", "a203020140")))));

  const auto refusal_says = [](const char* oid, std::string_view text) {
    return says(read_signature_algorithm(unhex(oid)), Code::unsupported_certificate, text);
  };
  CHECK(refusal_says("06092a864886f70d0101050500", "SHA-1 (sha1WithRSAEncryption)"));
  CHECK(refusal_says("06052b0e03021d", "SHA-1"));
  CHECK(refusal_says("06072a8648ce3d0401", "SHA-1 (ecdsa-with-SHA1)"));
  CHECK(refusal_says("06072a8648ce380403", "SHA-1"));
  CHECK(refusal_says("06092a864886f70d0101040500", "MD5"));
  CHECK(refusal_says("06032b6571", "Ed448"));
  CHECK(refusal_says("06082a8648ce3d040305", "1.2.840.10045.4.3.5"));
  CHECK(refusal_says("0600", "an empty OID"));
  CHECK(refusal_says("060aa0a0a0a0a0a0a0a0a020", "OID 0xa0a0a0a0a0a0a0a0a020"));
  CHECK(says(read_signature_algorithm(unhex(kPssOid)), Code::bad_certificate, "lacks the parameters"));
  CHECK(says(read_signature_algorithm(unhex("")), Code::bad_certificate, "not DER"));
  CHECK(says(read_signature_algorithm(unhex("0500")), Code::bad_certificate, "not DER"));
  CHECK(says(read_signature_algorithm(unhex(kPssOid + pss("01", "01", "") + "0500")), Code::bad_certificate, ""));
}

TEST_CASE("RSASSA-PSS verifies with the salt and the hashes that its parameters say, and with no others") {
  using enum SchemeHash;
  // Made with `openssl pkeyutl -sign` and the key kRsa2048 over "abc": SHA-256; no salt; then the longest that fits,
  // and MGF1 with SHA-512.
  const auto unsalted = unhex(
      "1e5f5f43123f20c2c77316cbf54e2e6f36b058d6c2e89b24b0429cf4ebf746ecaf1923db1f3cec8c61b37de364ebd015b3b54c983c369c8b"
      "d972d5dddf315590bbcfcae4543f023f71814f54f9efdde07bee6e4e1c75a7f119bc1ad3092b2a1ff2ff2758985cde57c91876661b4028d8"
      "3921c7baa9864264d09500bfc58282602c579f8f97eb8a1620a7126f807fc1809492302a56ec6ebd29b89d94e36f97d360fbc976f650ed93"
      "0bae4ff104064daaef64eb98859f26e86077930feedf7712236cfe3bea50fa341f54192d07877dc42d477ce9b775ae19bd2766f6cafd2290"
      "8ac5f2b5451d4a2cc2a0263b35d0049242b6449c540f6ba3be9247849a3bca1e");
  const auto longest = unhex(
      "4ac6f0b2beb378c62cff621d5237ff4637d46d8f0d157acb61f78922a002152c261998b63316715dcc389bc3aa63830ed812f5afcec58ce5"
      "16472d1d00f72b7107807ae39577801ed04c9defeb6427e212ed0aecb2d02c141bfc9b6eaf1a92d01df4c54941da920f81c36071862a31d1"
      "464dac5c3bffdcb7ff39f1a7d64e0f741fa043534675233e2dc7012f3d448837e8f484b2b589d1e8f7466a30ec900c70742db2167e79b79c"
      "3c9b3fe5c75a2fa2ec0bd0943105d4da241d824113192f6ed85eb98a7cdd4061cfc3ac95bad9ec3abd9fadefdd46470fb06335dda6023eeb"
      "25954dbe6904d63e87236eebfe0eaac3be1d7cf0006931c8b1eefaef1248bf98");
  const auto key = PublicKey::from_spki(unhex(test::kRsa2048.spki));
  REQUIRE(key);
  const auto verifies = [&](const SignatureAlgorithm& algorithm, Bytes signature) {
    const auto result = key->verify_certificate(algorithm, as_bytes("abc"), signature);
    if (!result) CHECK(says(result, Code::bad_certificate, "does not verify"));
    return result.has_value();
  };
  CHECK(verifies(pss_algorithm(sha256, 0), unsalted));
  CHECK_FALSE(verifies(pss_algorithm(sha256, 1), unsalted));
  CHECK_FALSE(verifies(pss_algorithm(sha256, 32), unsalted));
  CHECK_FALSE(verifies(pss_algorithm(sha384, 0), unsalted));
  CHECK_FALSE(verifies({SignatureKind::rsa_pss, sha256, sha512, 0}, unsalted));
  CHECK_FALSE(verifies({SignatureKind::rsa_pkcs1, sha256, sha256, 0}, unsalted));
  CHECK(verifies({SignatureKind::rsa_pss, sha256, sha512, 222}, longest));
  CHECK_FALSE(verifies({SignatureKind::rsa_pss, sha256, sha256, 222}, longest));
  CHECK_FALSE(verifies({SignatureKind::rsa_pss, sha256, sha512, 221}, longest));
  for (const std::size_t salt : {223u, 224u, 256u, 0x7FFFFFFFu})  // more than a modulus of 2048 bits has room for
    CHECK_FALSE(verifies({SignatureKind::rsa_pss, sha256, sha512, salt}, longest));
  auto forged = unsalted;
  for (const std::size_t at : {0u, 128u, 255u}) {
    forged[at] ^= 1;
    CHECK_FALSE(verifies(pss_algorithm(sha256, 0), forged));
    forged[at] ^= 1;
  }
  CHECK_FALSE(key->verify_certificate(pss_algorithm(sha256, 0), as_bytes("abd"), unsalted));
}
