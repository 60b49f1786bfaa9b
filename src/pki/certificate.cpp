#include "pki/certificate.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/distinguished_name.h"
#include "pki/extensions.h"
#include "pki/oids.h"
#include "pki/times.h"

namespace tls::pki {
namespace {

std::unexpected<Error> malformed(std::string_view what, std::string_view why, Code code = Code::bad_certificate) {
  return fail(code, "the certificate's " + std::string(what) + " cannot be accepted: " + std::string(why));
}

/// RFC 5280 §4.1.2.2 wants 1 to 20 octets and a positive number. Zero and longer numbers are accepted: authorities have
/// issued them, and nothing here depends on it.
Result<void> check_serial(Bytes serial) {
  if (serial.empty()) return malformed("serialNumber", "it is empty");
  if (serial.size() > 1 && ((serial[0] == 0 && serial[1] < 0x80) || (serial[0] == 0xFF && serial[1] >= 0x80)))
    return malformed("serialNumber", "it is not encoded in the fewest octets");
  if (serial[0] >= 0x80) return malformed("serialNumber", "it is negative");
  return {};
}

Result<AlgorithmIdentifier> take_algorithm(Bytes contents, std::string_view what) {
  const auto algorithm = parse_algorithm(contents);
  if (!algorithm) return malformed(what, "it is not an AlgorithmIdentifier");
  if (const auto fault = oid_fault(algorithm->oid); !fault.empty())
    return malformed(what, fault, oid_fault_code(fault));
  return *algorithm;
}

Result<void> parse_public_key(Bytes spki, Certificate& out) {
  constexpr std::string_view kWhat = "subjectPublicKeyInfo";
  crypto::DerReader reader(spki);
  const Bytes algorithm = reader.take(crypto::der::kSequence).value;
  const Bytes bits = reader.take(crypto::der::kBitString).value;
  if (!reader.done()) return malformed(kWhat, "it is not an algorithm and a BIT STRING");
  if (auto identifier = take_algorithm(algorithm, kWhat); !identifier)
    return std::unexpected(std::move(identifier).error());
  if (bits.empty() || bits[0] != 0) return malformed(kWhat, "the key is not of whole octets");
  out.subject_public_key = bits.subspan(1);
  return {};
}

Result<void> parse_version(crypto::DerReader& reader, Certificate& out) {
  const auto explicit_version = reader.take_if(crypto::der::context_constructed(0));
  if (!explicit_version) return {};
  crypto::DerReader version(explicit_version->value);
  const std::uint32_t number = version.small_integer();  // 0 is the default, which DER leaves out: accepted
  if (!version.done() || number > 2) return malformed("version", "it is not 1, 2 or 3");
  out.version = number + 1;
  return {};
}

Result<void> parse_validity(Bytes contents, Certificate& out) {
  crypto::DerReader validity(contents);
  const crypto::DerElement first = validity.next(), last = validity.next();
  if (!validity.done()) return malformed("validity", "it is not two times");
  const auto not_before = parse_time(first), not_after = parse_time(last);
  constexpr std::string_view kForm =
      " is not YYMMDDHHMMSSZ as UTCTime or YYYYMMDDHHMMSSZ as GeneralizedTime (RFC 5280 §4.1.2.5)";
  if (!not_before) return malformed("validity", "notBefore" + std::string(kForm));
  if (!not_after) return malformed("validity", "notAfter" + std::string(kForm));
  out.not_before = *not_before, out.not_after = *not_after;
  return {};
}

/// TBSCertificate up to the issuer.
Result<void> parse_head(crypto::DerReader& reader, Bytes outer_algorithm, Certificate& out) {
  if (auto version = parse_version(reader, out); !version) return version;
  out.serial = reader.take(crypto::der::kInteger).value;
  if (!reader.ok()) return malformed("serialNumber", "it is not an INTEGER");
  if (auto serial = check_serial(out.serial); !serial) return serial;
  // RFC 5280 §4.1.1.2: the two algorithm identifiers are the same.
  if (const Bytes algorithm = reader.take(crypto::der::kSequence).value;
      !reader.ok() || !std::ranges::equal(algorithm, outer_algorithm))
    return malformed("signature algorithm", "it is not the one beside the signature");
  out.issuer = reader.take(crypto::der::kSequence).whole;
  if (!reader.ok()) return malformed("issuer", "it is not a Name");
  return check_name(out.issuer, "the certificate's issuer");
}

Result<void> parse_tbs(Bytes tbs, Bytes outer_algorithm, Certificate& out) {
  crypto::DerReader reader(tbs);
  if (auto head = parse_head(reader, outer_algorithm, out); !head) return head;
  const Bytes validity = reader.take(crypto::der::kSequence).value;
  if (!reader.ok()) return malformed("validity", "it is not a SEQUENCE");
  if (auto times = parse_validity(validity, out); !times) return times;
  out.subject = reader.take(crypto::der::kSequence).whole;
  if (!reader.ok()) return malformed("subject", "it is not a Name");
  if (auto name = check_name(out.subject, "the certificate's subject"); !name) return name;
  out.issuer_is_subject = same_name(out.issuer, out.subject);
  const crypto::DerElement spki = reader.take(crypto::der::kSequence);
  if (!reader.ok()) return malformed("subjectPublicKeyInfo", "it is not a SEQUENCE");
  out.subject_public_key_info = spki.whole;
  if (auto key = parse_public_key(spki.value, out); !key) return key;
  (void)reader.take_if(crypto::der::context(1));  // issuerUniqueID: not used
  (void)reader.take_if(crypto::der::context(2));  // subjectUniqueID: not used
  if (auto extensions = reader.take_if(crypto::der::context_constructed(3))) {
    // RFC 5280 §4.1.2.9
    if (out.version != 3) return malformed("version", "a certificate of version 1 or 2 has no extensions");
    if (auto parsed = parse_extensions(extensions->value, out); !parsed) return parsed;
  }
  if (!reader.done()) return malformed("TBSCertificate", "something follows its last field");
  return {};
}

}  // namespace

bool Certificate::allows_purpose(std::string_view purpose) const noexcept {
  if (!extended_key_usage) return true;
  return std::ranges::any_of(*extended_key_usage,
                             [&](Bytes id) { return oid::is(id, purpose) || oid::is(id, oid::kAnyExtendedKeyUsage); });
}

std::optional<AlgorithmIdentifier> parse_algorithm(Bytes contents) {
  crypto::DerReader reader(contents);
  AlgorithmIdentifier algorithm;
  algorithm.oid = reader.take(crypto::der::kOid).value;
  if (!reader.empty()) algorithm.parameters = reader.next().whole;
  if (!reader.done() || algorithm.oid.empty()) return std::nullopt;
  return algorithm;
}

static_assert(limits::kMaxOid == 64, "kOidTooLong says so");

std::string_view oid_fault(Bytes oid) noexcept {
  if (oid.size() > limits::kMaxOid) return kOidTooLong;
  bool first = true;  // octet of an arc
  for (const std::uint8_t b : oid) {
    if (first && b == 0x80) return "an OBJECT IDENTIFIER has an arc with padding";
    first = (b & 0x80) == 0;
  }
  return oid.empty() || !first ? "an OBJECT IDENTIFIER is empty or ends within an arc" : std::string_view{};
}

Code oid_fault_code(std::string_view fault) noexcept {
  return fault == kOidTooLong ? Code::certificate_too_complex : Code::bad_certificate;
}

Result<Certificate> parse_certificate(Bytes der) {
  Result<Certificate> result{Certificate{}};
  Certificate& certificate = *result;
  certificate.der = der;
  crypto::DerReader reader(der);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  const crypto::DerElement tbs = fields.take(crypto::der::kSequence);
  const Bytes algorithm = fields.take(crypto::der::kSequence).value;
  const Bytes signature = fields.take(crypto::der::kBitString).value;
  if (!reader.done() || !fields.done())
    return malformed("outer structure", "it is not DER of a TBSCertificate, an algorithm and a signature");
  if (auto identifier = take_algorithm(algorithm, "signatureAlgorithm"); !identifier)
    return std::unexpected(std::move(identifier).error());
  if (signature.empty() || signature[0] != 0) return malformed("signature", "it is not of whole octets");
  certificate.tbs = tbs.whole;
  certificate.signature_identifier = algorithm;
  certificate.signature = signature.subspan(1);
  if (auto parsed = parse_tbs(tbs.value, algorithm, certificate); !parsed)
    return std::unexpected(std::move(parsed).error());
  return result;
}

}  // namespace tls::pki
