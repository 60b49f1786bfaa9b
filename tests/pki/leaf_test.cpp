// What the handshake takes from a leaf.
#include "pki/leaf.h"

#include <doctest/doctest.h>

#include "support/hex.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;

TEST_CASE("the key of a leaf is of the kind that its SubjectPublicKeyInfo says") {
  const std::pair<KeyType, KeyKind> kinds[] = {{KeyType::ecdsa_p256, KeyKind::ecdsa_p256},
                                               {KeyType::ecdsa_p384, KeyKind::ecdsa_p384},
                                               {KeyType::ed25519, KeyKind::ed25519},
                                               {KeyType::rsa_2048, KeyKind::rsa},
                                               {KeyType::rsa_pss_2048, KeyKind::rsa_pss}};
  for (const auto& [type, kind] : kinds) {
    const Issued leaf = self_signed(server_leaf("x", {"a.example"}), test::key(type));
    const auto key = pki::leaf_public_key(leaf.certificate);
    REQUIRE(key);
    CHECK(key->kind() == kind);
    CHECK(test::hex(*pki::leaf_spki(leaf.certificate)) == test::hex(leaf.key->spki()));
  }
}

TEST_CASE("RFC 9846 §4.5.1.2: keyUsage, if present, allows digitalSignature") {
  CertificateSpec spec = server_leaf("x", {"a.example"});
  spec.key_usage = KeyUsageBits{.key_encipherment = true};
  const auto key = pki::leaf_public_key(self_signed(spec, test::key()).certificate);
  REQUIRE_FALSE(key);
  CHECK(key.error().code() == Code::unsupported_certificate);
  spec.key_usage = std::nullopt;
  CHECK(pki::leaf_public_key(self_signed(spec, test::key()).certificate));
}

TEST_CASE("keys that TLS cannot use are refused") {
  const auto key_of = [](KeyType type) {
    return pki::leaf_public_key(self_signed(server_leaf("x", {"a.example"}), test::key(type)).certificate);
  };
  const auto key = key_of(KeyType::rsa_1024);
  REQUIRE_FALSE(key);
  CHECK(key.error().code() == Code::unsupported_certificate);
  REQUIRE(key_of(KeyType::ecdsa_p521));
  CHECK(key_of(KeyType::ecdsa_p521)->kind() == KeyKind::ecdsa_p521);
  const std::vector<std::uint8_t> garbage(40, 0x30);
  CHECK(pki::leaf_public_key(garbage).error().code() == Code::bad_certificate);
  CHECK(pki::leaf_spki(garbage).error().code() == Code::bad_certificate);
}
