#include <doctest/doctest.h>

#include <set>

#include "base/limits.h"
#include "crypto/signature.h"
#include "crypto/suite.h"
#include "tls/info.h"

using namespace tls;
using namespace tls::crypto;

TEST_CASE("every suite is found by its number and by both of its names, in any letter case") {
  CHECK(all_suites().size() == 9);
  for (const SuiteFacts& suite : all_suites()) {
    CAPTURE(suite.name);
    CHECK(find_suite(suite.id) == &suite);
    CHECK(name(suite.id) == suite.name);
    CHECK(cipher_suite_named(suite.name) == suite.id);
    CHECK(cipher_suite_named(suite.openssl_name) == suite.id);
    CHECK((suite.version == ProtocolVersion::tls13) == (suite.auth == SuiteAuth::any));
    CHECK((suite.hash == HashId::sha384) == (suite.aead == AeadId::aes_256_gcm));
    // RFC 9846 §5.5: 2^24.5 records under AES-GCM.
    if (suite.aead != AeadId::chacha20_poly1305) CHECK(suite.record_limit <= 23726566);
  }
  CHECK(cipher_suite_named("tls_aes_128_gcm_sha256") == CipherSuite::TLS_AES_128_GCM_SHA256);
  CHECK(cipher_suite_named("ecdhe-rsa-aes256-gcm-sha384") == CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384);
  CHECK_FALSE(cipher_suite_named("TLS_RSA_WITH_AES_128_CBC_SHA").has_value());
  CHECK_FALSE(cipher_suite_named("").has_value());
  CHECK(find_suite(CipherSuite{0x002F}) == nullptr);
  CHECK(name(CipherSuite{0x002F}) == "unknown");
}

TEST_CASE("groups go by IANA's and by OpenSSL's names") {
  for (std::string_view text : {"secp256r1", "P-256", "prime256v1", "p-256", "SECP256R1"})
    CHECK(named_group_named(text) == NamedGroup::secp256r1);
  for (std::string_view text : {"secp384r1", "P-384"}) CHECK(named_group_named(text) == NamedGroup::secp384r1);
  for (std::string_view text : {"secp521r1", "P-521"}) CHECK(named_group_named(text) == NamedGroup::secp521r1);
  CHECK(named_group_named("X25519") == NamedGroup::x25519);
  CHECK(named_group_named("x25519mlkem768") == NamedGroup::X25519MLKEM768);
  CHECK_FALSE(named_group_named("x448").has_value());
  CHECK(name(NamedGroup::x25519) == "x25519");
  CHECK(name(NamedGroup{0x001E}) == "unknown");
}

TEST_CASE("signature schemes go by IANA's and by OpenSSL's names") {
  std::set<SignatureScheme> seen;
  for (const SchemeFacts& scheme : all_schemes()) {
    CAPTURE(scheme.name);
    CHECK(seen.insert(scheme.id).second);
    CHECK(find_scheme(scheme.id) == &scheme);
    CHECK(name(scheme.id) == scheme.name);
    CHECK(signature_scheme_named(scheme.name) == scheme.id);
    CHECK(signature_scheme_named(scheme.openssl_name) == scheme.id);
  }
  CHECK(signature_scheme_named("rsa-pss+sha256") == SignatureScheme::rsa_pss_rsae_sha256);
  CHECK(signature_scheme_named("RSA+SHA256") == SignatureScheme::rsa_pkcs1_sha256);
  CHECK_FALSE(signature_scheme_named("dsa+sha1").has_value());
  CHECK(name(SignatureScheme{0x0203}) == "unknown");
}

TEST_CASE("the schemes of a key fit it, the best first and rsa_pkcs1 last") {
  for (KeyKind kind : {KeyKind::rsa, KeyKind::rsa_pss, KeyKind::ecdsa_p256, KeyKind::ecdsa_p384, KeyKind::ecdsa_p521,
                       KeyKind::ed25519}) {
    bool tls13 = true;
    CHECK_FALSE(schemes_for(kind).empty());
    for (SignatureScheme scheme : schemes_for(kind)) {
      CHECK(fits(scheme, kind));
      CHECK(tls13 >= find_scheme(scheme)->tls13_handshake);
      tls13 = find_scheme(scheme)->tls13_handshake;
    }
  }
}

TEST_CASE("an ECDSA scheme names a curve in TLS 1.3 and only a hash in TLS 1.2 (RFC 9846 §4.3.3)") {
  using enum SignatureScheme;
  CHECK_FALSE(fits(ecdsa_secp256r1_sha256, KeyKind::ecdsa_p384));
  CHECK(fits(ecdsa_secp256r1_sha256, KeyKind::ecdsa_p384, ProtocolVersion::tls12));
  CHECK_FALSE(fits(ecdsa_secp256r1_sha256, KeyKind::rsa, ProtocolVersion::tls12));
  CHECK_FALSE(fits(rsa_pss_rsae_sha256, KeyKind::rsa_pss));
  CHECK_FALSE(fits(rsa_pss_pss_sha256, KeyKind::rsa));
  CHECK_FALSE(fits(SignatureScheme{0x0203}, KeyKind::ecdsa_p256));
}

TEST_CASE("versions have names") {
  CHECK(name(ProtocolVersion::tls12) == "TLS 1.2");
  CHECK(name(ProtocolVersion::tls13) == "TLS 1.3");
  CHECK(name(ProtocolVersion{0x0302}) == "unknown");
}
