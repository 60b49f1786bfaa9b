// Credentials from PEM: all kinds of keys, and files that do not belong together.
#include <doctest/doctest.h>

#include <algorithm>
#include <tuple>

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

TEST_CASE_FIXTURE(Files, "a chain that starts with an authority's certificate is said to") {
  CHECK(says(load_credential(intermediate.pem(), end.key_pem()), "authority's certificate: put the leaf first"));
  const auto rsa = sallyport::to_pem("PRIVATE KEY", test::key(KeyType::rsa_2048)->pkcs8());
  CHECK(says(load_credential(intermediate.pem(), rsa), "authority's certificate: put the leaf first"));
  CHECK(load_credential(intermediate.pem() + end.pem(), end.key_pem()));  // put right
  CHECK_FALSE(says(load_credential(end.pem() + root.pem(), end.key_pem()), "authority's certificate"));
}

TEST_CASE_FIXTURE(Files, "files that cannot be read are told apart") {
  CHECK(says(load_credential("", end.key_pem()), "no PEM block"));
  CHECK(says(load_credential(end.key_pem(), end.key_pem()), "no certificate"));
  CHECK(says(load_credential(chain, chain), "no private key"));
  CHECK(
      says(load_credential(chain, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAEC\n-----END ENCRYPTED PRIVATE KEY-----\n"),
           "none of PKCS#8, PKCS#1 and SEC1"));
  CHECK(
      says(load_credential(
               chain, "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n-----END EC PRIVATE KEY-----\n"),
           "encrypted"));
  CHECK(says(load_credential(chain, "-----BEGIN DSA PRIVATE KEY-----\nAAEC\n-----END DSA PRIVATE KEY-----\n"),
             "none of PKCS#8, PKCS#1 and SEC1"));
  CHECK(says(load_credential(chain, "-----BEGIN EC PRIVATE KEY-----\nAAEC\n-----END EC PRIVATE KEY-----\n"),
             "EC PRIVATE KEY"));
  CHECK_FALSE(load_credential(chain, "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n"));
  CHECK(says(load_credential("-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n", end.key_pem()),
             "certificate 1"));
}

TEST_CASE_FIXTURE(Files, "RFC 9846 §4.5.1: a chain that is out of order is put right, and a double counts once") {
  std::vector<std::string> pems = {end.pem(), intermediate.pem(), root.pem(), end.key_pem()};
  std::ranges::sort(pems);
  do {
    std::string text, in_order;
    for (const std::string& one : pems) text += one;
    CredentialReport report;
    const auto loaded =
        load_credential(text, {.password = {}, .chain_file = "'x.pem'", .key_file = {}, .report = &report});
    REQUIRE(loaded);
    CHECK((*loaded)->chain == std::vector<der::Der>{end.certificate, intermediate.certificate, root.certificate});
    CHECK((*loaded)->issuers == std::vector<der::Der>{distinguished_name("Test Intermediate"),
                                                      distinguished_name("Test Root"),
                                                      distinguished_name("Test Root")});
    CHECK((*loaded)->names.front() == "a.example");
    const std::size_t at[] = {text.find(end.pem()), text.find(intermediate.pem()), text.find(root.pem())};
    CHECK(report.reordered == !std::ranges::is_sorted(at));
    CHECK(report.warnings.size() == (report.reordered ? 1 : 0));
    if (report.reordered) CHECK(report.warnings[0].starts_with("'x.pem': the certificates do not stand in order"));
    CHECK(report.missing_issuer.empty());
  } while (std::ranges::next_permutation(pems).found);
  const auto twice = load_credential(end.pem() + intermediate.pem() + end.pem() + intermediate.pem(), end.key_pem());
  REQUIRE(twice);
  CHECK((*twice)->chain.size() == 2);
  CHECK((*twice)->alternatives.empty());
}

TEST_CASE_FIXTURE(Files, "a missing intermediate is told, and so is a certificate that belongs to nobody") {
  CredentialReport report;
  report.warnings = {"of another load"};
  const CredentialOptions options{.password = {}, .chain_file = "'c'", .key_file = "'k'", .report = &report};
  REQUIRE(load_credential(end.pem(), end.key_pem(), options));
  CHECK(report.missing_issuer == "CN=Test Intermediate");
  REQUIRE(report.warnings.size() == 1);
  CHECK(report.warnings[0].starts_with("'c': the leaf stands alone, and the certificate of 'CN=Test Intermediate'"));
  REQUIRE(load_credential(chain, end.key_pem(), options));
  CHECK(report.missing_issuer.empty());
  CHECK(report.warnings.empty());
  const Issued own = self_signed(server_leaf("own", {"o.example"}), test::key());
  REQUIRE(load_credential(own.pem(), own.key_pem(), options));
  CHECK(report.warnings.empty());
  const auto gap = load_credential(end.pem() + root.pem(), end.key_pem(), options);
  CHECK(says(gap, "certificate 2 of the chain ('c', block 2 ('CERTIFICATE', line "));
  CHECK(says(gap, "'CN=Test Root' and issued none of the others"));
  CHECK(says(gap, "the certificate of 'CN=Test Intermediate', which issued the last one of the line"));
  const std::string other = leaf(server_leaf("other", {"o.example"})).pem();
  CHECK(says(load_credential(end.pem() + other, end.key_pem()), "issued none of the others"));
  CHECK(says(load_credential(end.pem() + intermediate.pem() + root.pem() + other, end.key_pem()), ": take it out"));
  CHECK(report.warnings.empty());  // written anew where a credential loads
}

TEST_CASE_FIXTURE(Files, "what is wrong names its file, and what is wrong with a pair both") {
  const CredentialOptions options{.password = {}, .chain_file = "'c'", .key_file = "'k'"};
  const auto at = [&](std::string_view c, std::string_view k) {
    const auto loaded = load_credential(c, k, options);
    return loaded ? "loaded" : loaded.error().detail();
  };
  CHECK(at("", end.key_pem()).starts_with("'c'"));
  CHECK(at(chain, "").starts_with("'k'"));
  CHECK(at(chain, chain).starts_with("'k'"));
  CHECK(at(end.key_pem(), end.key_pem()).starts_with("'c'"));
  CHECK(at("-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n", end.key_pem())
            .starts_with("certificate 1 of the chain ('c', block 1 ('CERTIFICATE', line 1)): "));
  CHECK(at(chain, sallyport::to_pem("PRIVATE KEY", test::key(KeyType::ecdsa_p256, 9)->pkcs8()))
            .starts_with("'c' and 'k': the private key is not that"));
  CHECK(at(chain, sallyport::to_pem("PRIVATE KEY", test::key(KeyType::rsa_2048)->pkcs8()))
            .starts_with("'c' and 'k': the leaf holds an ECDSA P-256 key"));
  CHECK(at(chain, sallyport::to_pem("PRIVATE KEY", test::key(KeyType::rsa_1024)->pkcs8())).starts_with("'k', block 1"));
}

TEST_CASE_FIXTURE(Files,
                  "of two certificates of one key the first is the leaf, and one of another kind is passed over") {
  const Issued ed = issue(root, authority("Test Intermediate"), test::key(KeyType::ed25519));
  const Issued own = issue(ed, server_leaf("x", {"x.example"}), test::key());
  const auto loaded = load_credential(ed.pem() + own.pem(), end.key_pem());
  REQUIRE(loaded);
  CHECK((*loaded)->chain == std::vector<der::Der>{own.certificate, ed.certificate});
  const auto first = load_credential(intermediate.pem() + end.pem() + own.pem(), end.key_pem());
  CHECK(says(first, "certificate 3 of the chain"));
}

TEST_CASE_FIXTURE(Files, "RFC 9846 §4.5.1: two intermediates that certify one leaf are a chain and an alternative") {
  const Issued old_root = self_signed(authority("Old Root"), test::key(KeyType::ecdsa_p256, 5));
  const Issued deprecated = issue(old_root, authority("Test Intermediate"), intermediate.key);
  const Issued cross = issue(old_root, authority("Test Root"), root.key);
  const auto two = load_credential(end.pem() + intermediate.pem() + deprecated.pem(), end.key_pem());
  REQUIRE(two);
  CHECK((*two)->chain == std::vector<der::Der>{end.certificate, intermediate.certificate});
  CHECK((*two)->alternatives == std::vector<der::Der>{deprecated.certificate});
  CHECK((*two)->issuers == std::vector<der::Der>{distinguished_name("Test Intermediate"),
                                                 distinguished_name("Test Root"), distinguished_name("Old Root")});
  // What continues the line belongs to it, wherever it stands; what continues an alternative does not.
  const std::string four = end.pem() + intermediate.pem() + deprecated.pem() + old_root.pem() + root.pem();
  const auto beside = load_credential(four, end.key_pem());
  REQUIRE(beside);
  CHECK((*beside)->chain == std::vector<der::Der>{end.certificate, intermediate.certificate, root.certificate});
  CHECK((*beside)->alternatives == std::vector<der::Der>{deprecated.certificate, old_root.certificate});
  const auto all = load_credential(four + cross.pem(), end.key_pem());
  REQUIRE(all);
  CHECK((*all)->chain == std::vector<der::Der>{end.certificate, intermediate.certificate, root.certificate,
                                               cross.certificate, old_root.certificate});
  CHECK((*all)->alternatives == std::vector<der::Der>{deprecated.certificate});
  CHECK(says(load_credential(end.pem() + intermediate.pem() + old_root.pem(), end.key_pem()), "none of the others"));
}

TEST_CASE_FIXTURE(Files, "of two authorities of one name that one continues the line whose key has signed") {
  for (const bool identified : {true, false}) {
    CAPTURE(identified);
    const auto named = [&](const char* name) {
      CertificateSpec spec = authority(name);
      spec.key_identifiers = identified;
      return spec;
    };
    const Issued before = issue(root, named("Test Intermediate"), test::key(KeyType::ecdsa_p256, 7)),
                 now = issue(root, named("Test Intermediate"), intermediate.key),
                 old_root = self_signed(named("Test Root"), test::key(KeyType::ecdsa_p256, 8));
    std::vector<std::string> pems = {end.pem(), before.pem(), now.pem(), root.pem(), old_root.pem()};
    std::ranges::sort(pems);
    do {
      std::string text;
      for (const std::string& one : pems) text += one;
      const auto loaded = load_credential(text, end.key_pem());
      REQUIRE(loaded);
      CHECK((*loaded)->chain == std::vector<der::Der>{end.certificate, now.certificate, root.certificate});
      CHECK((*loaded)->alternatives.size() == 2);
    } while (std::ranges::next_permutation(pems).found);
  }
}

TEST_CASE_FIXTURE(Files, "chain and key are read as DER and under the other labels of certificates") {
  const auto text = [](const der::Der& bytes) { return std::string(as_text(bytes)); };
  for (const std::string& leaf_text :
       {text(end.certificate), sallyport::to_pem("X509 CERTIFICATE", end.certificate),
        sallyport::to_pem("TRUSTED CERTIFICATE", der::concat({end.certificate, der::sequence({der::sequence({})})}))}) {
    const auto credential = load_credential(leaf_text, text(end.key->pkcs8()));
    REQUIRE(credential);
    CHECK((*credential)->chain == std::vector<der::Der>{end.certificate});
  }
  const std::string both = end.key_pem() + chain;
  CHECK(load_credential(both, both));
}

TEST_CASE_FIXTURE(Files, "a SEC1 key without its curve loads with its chain") {
  const std::string sec1 = sallyport::to_pem("EC PRIVATE KEY", end.key->traditional());
  CHECK(load_credential(chain, sec1));
  CHECK(load_credential(sec1 + chain, CredentialOptions{}));
  const Issued over = issue(root, authority("Test Intermediate"), test::key(KeyType::ecdsa_p384, 2));
  const Issued under = issue(over, server_leaf("x", {"a.example"}), test::key());
  CHECK(load_credential(over.pem() + under.pem(), sec1));  // the first certificate's curve is another
  const Issued p384 = issue(intermediate, server_leaf("x", {"a.example"}), test::key(KeyType::ecdsa_p384));
  CHECK(load_credential(p384.pem(), sallyport::to_pem("PRIVATE KEY", p384.key->traditional())));
  CHECK_FALSE(load_credential(p384.pem(), sec1));
  const Issued rsa = issue(intermediate, server_leaf("x", {"a.example"}), test::key(KeyType::rsa_2048));
  CHECK(says(load_credential(rsa.pem(), sec1), "do not belong together"));
}

TEST_CASE_FIXTURE(Files, "a chain has as many certificates as its limit and no more: below, at, above") {
  std::string text = end.pem();
  for (std::size_t n = 2; n <= limits::kMaxCertificates + 1; ++n) {
    text += issue(root, authority("Test Intermediate"), intermediate.key).pem();
    if (n < limits::kMaxCertificates - 1) continue;
    const auto loaded = load_credential(text, end.key_pem());
    CHECK(loaded.has_value() == (n <= limits::kMaxCertificates));
    if (!loaded) CHECK(says(loaded, "at most " + std::to_string(limits::kMaxCertificates)));
  }
  CHECK(load_credential(end.pem() + text.substr(0, text.rfind("-----BEGIN")), end.key_pem()));  // doubles do not count
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
  CredentialReport report;
  const auto turned =
      make_credential(root.pem() + intermediate.pem() + end.pem(), std::make_shared<Remote>(KeyKind::ecdsa_p256),
                      {.password = {}, .chain_file = {}, .key_file = {}, .report = &report});
  REQUIRE(turned);
  CHECK((*turned)->chain == std::vector<der::Der>{end.certificate, intermediate.certificate, root.certificate});
  CHECK(report.reordered);
  const Issued own = self_signed(server_leaf("own", {"o.example"}), test::key());
  CHECK(make_credential(own.pem(), std::make_shared<Remote>(KeyKind::ecdsa_p256)));
  CHECK(says(make_credential(root.pem() + end.pem(), std::make_shared<Remote>(KeyKind::ed25519)), "do not belong"));
}

TEST_CASE_FIXTURE(Files, "RFC 4055 §3.1: a restricted RSASSA-PSS key signs with what its parameters leave") {
  using enum SignatureScheme;
  using Schemes = std::vector<SignatureScheme>;
  const KeyPtr made = test::key(KeyType::rsa_pss_2048);
  const auto restricted = [&](const char* hash, std::uint32_t salt) {
    return made->as_pss(PssParameters{hash, hash, salt});
  };
  const KeyPtr open = made->as_pss(std::nullopt);
  struct {
    const char* what;
    KeyPtr in_leaf, in_file;
    Schemes left;  // none: all three
  } const cases[] = {
      {"SHA-256", restricted("SHA-256", 32), restricted("SHA-256", 32), {rsa_pss_pss_sha256}},
      {"SHA-384", restricted("SHA-384", 48), restricted("SHA-384", 48), {rsa_pss_pss_sha384}},
      {"SHA-512, a smaller salt", restricted("SHA-512", 20), restricted("SHA-512", 20), {rsa_pss_pss_sha512}},
      {"the leaf alone", restricted("SHA-384", 48), open, {rsa_pss_pss_sha384}},
      {"the private key alone", open, restricted("SHA-512", 64), {rsa_pss_pss_sha512}},
      {"neither", open, open, {}},
  };
  for (const auto& one : cases) {
    CAPTURE(one.what);
    const Issued end_entity = issue(intermediate, server_leaf("x", {"a.example"}), one.in_leaf);
    const auto key_pem = sallyport::to_pem("PRIVATE KEY", one.in_file->pkcs8());
    const auto credential = load_credential(end_entity.pem(), key_pem);
    if (!credential) FAIL(credential.error().message());
    CHECK((*credential)->signing_schemes == one.left);
    for (const SignatureScheme scheme : schemes_for(KeyKind::rsa_pss)) {
      const bool usable = one.left.empty() || std::ranges::find(one.left, scheme) != one.left.end();
      for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13})
        CHECK(scheme_for(**credential, {&scheme, 1}, version).has_value() == usable);
      CredentialRequest request;
      request.signature_schemes = {scheme};
      const auto chosen = credential_list({*credential})->choose(request);
      REQUIRE((chosen && *chosen));
      CHECK((**chosen != nullptr) == usable);
    }
  }
  // What the file restricts holds though somebody chose the schemes by hand.
  const Issued unrestricted = issue(intermediate, server_leaf("x", {"a.example"}), open);
  auto by_hand = std::make_shared<Credential>(
      **load_credential(unrestricted.pem(), sallyport::to_pem("PRIVATE KEY", restricted("SHA-384", 48)->pkcs8())));
  by_hand->signing_schemes.clear();
  const Schemes all(schemes_for(KeyKind::rsa_pss).begin(), schemes_for(KeyKind::rsa_pss).end());
  CHECK(scheme_for(*by_hand, all, ProtocolVersion::tls13) == rsa_pss_pss_sha384);
}

TEST_CASE_FIXTURE(
    Files, "an RSASSA-PSS key whose parameters leave no scheme of TLS is told, and so is a pair that disagrees") {
  const KeyPtr made = test::key(KeyType::rsa_pss_2048);
  const auto loaded = [&](std::optional<PssParameters> in_leaf, std::optional<PssParameters> in_file) {
    const Issued one = issue(intermediate, server_leaf("x", {"a.example"}), made->as_pss(in_leaf));
    return load_credential(one.pem(), sallyport::to_pem("PRIVATE KEY", made->as_pss(in_file)->pkcs8()));
  };
  const PssParameters sha256, sha384{"SHA-384", "SHA-384", 48}, long_salt{"SHA-256", "SHA-256", 33},
      mixed{"SHA-256", "SHA-512", 32}, sha1{"SHA-1", "SHA-1", 20};
  CHECK(says(loaded(sha256, sha384), "leave no signature scheme"));
  CHECK(says(loaded(long_salt, long_salt), "leave no signature scheme"));
  CHECK(says(loaded(mixed, {}), "leave no signature scheme"));
  CHECK(says(loaded({}, sha1), "SHA-1"));
  CHECK(says(loaded(sha1, {}), "SHA-1"));
}

TEST_CASE_FIXTURE(Files, "a key that lives elsewhere may allow fewer schemes than its kind") {
  struct Service final : SigningKey {
    KeyKind kind() const noexcept override { return KeyKind::rsa; }
    bool allows(SignatureScheme scheme) const noexcept override { return scheme == SignatureScheme::rsa_pkcs1_sha256; }
    Answer<std::vector<std::uint8_t>> sign(SignatureScheme, Bytes, Random&) const override { return std::nullopt; }
  };
  const Issued one = issue(intermediate, server_leaf("x", {"a.example"}), test::key(KeyType::rsa_2048));
  const auto credential = make_credential(one.pem(), std::make_shared<Service>());
  REQUIRE(credential);
  const SignatureScheme accepted[] = {SignatureScheme::rsa_pss_rsae_sha256, SignatureScheme::rsa_pkcs1_sha256};
  CHECK(scheme_for(**credential, accepted, ProtocolVersion::tls12) == SignatureScheme::rsa_pkcs1_sha256);
  CHECK_FALSE(scheme_for(**credential, accepted, ProtocolVersion::tls13));
}
