#include "pki/ocsp_response.h"

#include <array>
#include <string>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/certificate.h"
#include "pki/distinguished_name.h"
#include "pki/oids.h"
#include "pki/times.h"

namespace tls::pki {
namespace {

using crypto::DerElement;
using crypto::DerReader;
namespace der = crypto::der;

std::unexpected<Error> malformed(std::string_view what) {
  return fail(Code::bad_staple, "the OCSP response cannot be read: " + std::string(what));
}

std::string status_name(std::uint8_t status) {
  constexpr std::array<std::string_view, 7> kNames = {"successful", "malformedRequest", "internalError", "tryLater",
                                                      "",           "sigRequired",      "unauthorized"};
  const bool known = status < kNames.size() && !kNames[status].empty();
  return known ? std::string(kNames[status]) : "status " + std::to_string(status);
}

/// GeneralizedTime (RFC 6960 §4.2.1).
std::optional<std::int64_t> take_time(DerReader& reader) {
  const DerElement element = reader.take(der::kGeneralizedTime);
  return reader.ok() ? parse_time(element) : std::nullopt;
}

/// An ENUMERATED of one octet, which all of RFC 6960 are.
std::optional<std::uint8_t> take_enumerated(DerReader& reader) {
  const Bytes value = reader.take(der::kEnumerated).value;
  if (!reader.ok() || value.size() != 1 || value[0] >= 0x80) return std::nullopt;
  return value[0];
}

/// Extensions of a response or of one entry (RFC 6960 §4.4). None changes what the entry says, so that what is critical
/// and unknown ends it, and the rest is passed over.
Result<void> check_extensions(Bytes element) {
  DerReader reader(element);
  DerReader list(reader.take(der::kSequence).value);
  std::array<Bytes, limits::kMaxCertificateExtensions> seen;
  std::size_t count = 0;
  while (!list.empty()) {
    if (count == seen.size())
      return malformed("it has more than " + std::to_string(seen.size()) + " extensions in one place");
    DerReader extension(list.take(der::kSequence).value);
    const Bytes id = extension.take(der::kOid).value;
    const bool critical = extension.next_is(der::kBoolean) && extension.boolean();
    (void)extension.take(der::kOctetString);
    if (!list.ok() || !extension.done()) return malformed("an extension is malformed");
    if (const auto fault = oid_fault(id); !fault.empty()) return malformed(fault);
    for (std::size_t i = 0; i < count; ++i)
      if (oid::is(seen[i], as_text(id))) return malformed("the extension " + oid::text(id) + " is in it twice");
    seen[count++] = id;
    if (critical && !oid::is(id, oid::kOcspNonce))
      return malformed("its extension " + oid::text(id) + " is critical and not known here");
  }
  if (!reader.done() || !list.done() || count == 0) return malformed("its extensions are no list of at least one");
  return {};
}

/// RFC 5280 §4.1.2.2, as certificates are read: no padding, not negative.
bool is_serial(Bytes serial) noexcept {
  if (serial.empty() || serial[0] >= 0x80) return false;
  return serial.size() == 1 || serial[0] != 0 || serial[1] >= 0x80;
}

bool take_cert_id(DerReader& reader, CertId& out) {
  DerReader fields(reader.take(der::kSequence).value);
  const auto algorithm = parse_algorithm(fields.take(der::kSequence).value);
  out.issuer_name_hash = fields.take(der::kOctetString).value;
  out.issuer_key_hash = fields.take(der::kOctetString).value;
  out.serial = fields.take(der::kInteger).value;
  if (!reader.ok() || !fields.done() || !algorithm || !is_serial(out.serial)) return false;
  if (oid::is(algorithm->oid, oid::kSha1)) out.hash = CertId::Hash::sha1;
  if (oid::is(algorithm->oid, oid::kSha256)) out.hash = CertId::Hash::sha256;
  return true;
}

/// RevokedInfo, the contents of [1].
bool read_revocation(Bytes contents, SingleResponse& out) {
  DerReader reader(contents);
  const auto when = take_time(reader);
  if (!when) return false;
  out.revoked_at = *when;
  if (const auto reason = reader.take_if(der::context_constructed(0))) {
    DerReader inner(reason->value);
    out.reason = take_enumerated(inner);
    if (!out.reason || !inner.done()) return false;
  }
  return reader.done();
}

bool take_status(DerReader& reader, SingleResponse& out) {
  const DerElement status = reader.next();
  if (!reader.ok()) return false;
  if (status.tag == der::context_constructed(1)) {
    out.status = RevocationStatus::revoked;
    return read_revocation(status.value, out);
  }
  if (status.tag != der::context(0) && status.tag != der::context(2)) return false;
  out.status = status.tag == der::context(0) ? RevocationStatus::good : RevocationStatus::unknown;
  return status.value.empty();  // NULL
}

Result<SingleResponse> read_single(Bytes contents) {
  SingleResponse out;
  DerReader reader(contents);
  if (!take_cert_id(reader, out.id)) return malformed("a CertID is malformed");
  if (!take_status(reader, out)) return malformed("a certStatus is malformed");
  const auto this_update = take_time(reader);
  if (!this_update) return malformed("a thisUpdate is no time of RFC 5280 §4.1.2.5.2");
  out.this_update = *this_update;
  if (const auto next = reader.take_if(der::context_constructed(0))) {
    DerReader inner(next->value);
    out.next_update = take_time(inner);
    if (!out.next_update || !inner.done()) return malformed("a nextUpdate is no time of RFC 5280 §4.1.2.5.2");
    if (*out.next_update < out.this_update) return malformed("a nextUpdate is before its thisUpdate");
  }
  if (const auto extensions = reader.take_if(der::context_constructed(1)))
    if (auto sound = check_extensions(extensions->value); !sound) return std::unexpected(std::move(sound).error());
  if (!reader.done()) return malformed("something follows the last field of an entry");
  return out;
}

Result<void> read_responder(DerReader& reader, OcspResponse& out) {
  const DerElement id = reader.next();
  DerReader inner(id.value);
  if (reader.ok() && id.tag == der::context_constructed(1)) {
    out.responder_name = inner.take(der::kSequence).whole;
    if (!inner.done()) return malformed("the responderID is malformed");
    if (auto name = check_name(out.responder_name, "the responder's name"); !name)
      return malformed(name.error().detail());
    return {};
  }
  if (reader.ok() && id.tag == der::context_constructed(2)) {
    out.responder_key = inner.take(der::kOctetString).value;
    if (inner.done() && out.responder_key.size() == 20) return {};
  }
  return malformed("the responderID is neither a name nor the SHA-1 of a key");
}

Result<void> read_data(Bytes contents, OcspResponse& out) {
  DerReader reader(contents);
  if (const auto version = reader.take_if(der::context_constructed(0))) {
    DerReader inner(version->value);
    if (inner.small_integer() != 0 || !inner.done()) return malformed("it is not of version 1");
  }
  if (auto responder = read_responder(reader, out); !responder) return responder;
  const auto produced_at = take_time(reader);
  if (!produced_at) return malformed("producedAt is no time of RFC 5280 §4.1.2.5.2");
  out.produced_at = *produced_at;
  DerReader list(reader.take(der::kSequence).value);
  while (!list.empty()) {
    if (out.responses.size() == limits::kMaxSingleResponses)
      return malformed("it tells of more than " + std::to_string(limits::kMaxSingleResponses) + " certificates");
    const Bytes entry = list.take(der::kSequence).value;
    if (!list.ok()) break;
    auto single = read_single(entry);
    if (!single) return std::unexpected(std::move(single).error());
    out.responses.push_back(*single);
  }
  if (!reader.ok() || !list.done() || out.responses.empty())
    return malformed("its entries are no list of at least one");
  if (const auto extensions = reader.take_if(der::context_constructed(1)))
    if (auto sound = check_extensions(extensions->value); !sound) return sound;
  if (!reader.done()) return malformed("something follows the last field of ResponseData");
  return {};
}

Result<void> read_certificates(Bytes element, OcspResponse& out) {
  DerReader reader(element);
  DerReader list(reader.take(der::kSequence).value);
  while (!list.empty()) {
    const Bytes certificate = list.take(der::kSequence).whole;
    if (list.ok() && out.certificates.size() < limits::kMaxResponderCertificates)
      out.certificates.push_back(certificate);
  }
  if (!reader.done() || !list.done()) return malformed("its certificates are no list");
  return {};
}

Result<OcspResponse> read_basic(Bytes contents) {
  OcspResponse out;
  DerReader reader(contents);
  DerReader fields(reader.take(der::kSequence).value);
  const DerElement data = fields.take(der::kSequence);
  out.signed_data = data.whole;
  out.signature_identifier = fields.take(der::kSequence).value;
  const Bytes signature = fields.take(der::kBitString).value;
  if (!reader.done() || !fields.ok()) return malformed("it is not a BasicOCSPResponse");
  if (signature.empty() || signature[0] != 0) return malformed("its signature is not of whole octets");
  out.signature = signature.subspan(1);
  if (const auto certificates = fields.take_if(der::context_constructed(0)))
    if (auto listed = read_certificates(certificates->value, out); !listed)
      return std::unexpected(std::move(listed).error());
  if (!fields.done()) return malformed("something follows the last field of BasicOCSPResponse");
  if (auto read = read_data(data.value, out); !read) return std::unexpected(std::move(read).error());
  return out;
}

}  // namespace

Result<OcspResponse> parse_ocsp_response(Bytes response) {
  if (response.size() > limits::kMaxOcspResponse)
    return malformed("it has more than " + std::to_string(limits::kMaxOcspResponse) + " bytes");
  DerReader reader(response);
  DerReader fields(reader.take(der::kSequence).value);
  const auto status = take_enumerated(fields);
  if (!reader.done() || !status) return malformed("it is not an OCSPResponse");
  if (*status != 0)
    return fail(Code::bad_staple, "the responder gave no verdict but the error " + status_name(*status));
  const auto bytes = fields.take_if(der::context_constructed(0));
  if (!bytes || !fields.done()) return malformed("it is successful and holds no response");
  DerReader outer(bytes->value);
  DerReader inner(outer.take(der::kSequence).value);
  const Bytes type = inner.take(der::kOid).value;
  const Bytes basic = inner.take(der::kOctetString).value;
  if (!outer.done() || !inner.done()) return malformed("its ResponseBytes are malformed");
  if (!oid::is(type, oid::kOcspBasic))
    return malformed("it is of the type " + oid::text(type) + ", not id-pkix-ocsp-basic");
  return read_basic(basic);
}

std::string reason_name(std::uint8_t reason) {
  constexpr std::array<std::string_view, 11> kNames = {
      "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
      "superseded",    "cessationOfOperation", "certificateHold", "",
      "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};
  const bool known = reason < kNames.size() && !kNames[reason].empty();
  return known ? std::string(kNames[reason]) : "reason " + std::to_string(reason);
}

}  // namespace tls::pki
