// The choice among credentials.
#include <doctest/doctest.h>

#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using enum tls::SignatureScheme;

namespace {

CredentialPtr make(const Issued& issuer, KeyType type, std::vector<std::string> names) {
  const Issued one = issue(issuer, server_leaf("x", std::move(names)), test::key(type));
  return *load_credential(one.pem(), one.key_pem());
}

struct Shelf : test::Authority {
  Issued rsa_ca = self_signed(authority("RSA CA"), test::key(KeyType::rsa_2048, 1));
  CredentialPtr a = make(intermediate, KeyType::ecdsa_p256, {"a.example"});
  CredentialPtr a_rsa = make(intermediate, KeyType::rsa_2048, {"a.example"});
  CredentialPtr wild = make(intermediate, KeyType::ed25519, {"*.b.example"});
  CredentialPtr under_rsa = make(rsa_ca, KeyType::ecdsa_p256, {"a.example"});

  static CredentialPtr choose(std::vector<CredentialPtr> list, const CredentialRequest& request) {
    auto answer = credential_list(std::move(list))->choose(request);
    REQUIRE(answer);
    REQUIRE(*answer);
    return **answer;
  }
  static CredentialRequest ask(std::string name, std::vector<SignatureScheme> schemes) {
    CredentialRequest request;
    request.server_name = std::move(name);
    request.signature_schemes = std::move(schemes);
    return request;
  }
};

const std::vector<SignatureScheme> kAll = {ecdsa_secp256r1_sha256, ed25519, rsa_pss_rsae_sha256};

}  // namespace

TEST_CASE_FIXTURE(Shelf, "the name decides, wildcards included, whatever the letter case") {
  CHECK(choose({a, wild}, ask("x.b.example", kAll)) == wild);
  CHECK(choose({wild, a}, ask("A.EXAMPLE", kAll)) == a);
  CHECK(choose({wild, a}, ask("b.example", kAll)) == wild);  // nobody has the name: the first
  CHECK(choose({a, wild}, ask("", kAll)) == a);
}

TEST_CASE_FIXTURE(Shelf, "a credential that cannot sign what the peer accepts is never chosen") {
  CHECK(choose({a, a_rsa}, ask("a.example", {rsa_pss_rsae_sha256})) == a_rsa);
  CHECK(choose({a, a_rsa}, ask("a.example", kAll)) == a);
  CHECK(choose({wild, a_rsa}, ask("x.b.example", {rsa_pss_rsae_sha256})) == a_rsa);
  CHECK(choose({a, wild}, ask("a.example", {rsa_pss_rsae_sha256})) == nullptr);
  CHECK(choose({}, ask("a.example", kAll)) == nullptr);
}

TEST_CASE_FIXTURE(Shelf, "RFC 9846 §4.5.1.2: a chain signed as the peer accepts is better, but not a condition") {
  CredentialRequest request = ask("a.example", {ecdsa_secp256r1_sha256});
  CHECK(choose({under_rsa, a}, request) == a);
  request.certificate_schemes = {rsa_pkcs1_sha256};
  CHECK(choose({a, under_rsa}, request) == under_rsa);
  request.certificate_schemes = {rsa_pkcs1_sha512};
  CHECK(choose({a, under_rsa}, request) == a);
}

TEST_CASE_FIXTURE(Shelf, "RFC 9846 §4.3.4, §4.5.1.2: authorities guide the choice") {
  CredentialRequest request = ask("", {ecdsa_secp256r1_sha256});
  CHECK(choose({a, under_rsa}, request) == a);
  for (const bool for_server : {false, true}) {
    request.for_server = for_server;
    request.authorities = {distinguished_name("RSA CA")};
    CHECK(choose({under_rsa, a}, request) == (for_server ? a : under_rsa));
    // What fits none of them is better than nothing, on either side.
    request.authorities = {distinguished_name("Somebody else")};
    CHECK(choose({a, under_rsa}, request) == a);
    CHECK(choose({under_rsa}, request) == under_rsa);
  }
}

TEST_CASE_FIXTURE(Shelf, "a client's authority weighs more than how the chain is signed") {
  CredentialRequest request = ask("", {ecdsa_secp256r1_sha256});
  request.for_server = false;
  request.authorities = {distinguished_name("RSA CA")};
  CHECK(choose({a, under_rsa}, request) == under_rsa);
  CHECK(choose({under_rsa, a}, request) == under_rsa);
}

TEST_CASE_FIXTURE(Shelf, "authorities_bind: a credential that fits none of the authorities is not given") {
  CredentialRequest request = ask("", {ecdsa_secp256r1_sha256});
  request.for_server = false;
  request.authorities_bind = true;
  CHECK(choose({a, under_rsa}, request) == a);  // none is named
  request.authorities = {distinguished_name("RSA CA")};
  CHECK(choose({a, under_rsa}, request) == under_rsa);
  CHECK(choose({a}, request) == nullptr);
  request.authorities = {distinguished_name("Somebody else")};
  CHECK(choose({a, under_rsa}, request) == nullptr);
}

TEST_CASE_FIXTURE(Shelf, "RFC 8422 §5.1: in TLS 1.2 an ECDSA key is on one of the client's curves") {
  CredentialRequest request = ask("", kAll);
  request.version = ProtocolVersion::tls12;
  CHECK(choose({a, a_rsa}, request) == a);
  request.curves = {NamedGroup::secp384r1, NamedGroup::x25519};
  CHECK(choose({a, a_rsa}, request) == a_rsa);
  CHECK(choose({a, wild}, request) == wild);  // Ed25519 has no curve to choose
}

TEST_CASE_FIXTURE(Shelf, "a credential signs with the schemes that it was given, in their order") {
  const auto with = [](const CredentialPtr& one, std::vector<SignatureScheme> schemes) {
    auto credential = std::make_shared<Credential>(*one);
    credential->signing_schemes = std::move(schemes);
    return credential;
  };
  const auto sha384 = with(a_rsa, {rsa_pss_rsae_sha384, rsa_pkcs1_sha256});
  const std::vector<SignatureScheme> both = {rsa_pss_rsae_sha256, rsa_pkcs1_sha256, rsa_pss_rsae_sha384};
  CHECK(scheme_for(*a_rsa, both, ProtocolVersion::tls13) == rsa_pss_rsae_sha256);
  CHECK(scheme_for(*sha384, both, ProtocolVersion::tls13) == rsa_pss_rsae_sha384);
  const std::vector<SignatureScheme> pkcs1 = {rsa_pss_rsae_sha256, rsa_pkcs1_sha256};
  CHECK(scheme_for(*sha384, pkcs1, ProtocolVersion::tls12) == rsa_pkcs1_sha256);
  CHECK_FALSE(scheme_for(*sha384, pkcs1, ProtocolVersion::tls13));                 // RFC 9846 §4.3.3: no PKCS #1 there
  CHECK_FALSE(scheme_for(*with(a_rsa, {ed25519}), both, ProtocolVersion::tls12));  // does not fit the key
  CHECK(choose({sha384, a_rsa}, ask("", {rsa_pss_rsae_sha256})) == a_rsa);
}

TEST_CASE_FIXTURE(Shelf, "a credential without a key or a certificate is an error, not a choice") {
  auto keyless = std::make_shared<Credential>(*a), bare = std::make_shared<Credential>(*a);
  keyless->key = nullptr;
  bare->chain.clear();
  for (const CredentialPtr& broken : std::vector<CredentialPtr>{keyless, bare}) {
    const auto answer = credential_list({broken, a})->choose(ask("a.example", kAll));
    REQUIRE(answer);
    REQUIRE_FALSE(*answer);
    CHECK(answer->error().code() == Code::bad_config);
  }
}

TEST_CASE_FIXTURE(Shelf, "the identity of a list is that of its leaves, in their order") {
  const auto identity = [](std::vector<CredentialPtr> list) { return credential_list(std::move(list))->identity(); };
  CHECK(identity({a, wild}) == identity({a, wild}));
  CHECK(identity({a, wild}) != identity({wild, a}));
  CHECK(identity({a}) != identity({wild}));
  CHECK(identity({a}) != identity({}));
}

TEST_CASE_FIXTURE(Shelf, "a credential for named authorities is for peers that name one") {
  auto gated = std::make_shared<Credential>(*under_rsa);
  gated->for_named_authorities = true;
  CredentialRequest request = ask("", {ecdsa_secp256r1_sha256});
  CHECK(choose({gated, a}, request) == a);
  CHECK(choose({gated}, request) == nullptr);
  request.authorities = {distinguished_name("Somebody else")};
  CHECK(choose({gated}, request) == nullptr);
  request.authorities = {distinguished_name("RSA CA")};
  request.certificate_schemes = {rsa_pkcs1_sha256};
  CHECK(choose({a, gated}, request) == gated);
}
