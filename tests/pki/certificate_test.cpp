// RFC 5280 §4.1: a certificate's fields, and DER that is not one.
#include "pki/certificate.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "crypto/der.h"
#include "crypto/oids.h"
#include "raw_certificate.h"
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
  REQUIRE(parsed->dns_names.size() == 1);
  CHECK(parsed->dns_names.front() == "a.example");
  REQUIRE(parsed->addresses.size() == 2);
  CHECK(test::hex(parsed->addresses.front()) == "c0000201");
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

namespace {

using test::extension;
using test::kSan;
using test::mentions;
using test::parsed;
using test::RawCertificate;
using test::sequence_of;

std::string with_extension(const char* oid, const der::Der& value, bool critical = false) {
  RawCertificate raw;
  raw.extensions = {extension(oid, value, critical)};
  return parsed(raw);
}

/// Accepted below and at the limit; above it the count is what is refused, in words that name the field.
template <class Make>
void check_limit(std::size_t limit, std::string_view field, Make make) {
  CAPTURE(field);
  CHECK(make(limit - 1) == "accepted");
  CHECK(make(limit) == "accepted");
  const std::string above = make(limit + 1);
  CAPTURE(above);
  CHECK(above.starts_with("certificate_too_complex"));
  CHECK(mentions(above, field));
  CHECK(mentions(above, std::to_string(limit)));
}

std::vector<der::Der> many(std::size_t n, const der::Der& one) { return std::vector<der::Der>(n, one); }

std::string numbered_oid(std::size_t i) { return "1.3.6.1.4.1.55555." + std::to_string(i); }

}  // namespace

TEST_CASE("what a certificate holds is limited: below, at and above each limit") {
  check_limit(limits::kMaxCertificateExtensions, "extensions", [](std::size_t n) {
    RawCertificate raw;
    for (std::size_t i = 0; i < n; ++i) raw.extensions.push_back(extension(numbered_oid(i).c_str(), der::null()));
    return parsed(raw);
  });
  check_limit(limits::kMaxCertificateNames, "subjectAltName",
              [](std::size_t n) { return with_extension(kSan, sequence_of(many(n, test::dns("a.example")))); });
  check_limit(limits::kMaxCertificateNames, "subjectAltName", [](std::size_t n) {  // of forms that nobody looks at too
    return with_extension(kSan, sequence_of(many(n, der::implicitly(8, der::Der{0x2A}))));
  });
  check_limit(limits::kMaxKeyPurposes, "extKeyUsage",
              [](std::size_t n) { return with_extension("2.5.29.37", sequence_of(many(n, der::oid(kServerAuth)))); });
  check_limit(limits::kMaxPolicies, "certificatePolicies", [](std::size_t n) {
    std::vector<der::Der> policies;
    for (std::size_t i = 0; i < n; ++i) policies.push_back(der::sequence({der::oid(numbered_oid(i))}));
    return with_extension("2.5.29.32", sequence_of(policies));
  });
  check_limit(limits::kMaxPolicyQualifiers, "certificatePolicies", [](std::size_t n) {
    const der::Der qualifier = der::sequence({der::oid("1.3.6.1.5.5.7.2.1"), der::null()});
    return with_extension("2.5.29.32",
                          der::sequence({der::sequence({der::oid("1.2.3"), sequence_of(many(n, qualifier))})}));
  });
  check_limit(limits::kMaxPolicies, "policyMappings", [](std::size_t n) {
    return with_extension("2.5.29.33", sequence_of(many(n, der::sequence({der::oid("1.2.3"), der::oid("1.2.4")}))));
  });
  for (const bool issuer : {true, false})
    check_limit(limits::kMaxNameAttributes, issuer ? "issuer" : "subject", [&](std::size_t n) {
      RawCertificate raw;
      (issuer ? raw.issuer : raw.subject) = test::dn(many(n, test::attribute(test::kOu, "x")));
      return parsed(raw);
    });
  check_limit(limits::kMaxNameAttributes, "subject", [](std::size_t n) {
    RawCertificate raw;
    raw.subject = der::sequence({test::set_of(many(n, test::attribute(test::kOu, "x")))});
    return parsed(raw);
  });
}

TEST_CASE("an OBJECT IDENTIFIER is limited wherever it stands") {
  const auto oid = [](std::size_t n) { return der::element(0x06, der::Der(n, 0x2A)); };
  check_limit(limits::kMaxOid, "extensions", [&](std::size_t n) {
    RawCertificate raw;
    raw.extensions = {der::sequence({oid(n), der::octet_string({})})};
    return parsed(raw);
  });
  check_limit(limits::kMaxOid, "extKeyUsage",
              [&](std::size_t n) { return with_extension("2.5.29.37", der::sequence({oid(n)})); });
  check_limit(limits::kMaxOid, "certificatePolicies",
              [&](std::size_t n) { return with_extension("2.5.29.32", der::sequence({der::sequence({oid(n)})})); });
  check_limit(limits::kMaxOid, "policyMappings", [&](std::size_t n) {
    return with_extension("2.5.29.33", der::sequence({der::sequence({oid(n), oid(n)})}));
  });
  check_limit(limits::kMaxOid, "subjectPublicKeyInfo", [&](std::size_t n) {
    RawCertificate raw;
    raw.spki = der::sequence({der::sequence({oid(n)}), der::bit_string(der::Der(32, 1))});
    return parsed(raw);
  });
  check_limit(limits::kMaxOid, "signatureAlgorithm", [&](std::size_t n) {
    RawCertificate raw;
    raw.algorithm = der::sequence({oid(n)});
    return parsed(raw);
  });
  check_limit(limits::kMaxOid, "subject", [&](std::size_t n) {
    RawCertificate raw;
    raw.subject = der::sequence({der::set({der::sequence({oid(n), der::utf8("x")})})});
    return parsed(raw);
  });
  // X.690 §8.19: an arc ends, and has no padding.
  for (const der::Der& bad : {der::Der{}, der::Der{0x2A, 0x86}, der::Der{0x2A, 0x80, 0x01}})
    CHECK(with_extension("2.5.29.37", der::sequence({der::element(0x06, bad)})).starts_with("bad_certificate"));
}

TEST_CASE("lists that nothing looks at may be as long as they like") {
  const der::Der names = sequence_of(many(3000, test::dns("a.example")));
  for (const char* oid : {"2.5.29.18", "2.5.29.31", "2.5.29.46", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.11"})
    CHECK(with_extension(oid, names) == "accepted");
}

TEST_CASE("RFC 5280 §4.1.2.2: serial numbers of zero and above 20 octets are accepted, negative and padded are not") {
  const auto serial = [](const der::Der& octets) {
    RawCertificate raw;
    raw.serial = der::element(0x02, octets);
    return parsed(raw);
  };
  CHECK(serial({0x00}) == "accepted");
  CHECK(serial({0x00, 0x80}) == "accepted");
  CHECK(serial(der::Der(20, 0x7F)) == "accepted");
  CHECK(serial(der::Der(37, 0x7F)) == "accepted");
  for (const der::Der& bad :
       {der::Der{}, der::Der{0x80}, der::Der{0xFF}, der::Der{0x00, 0x7F}, der::Der{0x00, 0x00}, der::Der{0xFF, 0x80}}) {
    const std::string said = serial(bad);
    CAPTURE(said);
    CHECK(said.starts_with("bad_certificate"));
    CHECK(mentions(said, "serialNumber"));
  }
}

TEST_CASE("RFC 5280 §4.1.2.5: times are in one of two forms, in UTC and to the second") {
  const auto until = [](std::uint8_t tag, std::string_view text) {
    RawCertificate raw;
    raw.validity = der::sequence({der::time(0), der::element(tag, as_bytes(text))});
    return parsed(raw);
  };
  constexpr std::uint8_t kUtc = 0x17, kGeneralized = 0x18;
  CHECK(until(kUtc, "491231235959Z") == "accepted");
  CHECK(until(kGeneralized, "20240229000000Z") == "accepted");
  CHECK(until(kGeneralized, "99991231235959Z") == "accepted");  // no well-defined end
  CHECK(until(kGeneralized, "20490101000000Z") == "accepted");  // a year that UTCTime could say: nothing depends on it
  const auto end_of = [](std::string_view text) {
    RawCertificate raw;
    raw.validity = der::sequence({der::time(0), der::element(kUtc, as_bytes(text))});
    const der::Der whole = raw.encode();
    const auto certificate = pki::parse_certificate(whole);
    REQUIRE(certificate);
    return pki::display_time(certificate->not_after);
  };
  CHECK(end_of("491231235959Z") == "2049-12-31 23:59:59 UTC");
  CHECK(end_of("500101000000Z") == "1950-01-01 00:00:00 UTC");
  for (const char* bad :
       {"4912312359Z", "491231235959", "491231235959+", "491231240000Z", "491231236000Z", "491231235959+0100",
        "491231235959.5Z", "491231235960Z", "491331235959Z", "490230000000Z", "49123123595 Z", "20491231235959Z", ""}) {
    CAPTURE(bad);
    const std::string said = until(kUtc, bad);
    CHECK(said.starts_with("bad_certificate"));
    CHECK(mentions(said, "notAfter"));
  }
  for (const char* bad : {"99991231235959.0Z", "99991231235959+0000", "999912312359Z", "20230229000000Z",
                          "20231301000000Z", "491231235959Z", "-9991231235959Z"}) {
    CAPTURE(bad);
    CHECK(mentions(until(kGeneralized, bad), "notAfter"));
  }
  CHECK(mentions(until(0x0C, "20491231235959Z"), "notAfter"));
}

TEST_CASE("versions: extensions belong to version 3, and an encoded default is accepted") {
  RawCertificate raw;
  for (const auto& [number, outcome] :
       {std::pair(0u, "accepted"), {1u, "accepted"}, {2u, "accepted"}, {3u, "version"}}) {
    raw.version = der::explicitly(0, der::integer(number));
    CHECK(mentions(parsed(raw), outcome));
  }
  raw.version = {};
  CHECK(pki::parse_certificate(raw.encode())->version == 1);
  raw.extensions = {extension("1.2.3", der::null())};
  for (const der::Der& version : {der::Der{}, der::explicitly(0, der::integer(1u))}) {
    raw.version = version;
    CHECK(mentions(parsed(raw), "version 1 or 2"));
  }
}

TEST_CASE("what is not DER and accepted all the same") {
  const der::Der no = der::boolean(false);
  RawCertificate raw;
  raw.extensions = {der::sequence({der::oid("2.5.29.19"), no, der::octet_string(der::sequence({no}))})};
  CHECK(parsed(raw) == "accepted");  // DEFAULT FALSE, encoded
  const der::Der no_authority = raw.encode();
  CHECK_FALSE(pki::parse_certificate(no_authority)->is_ca);
  CHECK(with_extension("2.5.29.15", der::bit_string(der::Der{0x80, 0x00}, 0)) == "accepted");  // X.690 §11.2.2
  CHECK(mentions(with_extension("2.5.29.15", der::bit_string(der::Der{0x81}, 7)), "keyUsage"));
  // X.690 §11.6 sorts a SET OF: the attributes of an RDN may be in any order.
  const der::Der x = test::attribute(test::kCn, "x"), y = test::attribute(test::kO, "y");
  for (const auto& set : {std::vector{x, y}, std::vector{y, x}}) {
    RawCertificate multi;
    multi.subject = der::sequence({test::set_of(set)});
    CHECK(parsed(multi) == "accepted");
  }
}

TEST_CASE("which critical extensions are understood is true") {
  const auto understood = [](const char* oid, const der::Der& value) {
    RawCertificate raw;
    raw.extensions = {extension(oid, value, true)};
    const auto certificate = raw.encode();
    const auto parsed = pki::parse_certificate(certificate);
    REQUIRE(parsed);
    return !parsed->unknown_critical;
  };
  const der::Der names = der::sequence({test::dns("a.example")});
  const der::Der policy = der::sequence({der::sequence({der::oid("1.2.3")})});
  CHECK(understood("2.5.29.17", names));
  CHECK(understood("2.5.29.30", test::constraints({test::dns("a")}, {})));
  CHECK(understood("2.5.29.31", names));
  CHECK(understood("2.5.29.32", policy));
  CHECK(understood("2.5.29.33", der::sequence({der::sequence({der::oid("1.2.3"), der::oid("1.2.4")})})));
  CHECK(understood("2.5.29.36", der::sequence({der::implicitly(0, der::Der{0})})));
  CHECK(understood("2.5.29.54", der::integer(0)));
  CHECK(understood("1.3.6.1.5.5.7.1.24", der::sequence({der::integer(5)})));  // TLS feature (RFC 7633)
  CHECK(understood("2.5.29.56", der::null()));                                // noRevAvail (RFC 9608)
  CHECK(understood("1.3.6.1.5.5.7.48.1.5", der::null()));                     // id-pkix-ocsp-nocheck (RFC 6960)
  CHECK_FALSE(understood("2.5.29.18", names));                                // issuerAltName
  CHECK_FALSE(understood("2.5.29.9", names));                                 // subjectDirectoryAttributes
  CHECK_FALSE(understood("1.3.6.1.5.5.7.1.1", names));                        // authorityInfoAccess
  CHECK_FALSE(understood("1.3.6.1.5.5.7.1.11", names));                       // subjectInfoAccess
  CHECK_FALSE(understood("1.3.6.1.4.1.11129.2.4.3", der::null()));  // the poison of precertificates (RFC 6962)
  // RFC 5280 §4.2.1.4: a critical certificatePolicies with a qualifier that is not understood.
  const auto qualified = [](const char* qualifier) {
    const der::Der qualifiers = der::sequence({der::sequence({der::oid(qualifier), der::null()})});
    return der::sequence({der::sequence({der::oid("1.2.3"), qualifiers})});
  };
  CHECK(understood("2.5.29.32", qualified("1.3.6.1.5.5.7.2.1")));
  CHECK(understood("2.5.29.32", qualified("1.3.6.1.5.5.7.2.2")));
  CHECK_FALSE(understood("2.5.29.32", qualified("1.2.3.4")));
}

TEST_CASE("a malformed extension is refused, and the error names it") {
  const der::Der one{0x01}, three{1, 2, 3};
  const der::Der policy = der::sequence({der::oid("1.2.3")}), any = der::oid("2.5.29.32.0");
  const auto twice = [](const der::Der& part) { return der::sequence({part, part}); };
  struct Bad {
    const char* oid;
    const char* name;
    der::Der value;
  };
  const std::vector<Bad> bad = {
      {"2.5.29.15", "keyUsage", der::null()},
      {"2.5.29.15", "keyUsage", der::bit_string(der::Der{0x00}, 0)},  // RFC 5280 §4.2.1.3: at least one bit
      {"2.5.29.15", "keyUsage", der::bit_string({}, 0)},
      {"2.5.29.15", "keyUsage", der::bit_string(one, 8)},
      {"2.5.29.15", "keyUsage", der::bit_string(der::Der{0x80, 0x00}, 8)},
      {"2.5.29.37", "extKeyUsage", der::sequence({})},
      {"2.5.29.37", "extKeyUsage", der::sequence({der::null()})},
      {"2.5.29.17", "subjectAltName", der::sequence({})},
      {"2.5.29.17", "subjectAltName", der::sequence({test::address(three)})},
      {"2.5.29.17", "subjectAltName", der::sequence({der::implicitly(9, one)})},  // no such form
      {"2.5.29.17", "subjectAltName", der::sequence({der::explicitly(2, one)})},  // constructed dNSName
      {"2.5.29.17", "subjectAltName", der::sequence({der::implicitly(4, one)})},  // primitive directoryName
      {"2.5.29.17", "subjectAltName", der::sequence({der::utf8("a.example")})},
      {"2.5.29.17", "subjectAltName", der::sequence({der::element(0x02, as_bytes("a.example"))})},  // universal 2
      {"2.5.29.17", "subjectAltName", der::concat({der::sequence({test::dns("a")}), der::null()})},
      {"2.5.29.19", "basicConstraints", der::sequence({der::element(0x01, one)})},  // BOOLEAN 01
      {"2.5.29.19", "basicConstraints", der::sequence({der::boolean(true), der::element(0x02, der::Der{0x80})})},
      {"2.5.29.19", "basicConstraints", der::sequence({der::boolean(true), der::element(0x02, der::Der{0, 1})})},
      {"2.5.29.14", "subjectKeyIdentifier", der::null()},
      {"2.5.29.35", "authorityKeyIdentifier", der::octet_string(one)},
      {"2.5.29.35", "authorityKeyIdentifier", der::sequence({der::null()})},
      {"2.5.29.32", "certificatePolicies", der::sequence({})},
      {"2.5.29.32", "certificatePolicies", twice(policy)},
      {"2.5.29.32", "certificatePolicies", der::sequence({der::sequence({der::oid("1.2.3"), der::sequence({})})})},
      {"2.5.29.33", "policyMappings", der::sequence({})},
      {"2.5.29.33", "policyMappings", der::sequence({der::sequence({any, der::oid("1.2.3")})})},
      {"2.5.29.33", "policyMappings", der::sequence({der::sequence({der::oid("1.2.3"), any})})},
      {"2.5.29.36", "policyConstraints", der::sequence({})},
      {"2.5.29.36", "policyConstraints", der::sequence({der::implicitly(0, der::Der{0x80})})},
      {"2.5.29.36", "policyConstraints", der::sequence({der::implicitly(2, one)})},
      {"2.5.29.54", "inhibitAnyPolicy", der::null()},
      {"1.3.6.1.5.5.7.1.24", "TLS feature", der::sequence({})},
      {"1.3.6.1.5.5.7.1.24", "TLS feature", der::sequence({der::null()})},
      {"2.5.29.56", "noRevAvail", der::sequence({})},
  };
  for (const Bad& one_bad : bad)
    for (const bool critical : {true, false}) {
      const std::string said = with_extension(one_bad.oid, one_bad.value, critical);
      CAPTURE(one_bad.name);
      CAPTURE(said);
      CHECK(said.starts_with("bad_certificate"));
      CHECK(mentions(said, one_bad.name));
      CHECK(mentions(said, "CN=Subject"));
    }
  RawCertificate raw;
  raw.extensions = {extension("1.2.3", der::null()), extension("1.2.3", der::null())};
  CHECK(mentions(parsed(raw), "twice"));
  raw.extensions = {der::sequence({der::oid("1.2.3"), der::octet_string({}), der::null()})};
  CHECK(mentions(parsed(raw), "an extension is malformed"));
  // Numbers that no path is long enough to reach are no reason to refuse, and stay that large.
  for (const der::Der& large : {der::Der(9, 0x7F), der::Der{1, 0, 0, 0, 0}}) {
    raw.extensions = {extension("2.5.29.19", der::sequence({der::boolean(true), der::element(0x02, large)}))};
    const der::Der whole = raw.encode();
    const auto certificate = pki::parse_certificate(whole);
    REQUIRE(certificate);
    CHECK(certificate->path_length == 0x7FFFFFFF);
  }
}

TEST_CASE("malformed fields are refused, and the error names them") {
  const auto broken = [](der::Der RawCertificate::* field, const der::Der& value) {
    RawCertificate raw;
    raw.*field = value;
    return parsed(raw);
  };
  const der::Der type = der::oid(test::kCn);
  for (const der::Der& bad : {der::sequence({der::set({})}), der::sequence({der::sequence({})}),
                              der::sequence({der::set({der::sequence({type})})}),
                              der::sequence({der::set({der::sequence({type, der::utf8("x"), der::null()})})}),
                              der::sequence({der::set({der::null()})})}) {
    CHECK(mentions(broken(&RawCertificate::subject, bad), "subject"));
    CHECK(mentions(broken(&RawCertificate::issuer, bad), "issuer"));
  }
  CHECK(broken(&RawCertificate::subject, der::sequence({})) == "accepted");  // its names are in subjectAltName
  for (const der::Der& times :
       {der::sequence({der::time(0)}), der::sequence({der::time(0), der::time(1), der::time(2)})})
    CHECK(mentions(broken(&RawCertificate::validity, times), "validity"));
  const der::Der ed25519 = der::sequence({der::oid("1.3.101.112")}), bits = der::bit_string(der::Der(32, 1));
  for (const der::Der& key : {der::sequence({}), der::sequence({ed25519, bits, der::null()}),
                              der::sequence({ed25519, der::bit_string(der::Der(32, 0x80), 7)})})
    CHECK(mentions(broken(&RawCertificate::spki, key), "subjectPublicKeyInfo"));
  CHECK(mentions(broken(&RawCertificate::spki, der::null()), "subjectPublicKeyInfo"));
  CHECK(mentions(broken(&RawCertificate::signature, der::bit_string(der::Der{0x80}, 7)), "signature"));
  CHECK(mentions(broken(&RawCertificate::algorithm, der::sequence({})), "signatureAlgorithm"));
  // RFC 5280 §4.1.1.2: the two are the same.
  CHECK(mentions(broken(&RawCertificate::outer_algorithm, der::sequence({der::oid("1.2.840.10045.4.3.3")})),
                 "signature algorithm"));
  CHECK(mentions(broken(&RawCertificate::unique_ids, der::null()), "TBSCertificate"));
  CHECK(broken(&RawCertificate::unique_ids, der::implicitly(1, der::Der{0, 1})) == "accepted");
}

TEST_CASE("an OBJECT IDENTIFIER is shown in full or as it stands") {
  const auto shown = [](const der::Der& contents) { return crypto::oid::text(contents); };
  CHECK(shown({0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B}) == "1.2.840.113549.1.1.11");
  CHECK(shown({0x88, 0x37}) == "2.999");
  CHECK(shown({0x2A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}) == "1.2.9223372036854775807");
  CHECK(shown({0x2A, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}) ==
        "OID 0x2a8180808080808080"
        "8000");
}
