// Certificates in PEM and DER, and OpenSSL's trust data beside them.
#include "pki/certificate_text.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "base/limits.h"
#include "support/pki.h"

using namespace tls;
using namespace tls::pki;
using namespace sallyport;

namespace {

const der::Der& certificate() {
  static const auto& made = *new der::Der(test::Authority().root.certificate);
  return made;
}

bool mentions(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

der::Der trust(std::initializer_list<const char*> purposes) {
  der::Der list;
  for (const char* one : purposes) list = der::concat({list, der::oid(one)});
  return der::element(0x30, list);
}
der::Der reject(std::initializer_list<const char*> purposes) {
  der::Der list = trust(purposes);
  list[0] = 0xA0;
  return list;
}

/// A TRUSTED CERTIFICATE with these fields of trust data.
std::string trusted(std::initializer_list<der::Der> fields) {
  return to_pem("TRUSTED CERTIFICATE", der::concat({certificate(), der::sequence(fields)}));
}

/// "servers clients", "servers", "clients", "nobody", or the detail of the refusal.
std::string trusted_for(const std::string& text) {
  const auto found = read_certificates(text);
  if (!found) return found.error().detail();
  REQUIRE(found->size() == 1);
  CHECK(found->front().der == certificate());
  const TrustedFor given = found->front().trusted_for;
  return given.servers ? given.clients ? "servers clients" : "servers" : given.clients ? "clients" : "nobody";
}

constexpr const char *kEmail = "1.3.6.1.5.5.7.3.4", *kAny = "2.5.29.37.0";

const std::string kBad = "-----BEGIN CERTIFICATE-----\n!!!! not base64 !!!!\n-----END CERTIFICATE-----\n";

}  // namespace

TEST_CASE("certificates are read from DER and from PEM under three labels; other blocks are passed over") {
  CHECK(trusted_for(std::string(as_text(certificate()))) == "servers clients");
  for (const char* label : {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}) {
    CHECK(trusted_for(to_pem(label, certificate())) == "servers clients");
    CHECK(trusted_for(to_pem("PRIVATE KEY", {1}) + to_pem(label, certificate()) + to_pem("X509 CRL", {2})) ==
          "servers clients");
  }
  const auto found = read_certificates("words\n" + to_pem("X509 CERTIFICATE", certificate()));
  REQUIRE(found);
  CHECK(found->front().where == "block 1 ('X509 CERTIFICATE', line 2)");
}

TEST_CASE("OpenSSL's trust data is honoured: what it rejects or does not list is not trusted") {
  CHECK(trusted_for(trusted({})) == "servers clients");
  CHECK(trusted_for(trusted({trust({kServerAuth})})) == "servers");
  CHECK(trusted_for(trusted({trust({kClientAuth})})) == "clients");
  CHECK(trusted_for(trusted({trust({kServerAuth, kClientAuth, kEmail})})) == "servers clients");
  CHECK(trusted_for(trusted({trust({kAny})})) == "servers clients");
  CHECK(trusted_for(trusted({trust({kEmail})})) == "nobody");
  CHECK(trusted_for(trusted({trust({})})) == "nobody");
  CHECK(trusted_for(trusted({reject({kServerAuth})})) == "clients");
  CHECK(trusted_for(trusted({reject({kClientAuth})})) == "servers");
  CHECK(trusted_for(trusted({reject({kServerAuth, kClientAuth})})) == "nobody");
  CHECK(trusted_for(trusted({reject({kAny})})) == "nobody");
  CHECK(trusted_for(trusted({reject({kEmail})})) == "servers clients");
  CHECK(trusted_for(trusted({trust({kServerAuth}), reject({kServerAuth})})) == "nobody");
  CHECK(trusted_for(trusted({trust({kServerAuth, kClientAuth}), reject({kClientAuth}), der::utf8("alias"),
                             der::octet_string(der::Der(4)), der::explicitly(1, der::sequence({}))})) == "servers");
}

TEST_CASE("trust data that cannot be read is an error: nobody knows what it rejects") {
  const der::Der good = der::sequence({trust({kServerAuth})});
  der::Der cut = good;
  cut.pop_back();
  for (const der::Der& data :
       {cut, der::concat({good, good}), der::Der{0x00}, der::octet_string(good), der::sequence({der::null()}),
        der::sequence({reject({kServerAuth}), trust({kServerAuth})}),  // out of order
        der::sequence({der::sequence({der::integer(1)})}), der::sequence({der::explicitly(0, der::null())})}) {
    const std::string detail = trusted_for(to_pem("TRUSTED CERTIFICATE", der::concat({certificate(), data})));
    CHECK(mentions(detail, "block 1 ('TRUSTED CERTIFICATE', line 1): the certificate or the trust data"));
  }
  CHECK(mentions(trusted_for(to_pem("TRUSTED CERTIFICATE", {0x01})), "the certificate or the trust data"));
}

TEST_CASE("what holds no certificate is refused in words") {
  CHECK(mentions(trusted_for(""), "no PEM block"));
  CHECK(mentions(trusted_for(test::Authority().root.key_pem()), "it has block 1 ('PRIVATE KEY', line 1)"));
  CHECK(mentions(trusted_for(std::string(as_text(test::key()->pkcs8()))), "it is a private key"));
  CHECK(mentions(trusted_for(to_pem("CERTIFICATE", test::key()->pkcs8())), "line 1): it is no certificate"));
  using namespace der;
  const Der info = sequence({integer(0), distinguished_name("x"), test::key()->spki(), element(0xA0, {})});
  const Der request =
      sequence({info, test::key()->signature_algorithm("SHA-256"), bit_string(test::key()->sign(info, "SHA-256"))});
  CHECK(mentions(trusted_for(std::string(as_text(request))), "it is a certificate request"));
  CHECK(mentions(trusted_for(std::string(as_text(
                     der::sequence({der::oid("1.2.840.113549.1.7.2"), der::explicitly(0, der::sequence({}))})))),
                 "openssl pkcs7"));
  CHECK(mentions(trusted_for(to_pem("PKCS7", {1})), "openssl pkcs7"));
  CHECK(mentions(trusted_for("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n-----END CERTIFICATE-----"),
                 "encrypted"));
}

TEST_CASE("strictly, the first bad block fails; collected, the others are kept and each bad one is a warning") {
  const std::string good = to_pem("CERTIFICATE", certificate());
  const auto strict = read_certificates(good + kBad + good);
  REQUIRE_FALSE(strict);
  CHECK(mentions(strict.error().detail(), "block 2 ('CERTIFICATE'"));
  std::vector<FoundCertificate> found;
  Warnings warnings;
  collect_certificates(good + kBad + good, "'roots.pem'", found, warnings);
  REQUIRE(found.size() == 2);
  CHECK(mentions(found[1].where, "'roots.pem', block 3 ('CERTIFICATE'"));
  REQUIRE(warnings.count() == 1);
  CHECK(mentions(warnings.words()[0], "'roots.pem', block 2 ('CERTIFICATE', line "));
  CHECK(mentions(warnings.words()[0], "not base64"));
  CHECK(warnings.summary() == warnings.words()[0]);
  collect_certificates("", "'empty.pem'", found, warnings);
  collect_certificates("", "'other.pem'", found, warnings);
  CHECK(found.size() == 2);
  CHECK(warnings.words()[1] == "'empty.pem': there is no PEM block (-----BEGIN ...) in it");
  CHECK(mentions(warnings.summary(), "; and 2 more"));
}

TEST_CASE("warnings are bounded: below, at, above") {
  for (const std::size_t bad :
       {limits::kMaxTrustWarnings - 1, limits::kMaxTrustWarnings, limits::kMaxTrustWarnings + 1}) {
    std::string text;
    for (std::size_t i = 0; i < bad; ++i) text += kBad;
    std::vector<FoundCertificate> found;
    Warnings warnings;
    collect_certificates(text, "'x'", found, warnings);
    CHECK(warnings.count() == bad);
    CHECK(warnings.words().size() == std::min(bad, limits::kMaxTrustWarnings));
    const bool more = bad > limits::kMaxTrustWarnings;
    CHECK(warnings.told().size() == warnings.words().size() + (more ? 1 : 0));
    CHECK((warnings.told().back() == "and 1 more") == more);
  }
}

TEST_CASE("the length of a text of certificates is limited: below, at, above") {
  const std::string good = to_pem("CERTIFICATE", certificate());
  for (const std::size_t size : {limits::kMaxPem - 1, limits::kMaxPem, limits::kMaxPem + 1}) {
    std::string text = good;
    text.resize(size, 'x');
    CHECK(read_certificates(text).has_value() == (size <= limits::kMaxPem));
  }
}
