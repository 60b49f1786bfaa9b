#include "pki/certificate.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

std::unexpected<Error> malformed(std::string_view what) {
  return fail(Code::bad_certificate, "the certificate's " + std::string(what) + " cannot be parsed");
}

/// RFC 5280 §4.1.2.5: UTCTime YYMMDDHHMMSSZ or GeneralizedTime YYYYMMDDHHMMSSZ, nothing else.
std::optional<std::int64_t> parse_time(const crypto::DerElement& element) {
  const bool utc = element.tag == crypto::der::kUtcTime;
  if (!utc && element.tag != crypto::der::kGeneralizedTime) return std::nullopt;
  const std::size_t digits = utc ? 12 : 14;
  const Bytes text = element.value;
  if (text.size() != digits + 1 || text[digits] != 'Z') return std::nullopt;
  if (!std::ranges::all_of(text.first(digits), [](std::uint8_t c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  const auto two = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  const std::size_t at = utc ? 2 : 4;
  const int year = utc ? two(0) + (two(0) >= 50 ? 1900 : 2000) : two(0) * 100 + two(2);
  const std::chrono::year_month_day day{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(two(at))),
                                        std::chrono::day(static_cast<unsigned>(two(at + 2)))};
  const int hour = two(at + 4), minute = two(at + 6), second = two(at + 8);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

bool parse_key_usage(Bytes value, Certificate& out) {
  crypto::DerReader reader(value);
  const Bytes bits = reader.take(crypto::der::kBitString).value;
  if (!reader.done() || bits.size() < 2 || bits.size() > 3 || bits[0] > 7) return false;
  const unsigned usage = static_cast<unsigned>(bits[1]) << 8 | (bits.size() == 3 ? bits[2] : 0u);
  if (usage == 0) return false;  // RFC 5280 §4.2.1.3: at least one bit is set
  out.key_usage = static_cast<std::uint16_t>(usage);
  return true;
}

bool parse_extended_key_usage(Bytes value, Certificate& out) {
  crypto::DerReader reader(value);
  crypto::DerReader list(reader.take(crypto::der::kSequence).value);
  std::vector<Bytes> purposes;
  while (list.ok() && !list.empty()) purposes.push_back(list.take(crypto::der::kOid).value);
  if (!reader.done() || !list.done() || purposes.empty()) return false;
  out.extended_key_usage = std::move(purposes);
  return true;
}

bool parse_basic_constraints(Bytes value, Certificate& out) {
  crypto::DerReader reader(value);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  crypto::DerReader probe = fields;
  if (probe.take_if(crypto::der::kBoolean)) out.is_ca = fields.boolean();
  if (!fields.empty()) out.path_length = fields.small_integer();
  return reader.done() && fields.done();
}

bool parse_subject_alt_name(Bytes value, Certificate& out) {
  crypto::DerReader reader(value);
  crypto::DerReader names(reader.take(crypto::der::kSequence).value);
  std::size_t count = 0;
  while (names.ok() && !names.empty()) {
    if (++count > limits::kMaxCertificateNames) return false;
    const crypto::DerElement name = names.next();
    if (name.tag == crypto::der::context(2)) out.dns_names.push_back(as_text(name.value));
    if (name.tag == crypto::der::context(7)) {
      if (name.value.size() != 4 && name.value.size() != 16) return false;
      out.addresses.push_back(name.value);
    }
  }
  return reader.done() && names.done() && count != 0;
}

/// RFC 5280 §4.2.1.4: whoever honours a critical certificatePolicies understands its qualifiers, of which two are
/// defined.
bool understands_policies(Bytes value) {
  crypto::DerReader reader(value);
  crypto::DerReader policies(reader.take(crypto::der::kSequence).value);
  while (policies.ok() && !policies.empty()) {
    crypto::DerReader policy(policies.take(crypto::der::kSequence).value);
    (void)policy.take(crypto::der::kOid);
    if (policy.empty()) continue;
    crypto::DerReader qualifiers(policy.take(crypto::der::kSequence).value);
    while (qualifiers.ok() && !qualifiers.empty()) {
      crypto::DerReader qualifier(qualifiers.take(crypto::der::kSequence).value);
      const Bytes id = qualifier.take(crypto::der::kOid).value;
      if (!oid::is(id, oid::kCpsQualifier) && !oid::is(id, oid::kUserNoticeQualifier)) return false;
    }
    if (!qualifiers.done() || !policy.done()) return false;
  }
  return reader.done() && policies.done();
}

bool parse_key_identifiers(Bytes value, bool authority, Certificate& out) {
  crypto::DerReader reader(value);
  if (!authority) {
    out.subject_key_identifier = reader.take(crypto::der::kOctetString).value;
    return reader.done();
  }
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  if (auto id = fields.take_if(crypto::der::context(0))) out.authority_key_identifier = id->value;
  while (fields.ok() && !fields.empty()) (void)fields.next();  // authorityCertIssuer and -SerialNumber are not used
  return reader.done() && fields.done();
}

bool parse_extension(Bytes id, bool critical, Bytes value, Certificate& out) {
  if (oid::is(id, oid::kKeyUsage)) return parse_key_usage(value, out);
  if (oid::is(id, oid::kExtKeyUsage)) return parse_extended_key_usage(value, out);
  if (oid::is(id, oid::kBasicConstraints)) return parse_basic_constraints(value, out);
  if (oid::is(id, oid::kSubjectAltName)) return parse_subject_alt_name(value, out);
  if (oid::is(id, oid::kSubjectKeyIdentifier)) return parse_key_identifiers(value, false, out);
  if (oid::is(id, oid::kAuthorityKeyIdentifier)) return parse_key_identifiers(value, true, out);
  if (oid::is(id, oid::kNameConstraints)) {
    out.name_constraints = value;
    return true;
  }
  // Any policy is acceptable (RFC 5280 §6.1.1 (c)), so there is nothing to enforce. CRLs are not used.
  if (oid::is(id, oid::kCertificatePolicies) && understands_policies(value)) return true;
  if (oid::is(id, oid::kCrlDistributionPoints)) return true;
  if (critical && !out.unknown_critical) out.unknown_critical = id;
  return true;
}

bool parse_extensions(Bytes value, Certificate& out) {
  crypto::DerReader reader(value);
  crypto::DerReader list(reader.take(crypto::der::kSequence).value);
  std::vector<Bytes> seen;
  while (list.ok() && !list.empty()) {
    crypto::DerReader extension(list.take(crypto::der::kSequence).value);
    const Bytes id = extension.take(crypto::der::kOid).value;
    crypto::DerReader probe = extension;
    const bool critical = probe.take_if(crypto::der::kBoolean) ? extension.boolean() : false;
    const Bytes contents = extension.take(crypto::der::kOctetString).value;
    if (!extension.done() || seen.size() == limits::kMaxCertificateExtensions) return false;
    // RFC 5280 §4.2: no extension twice.
    if (std::ranges::any_of(seen, [&](Bytes other) { return std::ranges::equal(other, id); })) return false;
    seen.push_back(id);
    if (!parse_extension(id, critical, contents, out)) return false;
  }
  return reader.done() && list.done() && !seen.empty();
}

bool parse_public_key(Bytes spki, Certificate& out) {
  crypto::DerReader reader(spki);
  const auto algorithm = parse_algorithm(reader.take(crypto::der::kSequence).value);
  const Bytes bits = reader.take(crypto::der::kBitString).value;
  if (!reader.done() || !algorithm || bits.empty() || bits[0] != 0) return false;
  out.key_algorithm = *algorithm;
  out.subject_public_key = bits.subspan(1);
  return true;
}

Result<void> parse_tbs(Bytes tbs, Bytes outer_algorithm, Certificate& out) {
  crypto::DerReader reader(tbs);
  if (auto explicit_version = reader.take_if(crypto::der::context_constructed(0))) {
    crypto::DerReader version(explicit_version->value);
    out.version = version.small_integer() + 1;
    if (!version.done() || out.version < 2 || out.version > 3) return malformed("version");
  }
  out.serial = reader.take(crypto::der::kInteger).value;
  const Bytes algorithm = reader.take(crypto::der::kSequence).value;
  // RFC 5280 §4.1.1.2: the two algorithm identifiers are the same.
  if (!reader.ok() || !std::ranges::equal(algorithm, outer_algorithm)) return malformed("signature algorithm");
  out.issuer = reader.take(crypto::der::kSequence).whole;
  crypto::DerReader validity(reader.take(crypto::der::kSequence).value);
  const auto not_before = parse_time(validity.next()), not_after = parse_time(validity.next());
  if (!validity.done() || !not_before || !not_after) return malformed("validity");
  out.not_before = *not_before, out.not_after = *not_after;
  out.subject = reader.take(crypto::der::kSequence).whole;
  const crypto::DerElement spki = reader.take(crypto::der::kSequence);
  out.subject_public_key_info = spki.whole;
  if (!reader.ok()) return malformed("subject");
  if (!parse_public_key(spki.value, out)) return malformed("public key");
  (void)reader.take_if(crypto::der::context(1));  // issuerUniqueID
  (void)reader.take_if(crypto::der::context(2));  // subjectUniqueID
  if (auto extensions = reader.take_if(crypto::der::context_constructed(3))) {
    // RFC 5280 §4.1.2.9: extensions exist in version 3 only.
    if (out.version != 3 || !parse_extensions(extensions->value, out)) return malformed("extensions");
  }
  if (!reader.done()) return malformed("fields");
  return {};
}

}  // namespace

bool Certificate::allows_purpose(std::string_view purpose) const noexcept {
  if (!extended_key_usage) return true;
  return std::ranges::any_of(*extended_key_usage,
                             [&](Bytes id) { return oid::is(id, purpose) || oid::is(id, oid::kAnyExtendedKeyUsage); });
}

bool Certificate::self_issued() const { return canonical_name(issuer) == canonical_name(subject); }

std::optional<AlgorithmIdentifier> parse_algorithm(Bytes contents) {
  crypto::DerReader reader(contents);
  AlgorithmIdentifier algorithm;
  algorithm.oid = reader.take(crypto::der::kOid).value;
  if (!reader.empty()) algorithm.parameters = reader.next().whole;
  if (!reader.done() || algorithm.oid.empty()) return std::nullopt;
  return algorithm;
}

Result<Certificate> parse_certificate(Bytes der) {
  Certificate certificate;
  certificate.der = der;
  crypto::DerReader reader(der);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  const crypto::DerElement tbs = fields.take(crypto::der::kSequence);
  const Bytes algorithm = fields.take(crypto::der::kSequence).value;
  const Bytes signature = fields.take(crypto::der::kBitString).value;
  const auto identifier = parse_algorithm(algorithm);
  if (!reader.done() || !fields.done() || !identifier) return malformed("outer structure");
  if (signature.empty() || signature[0] != 0) return malformed("signature");  // whole octets, no unused bits
  certificate.tbs = tbs.whole;
  certificate.signature_identifier = algorithm;
  certificate.signature_algorithm = *identifier;
  certificate.signature = signature.subspan(1);
  if (auto parsed = parse_tbs(tbs.value, algorithm, certificate); !parsed)
    return std::unexpected(std::move(parsed).error());
  return certificate;
}

}  // namespace tls::pki
