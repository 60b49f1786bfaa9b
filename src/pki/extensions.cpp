#include "pki/extensions.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

/// An extension that is being parsed: where its value goes, and what to call it.
struct Context {
  std::string_view name;
  Certificate& out;

  [[nodiscard]] std::string what() const {
    return "the " + std::string(name) + " in the certificate of '" + display_name(out.subject) + "'";
  }
  [[nodiscard]] std::unexpected<Error> bad(std::string_view why) const {
    return fail(Code::bad_certificate, what() + " cannot be accepted: " + std::string(why));
  }
  [[nodiscard]] Result<void> check_oid(Bytes oid) const {
    const auto fault = oid_fault(oid);
    if (fault.empty()) return {};
    return fail(oid_fault_code(fault), what() + " cannot be accepted: " + std::string(fault));
  }
  [[nodiscard]] std::unexpected<Error> too_many(std::size_t limit, std::string_view of_what) const {
    return fail(Code::certificate_too_complex,
                what() + " cannot be accepted: it has more than " + std::to_string(limit) + " " + std::string(of_what));
  }
};

/// A non-negative INTEGER; what is above 2^31 - 1 counts as that, which no path is long enough to reach.
std::uint32_t counter(crypto::DerReader& reader, std::uint8_t tag = crypto::der::kInteger) {
  const Bytes value = reader.take(tag).value;
  const bool padded = value.size() > 1 && value[0] == 0 && value[1] < 0x80;
  if (value.empty() || value[0] >= 0x80 || padded) {
    reader.fail();
    return 0;
  }
  constexpr std::uint32_t kMost = 0x7FFFFFFF;
  if (value.size() > 4) return kMost;
  std::uint32_t number = 0;
  for (const std::uint8_t b : value) number = number << 8 | b;
  return number;
}

Result<void> parse_key_usage(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  const Bytes bits = reader.take(crypto::der::kBitString).value;
  if (!reader.done() || bits.empty() || bits[0] > 7) return in.bad("it is not a BIT STRING");
  if (bits.size() == 1) return in.bad("no bit is set (RFC 5280 §4.2.1.3)");
  // X.690 §11.2.1: unused bits are zero. Zeroes that §11.2.2 leaves out of a named bit list are accepted: they are
  // common, and say nothing else.
  if ((bits.back() & ((1u << bits[0]) - 1)) != 0) return in.bad("the unused bits of its BIT STRING are not zero");
  const unsigned usage = static_cast<unsigned>(bits[1]) << 8 | (bits.size() > 2 ? bits[2] : 0u);
  if (usage == 0) return in.bad("no bit is set (RFC 5280 §4.2.1.3)");
  in.out.key_usage = static_cast<std::uint16_t>(usage);
  return {};
}

Result<void> parse_extended_key_usage(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  const Bytes contents = reader.take(crypto::der::kSequence).value;
  crypto::DerReader list(contents);
  std::size_t count = 0;
  while (!list.empty()) {
    if (++count > limits::kMaxKeyPurposes) return in.too_many(limits::kMaxKeyPurposes, "purposes");
    const Bytes purpose = list.take(crypto::der::kOid).value;
    if (!list.ok()) break;
    if (auto sound = in.check_oid(purpose); !sound) return sound;
  }
  if (!reader.done() || !list.done() || count == 0) return in.bad("it is not a list of OBJECT IDENTIFIERs");
  in.out.extended_key_usage = OidSequence(contents, count);
  return {};
}

Result<void> parse_basic_constraints(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  if (fields.next_is(crypto::der::kBoolean)) in.out.is_ca = fields.boolean();  // an encoded FALSE is accepted
  if (!fields.empty()) in.out.path_length = counter(fields);
  if (!reader.done() || !fields.done()) return in.bad("it is not a BOOLEAN and a number");
  return {};
}

Result<void> parse_subject_alt_name(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  const Bytes contents = reader.take(crypto::der::kSequence).value;
  crypto::DerReader names(contents);
  std::size_t count = 0, dns = 0, addresses = 0;
  while (!names.empty()) {
    if (++count > limits::kMaxCertificateNames) return in.too_many(limits::kMaxCertificateNames, "names");
    const crypto::DerElement element = names.next();
    if (!names.ok()) break;
    const auto name = general_name(element);
    if (!name) return in.bad("it holds a name of a form that RFC 5280 §4.2.1.6 does not know");
    if (name->form == NameForm::dns) ++dns;
    if (name->form != NameForm::address) continue;
    if (name->value.size() != 4 && name->value.size() != 16) return in.bad("an iPAddress has neither 4 nor 16 octets");
    ++addresses;
  }
  if (!reader.done() || !names.done()) return in.bad("it is not a list of names");
  if (count == 0) return in.bad("it is empty");
  in.out.general_names = GeneralNames(contents, count);
  in.out.dns_names = DnsNames(contents, dns);
  in.out.addresses = Addresses(contents, addresses);
  return {};
}

Result<void> parse_subject_key_identifier(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  in.out.subject_key_identifier = reader.take(crypto::der::kOctetString).value;
  if (!reader.done()) return in.bad("it is not an OCTET STRING");
  return {};
}

Result<void> parse_authority_key_identifier(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  if (auto id = fields.take_if(crypto::der::context(0))) in.out.authority_key_identifier = id->value;
  (void)fields.take_if(crypto::der::context_constructed(1));  // authorityCertIssuer: not used
  (void)fields.take_if(crypto::der::context(2));              // authorityCertSerialNumber: not used
  if (!reader.done() || !fields.done()) return in.bad("it is not an AuthorityKeyIdentifier");
  return {};
}

/// RFC 5280 §4.2.1.4: whoever honours a critical certificatePolicies understands its qualifiers, of which two are
/// defined.
Result<void> parse_qualifiers(const Context& in, Bytes contents, bool& understood) {
  crypto::DerReader qualifiers(contents);
  std::size_t count = 0;
  while (!qualifiers.empty()) {
    if (++count > limits::kMaxPolicyQualifiers) return in.too_many(limits::kMaxPolicyQualifiers, "qualifiers");
    crypto::DerReader qualifier(qualifiers.take(crypto::der::kSequence).value);
    const Bytes id = qualifier.take(crypto::der::kOid).value;
    (void)qualifier.next();
    if (!qualifiers.ok() || !qualifier.done()) return in.bad("a qualifier is malformed");
    if (!oid::is(id, oid::kCpsQualifier) && !oid::is(id, oid::kUserNoticeQualifier)) understood = false;
  }
  if (count == 0) return in.bad("a list of qualifiers is empty");
  return {};
}

Result<void> parse_policies(const Context& in, Bytes value, bool& understood) {
  crypto::DerReader reader(value);
  const Bytes contents = reader.take(crypto::der::kSequence).value;
  crypto::DerReader list(contents);
  std::array<Bytes, limits::kMaxPolicies> seen;
  std::size_t count = 0;
  while (!list.empty()) {
    if (count == limits::kMaxPolicies) return in.too_many(limits::kMaxPolicies, "policies");
    crypto::DerReader policy(list.take(crypto::der::kSequence).value);
    const Bytes id = policy.take(crypto::der::kOid).value;
    if (!list.ok() || !policy.ok()) return in.bad("a policy is malformed");
    if (auto sound = in.check_oid(id); !sound) return sound;
    const auto same = [id](Bytes other) { return std::ranges::equal(id, other); };
    if (std::ranges::any_of(seen.begin(), seen.begin() + count, same))
      return in.bad("a policy is in it twice (RFC 5280 §4.2.1.4)");
    seen[count++] = id;
    if (policy.empty()) continue;
    const Bytes qualifiers = policy.take(crypto::der::kSequence).value;
    if (!policy.done()) return in.bad("a policy is malformed");
    if (auto sound = parse_qualifiers(in, qualifiers, understood); !sound) return sound;
  }
  if (!reader.done() || !list.done() || count == 0) return in.bad("it is not a list of policies");
  in.out.policies.listed = Elements(contents, count);
  return {};
}

Result<void> parse_policy_mappings(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  const Bytes contents = reader.take(crypto::der::kSequence).value;
  crypto::DerReader list(contents);
  std::size_t count = 0;
  while (!list.empty()) {
    if (++count > limits::kMaxPolicies) return in.too_many(limits::kMaxPolicies, "mappings");
    crypto::DerReader mapping(list.take(crypto::der::kSequence).value);
    const Bytes from = mapping.take(crypto::der::kOid).value, to = mapping.take(crypto::der::kOid).value;
    if (!list.ok() || !mapping.done()) return in.bad("a mapping is malformed");
    for (const Bytes policy : {from, to}) {
      if (auto sound = in.check_oid(policy); !sound) return sound;
      // RFC 5280 §6.1.4 (a)
      if (oid::is(policy, oid::kAnyPolicy)) return in.bad("it maps anyPolicy (RFC 5280 §4.2.1.5)");
    }
  }
  if (!reader.done() || !list.done() || count == 0) return in.bad("it is not a list of mappings");
  in.out.policies.mappings = Elements(contents, count);
  return {};
}

Result<void> parse_policy_constraints(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  Policies& out = in.out.policies;
  if (fields.next_is(crypto::der::context(0))) out.require_explicit = counter(fields, crypto::der::context(0));
  if (fields.next_is(crypto::der::context(1))) out.inhibit_mapping = counter(fields, crypto::der::context(1));
  if (!reader.done() || !fields.done()) return in.bad("it is not two numbers");
  if (!out.require_explicit && !out.inhibit_mapping) return in.bad("it is empty (RFC 5280 §4.2.1.11)");
  return {};
}

Result<void> parse_inhibit_any_policy(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  in.out.policies.inhibit_any = counter(reader);
  if (!reader.done()) return in.bad("it is not a number");
  return {};
}

Result<void> note_name_constraints(const Context& in, Bytes value) {
  in.out.name_constraints = value;  // name_constraints.h parses it, when an authority is to be judged by it
  return {};
}

/// TLS feature (RFC 7633 §4.1): numbers of extensions. Status_request is what a client can hold a server to here;
/// others say nothing.
Result<void> parse_tls_feature(const Context& in, Bytes value) {
  constexpr std::uint32_t kStatusRequest = 5;
  crypto::DerReader reader(value);
  crypto::DerReader list(reader.take(crypto::der::kSequence).value);
  std::size_t count = 0;
  for (; !list.empty(); ++count)
    if (counter(list) == kStatusRequest && list.ok()) in.out.must_staple = true;
  if (!reader.done() || !list.done() || count == 0) return in.bad("it is not a list of numbers");
  return {};
}

Result<void> parse_no_rev_avail(const Context& in, Bytes value) {
  crypto::DerReader reader(value);
  if (!reader.take(crypto::der::kNull).value.empty() || !reader.done()) return in.bad("it is not NULL");
  in.out.no_rev_avail = true;
  return {};
}

/// RFC 6960 §4.2.2.2.1: NULL. Authorities leave the value empty, too, and it says nothing: its presence counts.
Result<void> parse_ocsp_no_check(const Context& in, Bytes) {
  in.out.ocsp_no_check = true;
  return {};
}

struct Row {
  std::string_view id, name;
  Result<void> (*parse)(const Context&, Bytes);
};
constexpr std::array kKnown = {
    Row{oid::kKeyUsage, "keyUsage", parse_key_usage},
    Row{oid::kExtKeyUsage, "extKeyUsage", parse_extended_key_usage},
    Row{oid::kBasicConstraints, "basicConstraints", parse_basic_constraints},
    Row{oid::kSubjectAltName, "subjectAltName", parse_subject_alt_name},
    Row{oid::kSubjectKeyIdentifier, "subjectKeyIdentifier", parse_subject_key_identifier},
    Row{oid::kAuthorityKeyIdentifier, "authorityKeyIdentifier", parse_authority_key_identifier},
    Row{oid::kNameConstraints, "nameConstraints", note_name_constraints},
    Row{oid::kPolicyMappings, "policyMappings", parse_policy_mappings},
    Row{oid::kPolicyConstraints, "policyConstraints", parse_policy_constraints},
    Row{oid::kInhibitAnyPolicy, "inhibitAnyPolicy", parse_inhibit_any_policy},
    Row{oid::kTlsFeature, "TLS feature extension", parse_tls_feature},
    Row{oid::kNoRevAvail, "noRevAvail", parse_no_rev_avail},
    Row{oid::kOcspNoCheck, "id-pkix-ocsp-nocheck", parse_ocsp_no_check},
};

Result<void> parse_extension(Bytes id, bool critical, Bytes value, Certificate& out) {
  for (const Row& row : kKnown)
    if (oid::is(id, row.id)) return row.parse(Context{row.name, out}, value);
  bool understood = false;
  if (oid::is(id, oid::kCertificatePolicies)) {
    understood = true;
    if (auto parsed = parse_policies(Context{"certificatePolicies", out}, value, understood); !parsed) return parsed;
  } else if (oid::is(id, oid::kCrlDistributionPoints)) {
    understood = true;
    out.crl_distribution_points = value;  // crl_scope.h reads it, where a CRL asks
  }
  if (critical && !understood && !out.unknown_critical) out.unknown_critical = id;
  return {};
}

}  // namespace

Result<void> parse_extensions(Bytes contents, Certificate& out) {
  const Context in{"list of extensions", out};
  crypto::DerReader reader(contents);
  crypto::DerReader list(reader.take(crypto::der::kSequence).value);
  std::array<Bytes, limits::kMaxCertificateExtensions> seen;
  std::size_t count = 0;
  while (!list.empty()) {
    if (count == limits::kMaxCertificateExtensions) return in.too_many(limits::kMaxCertificateExtensions, "extensions");
    crypto::DerReader extension(list.take(crypto::der::kSequence).value);
    const Bytes id = extension.take(crypto::der::kOid).value;
    // DEFAULT FALSE is left out in DER; authorities encode it all the same, and it says nothing else: accepted.
    const bool critical = extension.next_is(crypto::der::kBoolean) && extension.boolean();
    const Bytes value = extension.take(crypto::der::kOctetString).value;
    if (!list.ok() || !extension.done()) return in.bad("an extension is malformed");
    if (auto sound = in.check_oid(id); !sound) return sound;
    const auto same = [id](Bytes other) { return std::ranges::equal(id, other); };
    if (std::ranges::any_of(seen.begin(), seen.begin() + count, same))
      return in.bad("the extension " + oid::text(id) + " is in it twice (RFC 5280 §4.2)");
    seen[count++] = id;
    if (auto parsed = parse_extension(id, critical, value, out); !parsed) return parsed;
  }
  if (!reader.done() || !list.done() || count == 0) return in.bad("it is not a list of at least one");
  return {};
}

}  // namespace tls::pki
