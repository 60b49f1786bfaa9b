// RFC 5280 §4.1: a certificate's fields, and DER that is not one.
#include "pki/certificate.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "crypto/der.h"
#include "support/hex.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using tls::test::unhex;

TEST_CASE("a certificate is taken apart") {
  CertificateSpec spec = server_leaf("Somebody", {"a.example"}, {"192.0.2.1", "2001:db8::1"});
  spec.not_before = 946684799;    // 1999-12-31T23:59:59Z, UTCTime
  spec.not_after = 253402300799;  // 9999-12-31T23:59:59Z, GeneralizedTime
  const Issued issued = self_signed(spec, test::key());
  const auto parsed = pki::parse_certificate(issued.certificate);
  REQUIRE(parsed);
  CHECK(parsed->version == 3);
  CHECK(parsed->not_before == spec.not_before);
  CHECK(parsed->not_after == spec.not_after);
  CHECK(pki::display_time(parsed->not_after) == "9999-12-31 23:59:59 UTC");
  CHECK(test::hex(parsed->subject_public_key_info) == test::hex(issued.key->spki()));
  CHECK(parsed->dns_names == std::vector<std::string_view>{"a.example"});
  REQUIRE(parsed->addresses.size() == 2);
  CHECK(test::hex(parsed->addresses[0]) == "c0000201");
  CHECK(parsed->key_usage == pki::key_usage::kDigitalSignature);
  CHECK_FALSE(parsed->is_ca);
  CHECK(parsed->self_issued());
  CHECK(pki::display_name(parsed->subject) == "CN=Somebody");
}

TEST_CASE("every truncation of a certificate is refused") {
  const Issued issued = self_signed(server_leaf("x", {"a.example"}), test::key());
  for (std::size_t n = 0; n < issued.certificate.size(); ++n) {
    CAPTURE(n);
    const auto parsed = pki::parse_certificate(Bytes(issued.certificate).first(n));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Code::bad_certificate);
  }
  auto longer = issued.certificate;
  longer.push_back(0);
  CHECK_FALSE(pki::parse_certificate(longer));
}

TEST_CASE("extensions and names are limited: below, at, above") {
  const auto with_extensions = [](std::size_t n) {
    CertificateSpec spec;
    spec.common_name = "x";
    spec.key_identifiers = false;
    for (std::size_t i = 0; i < n; ++i)
      spec.extra.push_back({"1.3.6.1.4.1.55555." + std::to_string(i), false, der::null()});
    return pki::parse_certificate(self_signed(spec, test::key()).certificate).has_value();
  };
  CHECK(with_extensions(limits::kMaxCertificateExtensions - 1));
  CHECK(with_extensions(limits::kMaxCertificateExtensions));
  CHECK_FALSE(with_extensions(limits::kMaxCertificateExtensions + 1));

  const auto with_names = [](std::size_t n) {
    return pki::parse_certificate(
               self_signed(server_leaf("x", std::vector<std::string>(n, "a.example")), test::key()).certificate)
        .has_value();
  };
  CHECK(with_names(limits::kMaxCertificateNames - 1));
  CHECK(with_names(limits::kMaxCertificateNames));
  CHECK_FALSE(with_names(limits::kMaxCertificateNames + 1));
}

TEST_CASE("malformed extensions are refused") {
  const der::Der one{0x01}, three{1, 2, 3};
  const std::vector<Extension> bad = {
      {"2.5.29.15", true, der::null()},                                  // keyUsage that is no BIT STRING
      {"2.5.29.15", true, der::bit_string(der::Der{0x00}, 0)},           // RFC 5280 §4.2.1.3: no bit set
      {"2.5.29.37", false, der::sequence({})},                           // extKeyUsage SIZE (1..MAX)
      {"2.5.29.17", false, der::sequence({})},                           // subjectAltName likewise
      {"2.5.29.17", false, der::sequence({der::implicitly(7, three)})},  // an address of three octets
      {"2.5.29.19", true, der::sequence({der::element(0x01, one)})},     // BOOLEAN 01
      {"2.5.29.35", false, der::octet_string(one)},
  };
  for (const Extension& extension : bad) {
    CAPTURE(extension.oid);
    CertificateSpec spec;
    spec.common_name = "x";
    spec.key_identifiers = false;
    spec.extra = {extension};
    CHECK_FALSE(pki::parse_certificate(self_signed(spec, test::key()).certificate));
  }
}

TEST_CASE("RFC 5280 §7.1: names are compared without letter case and white space, whatever their string type") {
  const auto name = [](std::uint8_t tag, std::string_view text) {
    return der::sequence({der::set({der::sequence({der::oid("2.5.4.3"), der::element(tag, as_bytes(text))})})});
  };
  const std::string reference = pki::canonical_name(name(crypto::der::kUtf8String, "Test CA"));
  CHECK(pki::canonical_name(name(crypto::der::kPrintableString, " test   ca ")) == reference);
  CHECK(pki::canonical_name(name(crypto::der::kUtf8String, "TestCA")) != reference);
  CHECK(pki::canonical_name(name(crypto::der::kUtf8String, "Test CB")) != reference);
}
