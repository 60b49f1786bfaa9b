// What the handshake takes from a leaf.
#include "pki/leaf.h"

#include <doctest/doctest.h>

#include "support/hex.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;

namespace {

/// The key of a leaf in DER.
Result<crypto::PublicKey> key_of(const std::vector<std::uint8_t>& der) {
  const auto leaf = pki::parse_certificate(der);
  if (!leaf) return std::unexpected(leaf.error());
  return pki::leaf_public_key(*leaf);
}

}  // namespace

TEST_CASE("the key of a leaf is of the kind that its SubjectPublicKeyInfo says") {
  const std::pair<KeyType, KeyKind> kinds[] = {{KeyType::ecdsa_p256, KeyKind::ecdsa_p256},
                                               {KeyType::ecdsa_p384, KeyKind::ecdsa_p384},
                                               {KeyType::ed25519, KeyKind::ed25519},
                                               {KeyType::rsa_2048, KeyKind::rsa},
                                               {KeyType::rsa_pss_2048, KeyKind::rsa_pss}};
  for (const auto& [type, kind] : kinds) {
    const Issued leaf = self_signed(server_leaf("x", {"a.example"}), test::key(type));
    const auto key = key_of(leaf.certificate);
    REQUIRE(key);
    CHECK(key->kind() == kind);
  }
}

TEST_CASE("RFC 9846 §4.5.1.2: keyUsage, if present, allows digitalSignature") {
  CertificateSpec spec = server_leaf("x", {"a.example"});
  spec.key_usage = KeyUsageBits{.key_encipherment = true};
  const auto key = key_of(self_signed(spec, test::key()).certificate);
  REQUIRE_FALSE(key);
  CHECK(key.error().code() == Code::certificate_purpose);
  spec.key_usage = std::nullopt;
  CHECK(key_of(self_signed(spec, test::key()).certificate));
}

TEST_CASE("keys that TLS cannot use are refused") {
  const auto leaf_with = [](KeyType type) {
    return key_of(self_signed(server_leaf("x", {"a.example"}), test::key(type)).certificate);
  };
  const auto key = leaf_with(KeyType::rsa_1024);
  REQUIRE_FALSE(key);
  CHECK(key.error().code() == Code::unsupported_certificate);
  CHECK(key.error().detail().starts_with("the certificate of 'CN=x' cannot be used"));
  REQUIRE(leaf_with(KeyType::ecdsa_p521));
  CHECK(leaf_with(KeyType::ecdsa_p521)->kind() == KeyKind::ecdsa_p521);
}
