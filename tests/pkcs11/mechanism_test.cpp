// How a scheme of TLS is signed by a module: what it is told, and what it gives.
#include "pkcs11_mechanism.h"

#include <doctest/doctest.h>

#include "support/hex.h"

using namespace tls;
using namespace tls::pkcs11;
using test::unhex;
using enum SignatureScheme;

namespace {

std::optional<Way> way(SignatureScheme scheme, KeyKind kind, std::vector<CK_MECHANISM_TYPE> offered) {
  return way_of(scheme, kind, offered);
}

}  // namespace

TEST_CASE("ECDSA: CKM_ECDSA alone, on any curve, with a digest of ours") {
  for (const auto& [kind, size] :
       {std::pair{KeyKind::ecdsa_p256, 32u}, {KeyKind::ecdsa_p384, 48u}, {KeyKind::ecdsa_p521, 66u}}) {
    const auto found = way(ecdsa_secp256r1_sha256, kind, {CKM_RSA_PKCS, CKM_ECDSA});
    REQUIRE(found);
    CHECK(found->mechanism == CKM_ECDSA);
    CHECK(found->curve == size);
    CHECK(found->pss.hashAlg == 0);
    CHECK_FALSE(way(ecdsa_secp256r1_sha256, kind, {CKM_RSA_PKCS}));
    CHECK_FALSE(way(rsa_pss_rsae_sha256, kind, {CKM_ECDSA, CKM_RSA_PKCS_PSS}));
    CHECK_FALSE(way(ed25519, kind, {CKM_EDDSA, CKM_ECDSA}));
  }
  CHECK_FALSE(way(ecdsa_secp256r1_sha256, KeyKind::rsa, {CKM_ECDSA}));
  CHECK_FALSE(way(ecdsa_secp256r1_sha256, KeyKind::ed25519, {CKM_ECDSA}));
}

TEST_CASE("RSASSA-PSS: with a digest of ours where the token takes one, else with its own; the salt is the hash's") {
  struct Row {
    SignatureScheme scheme;
    CK_MECHANISM_TYPE hash, with_hash;
    CK_RSA_PKCS_MGF_TYPE mgf;
    CK_ULONG salt;
  };
  const Row rows[] = {{rsa_pss_rsae_sha256, CKM_SHA256, CKM_SHA256_RSA_PKCS_PSS, CKG_MGF1_SHA256, 32},
                      {rsa_pss_rsae_sha384, CKM_SHA384, CKM_SHA384_RSA_PKCS_PSS, CKG_MGF1_SHA384, 48},
                      {rsa_pss_rsae_sha512, CKM_SHA512, CKM_SHA512_RSA_PKCS_PSS, CKG_MGF1_SHA512, 64}};
  for (const Row& row : rows) {
    const auto own = way(row.scheme, KeyKind::rsa, {row.with_hash, CKM_RSA_PKCS_PSS});
    const auto tokens = way(row.scheme, KeyKind::rsa, {row.with_hash});
    REQUIRE(own);
    REQUIRE(tokens);
    CHECK(own->mechanism == CKM_RSA_PKCS_PSS);
    CHECK(input_of(*own, row.scheme, as_bytes("abc")).size() == row.salt);
    CHECK(tokens->mechanism == row.with_hash);
    CHECK(as_text(input_of(*tokens, row.scheme, as_bytes("abc"))) == "abc");
    for (const auto& found : {own, tokens}) {
      CHECK(found->pss.hashAlg == row.hash);
      CHECK(found->pss.mgf == row.mgf);
      CHECK(found->pss.sLen == row.salt);
    }
    CHECK_FALSE(way(row.scheme, KeyKind::rsa, {CKM_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS}));
  }
}

TEST_CASE("RSASSA-PKCS1-v1_5: DigestInfo of ours, else the token's own hash") {
  const auto own = way(rsa_pkcs1_sha256, KeyKind::rsa, {CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS});
  REQUIRE(own);
  CHECK(own->mechanism == CKM_RSA_PKCS);
  // RFC 8017 §9.2, note 1.
  CHECK(input_of(*own, rsa_pkcs1_sha256, as_bytes("abc")) ==
        unhex("3031300d060960864801650304020105000420"
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK(input_of(*own, rsa_pkcs1_sha384, {}).size() == 19 + 48);
  CHECK(input_of(*own, rsa_pkcs1_sha512, {}).size() == 19 + 64);
  const auto tokens = way(rsa_pkcs1_sha384, KeyKind::rsa, {CKM_SHA256_RSA_PKCS, CKM_SHA384_RSA_PKCS});
  REQUIRE(tokens);
  CHECK(tokens->mechanism == CKM_SHA384_RSA_PKCS);
  CHECK_FALSE(way(rsa_pkcs1_sha512, KeyKind::rsa, {CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS_PSS}));
}

TEST_CASE("Ed25519: CKM_EDDSA, with the message") {
  const auto found = way(ed25519, KeyKind::ed25519, {CKM_EDDSA});
  REQUIRE(found);
  CHECK(as_text(input_of(*found, ed25519, as_bytes("abc"))) == "abc");
  CHECK_FALSE(way(ed25519, KeyKind::ed25519, {CKM_ECDSA}));
  const std::vector<std::uint8_t> signature(64, 9);
  CHECK(output_of(*found, signature) == signature);
}

TEST_CASE("FIPS 186-4 §6.4: a digest that is longer than the curve is cut; one that is not is not") {
  const auto p256 = *way(ecdsa_secp384r1_sha384, KeyKind::ecdsa_p256, {CKM_ECDSA});
  const auto p521 = *way(ecdsa_secp521r1_sha512, KeyKind::ecdsa_p521, {CKM_ECDSA});
  CHECK(input_of(p256, ecdsa_secp384r1_sha384, as_bytes("abc")) ==
        unhex("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"));
  CHECK(input_of(p521, ecdsa_secp521r1_sha512, as_bytes("abc")).size() == 64);
}

TEST_CASE("RFC 3279 §2.2.3: r and s become DER: no leading zeros, but one before a high bit") {
  const auto way256 = *way(ecdsa_secp256r1_sha256, KeyKind::ecdsa_p256, {CKM_ECDSA});
  const auto der = [&](const std::string& r, const std::string& s) {
    return output_of(way256, unhex(std::string(64 - r.size(), '0') + r + std::string(64 - s.size(), '0') + s));
  };
  CHECK(der("01", "02") == unhex("3006020101020102"));
  CHECK(der("7f", "80") == unhex("300702017f02020080"));
  CHECK(der("00", "0100") == unhex("30070201000202"
                                   "0100"));
  const auto full = der(std::string(64, 'f'), std::string(64, 'f'));
  REQUIRE(full);
  CHECK(full->size() == 2 + 2 * 35);
  CHECK((*full)[1] == 70);
  const auto way521 = *way(ecdsa_secp521r1_sha512, KeyKind::ecdsa_p521, {CKM_ECDSA});
  const auto large = output_of(way521, std::vector<std::uint8_t>(132, 0x01));
  REQUIRE(large);
  CHECK((*large)[1] == 0x81);  // above 127: a length of two octets
  CHECK((*large)[2] == 136);
  CHECK(large->size() == 3 + 136);
  for (const std::size_t size : {0u, 1u, 63u, 65u, 132u})
    CHECK_FALSE(output_of(way256, std::vector<std::uint8_t>(size)));
}

TEST_CASE("RFC 5480 §2.1.1.1: the kind of a key by its parameters") {
  CHECK(kind_of_curve(unhex("06082a8648ce3d030107")) == KeyKind::ecdsa_p256);
  CHECK(kind_of_curve(unhex("06052b81040022")) == KeyKind::ecdsa_p384);
  CHECK(kind_of_curve(unhex("06052b81040023")) == KeyKind::ecdsa_p521);
  CHECK(kind_of_curve(unhex("06032b6570")) == KeyKind::ed25519);
  CHECK(kind_of_curve(unhex("130c656477617264733235353139")) == KeyKind::ed25519);
  CHECK_FALSE(kind_of_curve(unhex("06052b8104000a")));  // secp256k1
  CHECK_FALSE(kind_of_curve(unhex("06032b6571")));      // Ed448
  CHECK_FALSE(kind_of_curve({}));
}
