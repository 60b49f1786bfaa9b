// Private keys as people have them: told by their content, whatever the label says, and refused in words.
#include "pki/key_file.h"

#include <tuple>

#include <doctest/doctest.h>

#include "base/limits.h"
#include "crypto/software_key.h"
#include "pki/der_file.h"
#include "support/hex.h"
#include "support/pki.h"

using namespace tls;
using namespace tls::pki;
using namespace sallyport;

namespace {

std::string text_of(const der::Der& bytes) { return std::string(as_text(bytes)); }

/// The kind of the key that is loaded, or the detail of the refusal.
std::string loaded(std::string_view text, std::optional<KeyKind> leaf = std::nullopt) {
  const auto block = load_private_key(text, leaf);
  if (!block) {
    CHECK(block.error().code() == Code::bad_key_file);
    return block.error().detail();
  }
  CHECK(der_kind(block->der) == DerKind::pkcs8);
  const auto key = crypto::software_key(block->der);
  return key ? "kind " + std::to_string(static_cast<int>((*key)->kind())) : key.error().detail();
}

std::string kind(KeyKind wanted) { return "kind " + std::to_string(static_cast<int>(wanted)); }
bool mentions(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

constexpr const char* kP256 = "1.2.840.10045.3.1.7";

/// SEC1 as OpenSSL writes it, with the curve, from one without.
der::Der with_curve(const der::Der& sec1, const char* curve, std::size_t scalar) {
  const std::size_t at = sec1[1] < 0x80 ? 7 : 8;
  const der::Der key(sec1.begin() + static_cast<std::ptrdiff_t>(at),
                     sec1.begin() + static_cast<std::ptrdiff_t>(at + scalar));
  return der::sequence({der::integer(1), der::octet_string(key), der::explicitly(0, der::oid(curve))});
}

/// PrivateKeyInfo of an algorithm that has no parameters, or those.
der::Der pkcs8_of(const char* algorithm, const der::Der& parameters = {}) {
  return der::sequence({der::integer(0), der::sequence({der::oid(algorithm), parameters}),
                        der::octet_string(der::octet_string(der::Der(32, 0x55)))});
}

constexpr const char* kLabels[] = {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY",
                                   "ANY PRIVATE KEY"};

}  // namespace

TEST_CASE("what a key is is told by its content: PKCS#8, PKCS#1 and SEC1 under each other's labels, and as DER") {
  const auto p256 = test::key(KeyType::ecdsa_p256), p384 = test::key(KeyType::ecdsa_p384);
  const auto rsa = test::key(KeyType::rsa_2048), pss = test::key(KeyType::rsa_pss_2048);
  const auto ed25519 = test::key(KeyType::ed25519);
  const std::pair<der::Der, KeyKind> keys[] = {
      {p256->pkcs8(), KeyKind::ecdsa_p256}, {with_curve(p256->traditional(), kP256, 32), KeyKind::ecdsa_p256},
      {p384->pkcs8(), KeyKind::ecdsa_p384}, {with_curve(p384->traditional(), "1.3.132.0.34", 48), KeyKind::ecdsa_p384},
      {rsa->pkcs8(), KeyKind::rsa},         {rsa->traditional(), KeyKind::rsa},
      {pss->pkcs8(), KeyKind::rsa_pss},     {ed25519->pkcs8(), KeyKind::ed25519},
  };
  for (const auto& [bytes, wanted] : keys) {
    for (const char* label : kLabels) CHECK(loaded(to_pem(label, bytes)) == kind(wanted));
    CHECK(loaded(text_of(bytes)) == kind(wanted));
    CHECK(loaded(text_of(bytes) + "\n") != kind(wanted));  // DER and something behind it is neither
    CHECK(loaded(text_of(bytes).substr(0, bytes.size() - 1)) != kind(wanted));
  }
}

TEST_CASE("a SEC1 key that does not name its curve is on that of its certificate") {
  const std::tuple<KeyType, KeyKind> kinds[] = {{KeyType::ecdsa_p256, KeyKind::ecdsa_p256},
                                                {KeyType::ecdsa_p384, KeyKind::ecdsa_p384},
                                                {KeyType::ecdsa_p521, KeyKind::ecdsa_p521}};
  for (const auto& [type, wanted] : kinds) {
    const std::string pem = to_pem("EC PRIVATE KEY", test::key(type)->traditional());
    CHECK(loaded(pem, wanted) == kind(wanted));
    CHECK(mentions(loaded(pem), "load it together with its certificate"));
    CHECK(mentions(loaded(pem, KeyKind::rsa), "do not belong together"));
    CHECK(mentions(loaded(pem, KeyKind::ed25519), "do not belong together"));
  }
  // What the key says of its curve counts for more than what the certificate does; load_credential() compares them.
  const auto named = with_curve(test::key(KeyType::ecdsa_p256)->traditional(), kP256, 32);
  CHECK(loaded(to_pem("EC PRIVATE KEY", named), KeyKind::ecdsa_p384) == kind(KeyKind::ecdsa_p256));
}

TEST_CASE("the first private key of a file counts, and what stands around it does not") {
  const test::Authority authority;
  const std::string key = authority.root.key_pem();
  CHECK(loaded("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + key) ==
        kind(KeyKind::ecdsa_p256));
  CHECK(loaded(authority.root.pem() + key) == kind(KeyKind::ecdsa_p256));
  CHECK(loaded(key + to_pem("PRIVATE KEY", test::key(KeyType::ed25519)->pkcs8())) == kind(KeyKind::ecdsa_p256));
  CHECK(mentions(loaded(authority.root.pem()), "no private key in it: it has block 1 ('CERTIFICATE', line 1)"));
  CHECK(mentions(loaded(""), "no PEM block"));
}

TEST_CASE("keys that cannot sign are refused by name, under every label and as DER") {
  const der::Der seven = der::integer(7);
  const der::Der multiprime =
      der::sequence({der::integer(1), seven, seven, seven, seven, seven, seven, seven, seven, der::sequence({})});
  const der::Der explicit_curve = der::sequence({der::integer(1), der::sequence({})});
  const std::pair<der::Der, const char*> refused[] = {
      {pkcs8_of("1.2.840.10040.4.1"), "DSA"},
      {pkcs8_of("1.2.840.113549.1.3.1"), "Diffie-Hellman"},
      {pkcs8_of("1.3.101.110"), "X25519"},
      {pkcs8_of("1.3.101.111"), "X448"},
      {pkcs8_of("1.3.101.113"), "Ed448"},
      {pkcs8_of("2.16.840.1.101.3.4.3.17"), "2.16.840.1.101.3.4.3.17"},  // ML-DSA-44
      {pkcs8_of("1.2.840.10045.2.1", der::oid("1.3.132.0.10")), "the curve 1.3.132.0.10"},
      {pkcs8_of("1.2.840.10045.2.1", explicit_curve), "-param_enc named_curve"},
      {pkcs8_of("1.2.840.10045.2.1"), "does not name its curve"},
      {with_curve(test::key()->traditional(), "1.3.132.0.10", 32), "the curve 1.3.132.0.10"},
      {der::sequence(
           {der::integer(0), der::integer(7), der::integer(7), der::integer(7), der::integer(7), der::integer(7)}),
       "a DSA key"},
      {multiprime, "more than two primes"},
      {der::sequence({der::integer(0), der::sequence({der::oid("1.2.840.113549.1.1.1"), der::null()}),
                      der::octet_string(multiprime)}),
       "more than two primes"},
      {der::sequence({der::sequence({der::oid("1.2.840.113549.1.5.13")}), der::octet_string(der::Der(16))}),
       "parameters of its encryption"},
      {der::sequence({der::integer(3), der::sequence({der::oid("1.2.840.113549.1.7.1")})}), "openssl pkcs12"},
      {der::sequence({der::oid("1.2.840.113549.1.7.2"), der::explicitly(0, der::sequence({}))}), "openssl pkcs7"},
      {test::key()->spki(), "a public key"},
      {test::Authority().root.certificate, "a certificate"},
      {der::sequence({der::integer(0)}), "none of PKCS#8, PKCS#1 and SEC1"},
      {der::sequence({}), "none of PKCS#8, PKCS#1 and SEC1"},
      {der::octet_string(der::Der(4)), ""}};
  for (const auto& [bytes, words] : refused) {
    CAPTURE(words);
    for (const char* label : kLabels) {
      const std::string detail = loaded(to_pem(label, bytes));
      CAPTURE(detail);
      CHECK(mentions(detail, words));
      CHECK(mentions(detail, "block 1 ('" + std::string(label) + "', line 1)"));
    }
    CHECK(mentions(loaded(text_of(bytes)), words));
  }
}

TEST_CASE("keys that are encrypted in the old way, and OpenSSH's, are told what to do with") {
  CHECK(mentions(loaded(to_pem("ENCRYPTED PRIVATE KEY", {0, 1, 2})), "none of PKCS#8, PKCS#1 and SEC1"));
  CHECK(mentions(loaded("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n-----END RSA PRIVATE "
                        "KEY-----\n"),
                 "openssl pkcs8 -topk8"));
  CHECK(mentions(loaded(to_pem("OPENSSH PRIVATE KEY", {0, 1, 2})), "ssh-keygen -p -m PKCS8"));
}

TEST_CASE("errors of a key name its file") {
  const PasswordSource none;
  const auto detail = [&](std::string_view text) {
    PasswordAsker asker(none);
    const auto found = find_private_key(text, asker, "'k.pem'");
    if (!found) return found.error().detail();
    const auto key = as_pkcs8(*found, std::nullopt);
    return key ? found->where : key.error().detail();
  };
  const std::string good = to_pem("PRIVATE KEY", test::key()->pkcs8());
  CHECK(detail(good) == "'k.pem', block 1 ('PRIVATE KEY', line 1)");
  CHECK(detail(text_of(test::key()->pkcs8())) == "'k.pem'");
  CHECK(mentions(detail(""), "'k.pem', there is no PEM block"));
  CHECK(detail(good.substr(0, good.size() - 20)).starts_with("'k.pem', block 1 ('PRIVATE KEY', line 1): "));
  CHECK(detail(to_pem("X", {0})).starts_with("'k.pem': there is no private key"));
  CHECK(detail(to_pem("PRIVATE KEY", {0})).starts_with("'k.pem', block 1 ('PRIVATE KEY', line 1): "));
  CHECK(detail(to_pem("EC PRIVATE KEY", test::key()->traditional())).starts_with("'k.pem', block 1"));
}

TEST_CASE("the length of a key in DER is limited: below, at, above") {
  for (const std::size_t size : {limits::kMaxPem - 1, limits::kMaxPem, limits::kMaxPem + 1}) {
    const der::Der big = der::element(0x30, der::Der(size - 5));  // a header of five octets
    REQUIRE(big.size() == size);
    const std::string detail = loaded(text_of(big));
    CHECK(mentions(detail, size <= limits::kMaxPem ? "none of PKCS#8" : "longer than"));
  }
}

TEST_CASE("a block that is moved from or overwritten leaves no second copy that is alive") {
  PemBlock block;
  block.der = {1, 2, 3};
  PemBlock other = std::move(block);
  CHECK(block.der.empty());
  CHECK(other.der.size() == 3);
  PemBlock third;
  third.der = {4, 5, 6, 7};
  third.line = 9, third.encrypted = true;
  other = std::move(third);
  CHECK(other.der == std::vector<std::uint8_t>{4, 5, 6, 7});
  CHECK(third.der.empty());
  CHECK(other.line == 9);
  CHECK(other.encrypted);
}
