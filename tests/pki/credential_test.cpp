// Credentials from PEM: all kinds of keys, and files that do not belong together.
#include <doctest/doctest.h>

#include "base/limits.h"
#include "pki/certificate.h"
#include "pki/pem.h"
#include "support/hex.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;

namespace {

struct Files : test::Authority {
  Issued end = leaf(server_leaf("leaf", {"A.Example", "*.b.example"}, {"192.0.2.1", "2001:db8::1"}));
  std::string chain = end.pem() + intermediate.pem();
};

bool says(const Result<CredentialPtr>& result, std::string_view words) {
  return !result && result.error().code() == Code::bad_key_file &&
         result.error().detail().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE_FIXTURE(Files, "a chain and its key make a credential that knows what it is") {
  const auto credential = load_credential(chain, end.key_pem());
  REQUIRE(credential);
  const Credential& c = **credential;
  REQUIRE(c.chain.size() == 2);
  CHECK(c.chain[0] == end.certificate);
  CHECK(c.key->kind() == KeyKind::ecdsa_p256);
  CHECK(c.names == std::vector<std::string>{"a.example", "*.b.example", "192.0.2.1", "2001:db8::1"});
  CHECK(c.chain_scheme == SignatureScheme::ecdsa_secp256r1_sha256);
  REQUIRE(c.issuers.size() == 2);
  CHECK(c.issuers[0] == distinguished_name("Test Intermediate"));
  CHECK(c.issuers[1] == distinguished_name("Test Root"));
}

TEST_CASE_FIXTURE(Files, "PKCS#8, SEC1 and PKCS#1 keys are read, for every kind of key") {
  const std::tuple<KeyType, KeyKind, const char*> kinds[] = {
      {KeyType::ecdsa_p256, KeyKind::ecdsa_p256, "EC PRIVATE KEY"},
      {KeyType::ecdsa_p384, KeyKind::ecdsa_p384, "EC PRIVATE KEY"},
      {KeyType::rsa_2048, KeyKind::rsa, "RSA PRIVATE KEY"},
      {KeyType::rsa_pss_2048, KeyKind::rsa_pss, nullptr},
      {KeyType::ed25519, KeyKind::ed25519, nullptr}};
  for (const auto& [type, kind, traditional] : kinds) {
    CAPTURE(static_cast<int>(type));
    const Issued one = issue(intermediate, server_leaf("x", {"a.example"}), test::key(type));
    const auto modern = load_credential(one.pem(), one.key_pem());
    REQUIRE(modern);
    CHECK((*modern)->key->kind() == kind);
    if (traditional == nullptr) continue;
    // SEC1 files by OpenSSL name their curve inside; Botan leaves that to PKCS#8, so it is put in here.
    der::Der old = one.key->traditional();
    if (type != KeyType::rsa_2048) {
      const char* curve = type == KeyType::ecdsa_p256 ? "1.2.840.10045.3.1.7" : "1.3.132.0.34";
      const std::size_t scalar = type == KeyType::ecdsa_p256 ? 32 : 48, at = old[1] < 0x80 ? 7 : 8;
      const der::Der key(old.begin() + static_cast<std::ptrdiff_t>(at),
                         old.begin() + static_cast<std::ptrdiff_t>(at + scalar));
      old = der::sequence({der::integer(1), der::octet_string(key), der::explicitly(0, der::oid(curve))});
    }
    const auto loaded =
        load_credential(one.pem(), "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" +
                                       sallyport::to_pem(traditional, old));
    if (!loaded) FAIL(loaded.error().message());
    CHECK((*loaded)->key->kind() == kind);
  }
}

TEST_CASE_FIXTURE(Files, "a key of another pair is told, whether its kind differs or not") {
  const auto other = sallyport::to_pem("PRIVATE KEY", test::key(KeyType::ecdsa_p256, 9)->pkcs8());
  CHECK(says(load_credential(chain, other), "not that of the leaf"));
  const auto rsa = sallyport::to_pem("PRIVATE KEY", test::key(KeyType::rsa_2048)->pkcs8());
  CHECK(says(load_credential(chain, rsa), "do not belong together"));
  CHECK(says(load_credential(intermediate.pem(), end.key_pem()), "not that of the leaf"));
}

TEST_CASE_FIXTURE(Files, "files that cannot be read are told apart") {
  CHECK(says(load_credential("", end.key_pem()), "no PEM block"));
  CHECK(says(load_credential(end.key_pem(), end.key_pem()), "no certificate"));
  CHECK(says(load_credential(chain, chain), "no private key"));
  CHECK(
      says(load_credential(chain, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAEC\n-----END ENCRYPTED PRIVATE KEY-----\n"),
           "encrypted"));
  CHECK(
      says(load_credential(
               chain, "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n-----END EC PRIVATE KEY-----\n"),
           "encrypted"));
  CHECK(says(load_credential(chain, "-----BEGIN DSA PRIVATE KEY-----\nAAEC\n-----END DSA PRIVATE KEY-----\n"),
             "openssl pkcs8"));
  CHECK(says(load_credential(chain, "-----BEGIN EC PRIVATE KEY-----\nAAEC\n-----END EC PRIVATE KEY-----\n"),
             "EC PRIVATE KEY"));
  CHECK_FALSE(load_credential(chain, "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n"));
  CHECK(says(load_credential("-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n", end.key_pem()),
             "certificate 1"));
}

TEST_CASE_FIXTURE(Files, "RFC 9846 §4.5.1: a chain that is out of order is told") {
  CHECK(says(load_credential(end.pem() + root.pem() + intermediate.pem(), end.key_pem()), "in order"));
  CHECK(says(load_credential(end.pem() + end.pem(), end.key_pem()), "in order"));
}

TEST_CASE_FIXTURE(Files, "a chain has as many certificates as its limit and no more") {
  std::string longest, ca = root.pem();
  for (std::size_t i = 0; i < limits::kMaxCertificates; ++i) longest += ca;
  const std::string key_pem = root.key_pem();
  CHECK(load_credential(longest, key_pem));
  CHECK(says(load_credential(longest + ca, key_pem), "at most " + std::to_string(limits::kMaxCertificates)));
}

TEST_CASE_FIXTURE(Files, "a key that lives elsewhere needs to be of the leaf's kind") {
  struct Remote final : SigningKey {
    explicit Remote(KeyKind k) : kind_(k) {}
    KeyKind kind() const noexcept override { return kind_; }
    Answer<std::vector<std::uint8_t>> sign(SignatureScheme, Bytes, Random&) const override { return std::nullopt; }
    KeyKind kind_;
  };
  CHECK(make_credential(chain, std::make_shared<Remote>(KeyKind::ecdsa_p256)));
  CHECK(says(make_credential(chain, std::make_shared<Remote>(KeyKind::ed25519)), "do not belong together"));
  CHECK(says(make_credential(chain, nullptr), "no private key"));
}
