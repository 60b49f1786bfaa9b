#include "pki/crl_reader.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/certificate.h"
#include "pki/crl_scope.h"
#include "pki/distinguished_name.h"
#include "pki/general_name.h"
#include "pki/oids.h"
#include "pki/times.h"

namespace tls::pki {
namespace {

using crypto::DerElement;
using crypto::DerReader;
namespace der = crypto::der;

constexpr std::uint8_t kRemoveFromCrl = 8;  // CRLReason

std::unexpected<Error> refused(std::string_view what) {
  return fail(Code::bad_crl, "the CRL cannot be used: " + std::string(what));
}

/// One Extension (RFC 5280 §4.1).
struct Extension {
  Bytes id, value;
  bool critical = false;
};

/// Reads a list of at least one extension, none of them twice, and hands each to `take(Extension) -> Result<void>`.
template <class Take>
Result<void> read_extensions(Bytes contents, std::string_view whose, Take&& take) {
  DerReader list(contents);
  std::array<Bytes, limits::kMaxCrlExtensions> seen;
  std::size_t count = 0;
  while (!list.empty()) {
    if (count == seen.size())
      return refused(std::string(whose) + " has more than " + std::to_string(seen.size()) + " extensions");
    DerReader reader(list.take(der::kSequence).value);
    Extension extension;
    extension.id = reader.take(der::kOid).value;
    extension.critical = reader.next_is(der::kBoolean) && reader.boolean();  // an encoded FALSE is accepted
    extension.value = reader.take(der::kOctetString).value;
    if (!list.ok() || !reader.done()) return refused("an extension of " + std::string(whose) + " is malformed");
    if (const auto fault = oid_fault(extension.id); !fault.empty()) return refused(fault);
    for (std::size_t i = 0; i < count; ++i)
      if (oid::is(seen[i], as_text(extension.id)))
        return refused(std::string(whose) + " has the extension " + oid::text(extension.id) + " twice");
    seen[count++] = extension.id;
    if (auto taken = take(extension); !taken) return taken;
  }
  if (!list.done() || count == 0) return refused("the extensions of " + std::string(whose) + " are no list of one");
  return {};
}

std::unexpected<Error> unknown_critical(const Extension& extension, std::string_view whose) {
  return refused(std::string(whose) + " has the critical extension " + oid::text(extension.id) +
                 ", which is not known here");
}

/// RFC 5280 §5.2.3: a non-negative INTEGER of at most 20 octets; one more may keep its sign.
Result<void> read_number(Bytes value, CrlFields& out) {
  DerReader reader(value);
  Bytes number = reader.take(der::kInteger).value;
  const bool padded = number.size() > 1 && number[0] == 0 && number[1] < 0x80;
  if (!reader.done() || number.empty() || number[0] >= 0x80 || padded)
    return refused("its cRLNumber is no INTEGER that is not negative");
  if (number[0] == 0) number = number.subspan(1);
  if (number.size() > limits::kMaxCrlNumber)
    return refused("its cRLNumber has more than " + std::to_string(limits::kMaxCrlNumber) +
                   " octets (RFC 5280 §5.2.3)");
  out.number = number;
  return {};
}

Result<void> read_authority_key(Bytes value, CrlFields& out) {
  DerReader reader(value);
  DerReader fields(reader.take(der::kSequence).value);
  if (const auto id = fields.take_if(der::context(0))) out.authority_key_identifier = id->value;
  (void)fields.take_if(der::context_constructed(1));  // authorityCertIssuer: not used
  (void)fields.take_if(der::context(2));              // authorityCertSerialNumber: not used
  if (!reader.done() || !fields.done()) return refused("its authorityKeyIdentifier is malformed");
  return {};
}

/// DistributionPointName of an issuingDistributionPoint: the contents of its [0].
Result<void> read_point(Bytes contents, CrlScope& out) {
  DerReader choice(contents);
  const DerElement name = choice.next();
  if (!choice.done()) return refused("the distributionPoint of its issuingDistributionPoint is malformed");
  if (name.tag == der::context_constructed(1)) {
    out.relative = name.value;
    return out.relative.empty() ? refused("its distribution point has no name") : Result<void>();
  }
  DerReader names(name.value);
  std::size_t count = 0;
  while (name.tag == der::context_constructed(0) && !names.empty()) {
    if (++count > limits::kMaxDistributionNames)
      return refused("its distribution point has more than " + std::to_string(limits::kMaxDistributionNames) +
                     " names");
    const DerElement one = names.next();
    if (!names.ok() || !general_name(one)) return refused("a name of its distribution point is malformed");
  }
  if (count == 0) return refused("its distribution point has no name");
  out.names = name.value;
  return {};
}

/// [n] BOOLEAN DEFAULT FALSE, IMPLICIT. An encoded FALSE is accepted.
bool flag(DerReader& reader, unsigned n) {
  const auto element = reader.take_if(der::context(n));
  if (!element) return false;
  const Bytes value = element->value;
  if (value.size() != 1 || (value[0] != 0x00 && value[0] != 0xFF)) reader.fail();
  return !value.empty() && value[0] != 0;
}

/// RFC 5280 §5.2.5.
Result<void> read_scope(Bytes value, CrlScope& out) {
  DerReader reader(value);
  DerReader fields(reader.take(der::kSequence).value);
  if (const auto point = fields.take_if(der::context_constructed(0)))
    if (auto read = read_point(point->value, out); !read) return read;
  out.user_certificates = flag(fields, 1);
  out.ca_certificates = flag(fields, 2);
  if (const auto some = fields.take_if(der::context(3))) {
    const auto reasons = read_reasons(some->value);
    if (!reasons) return refused("the onlySomeReasons of its issuingDistributionPoint are malformed");
    out.reasons = *reasons;
  }
  const bool indirect = flag(fields, 4), attributes = flag(fields, 5);
  if (!reader.done() || !fields.done()) return refused("its issuingDistributionPoint is malformed");
  if (indirect)
    return refused(
        "it is an indirect CRL, which tells of certificates of several issuers; give the CRL that the "
        "issuer signs itself");
  if (attributes) return refused("it tells of attribute certificates alone, of which TLS has none");
  if (out.user_certificates && out.ca_certificates)
    return refused(
        "its issuingDistributionPoint leaves no certificate over: for users alone and for authorities alone");
  out.extension = value;
  return {};
}

Result<void> take_extension(const Extension& extension, CrlFields& out) {
  if (oid::is(extension.id, oid::kCrlNumber)) return read_number(extension.value, out);
  if (oid::is(extension.id, oid::kAuthorityKeyIdentifier)) return read_authority_key(extension.value, out);
  if (oid::is(extension.id, oid::kIssuingDistributionPoint)) return read_scope(extension.value, out.scope);
  if (oid::is(extension.id, oid::kDeltaCrlIndicator))
    return refused("it is a delta CRL, which tells what has changed since another one; give a complete CRL");
  return extension.critical ? unknown_critical(extension, "it") : Result<void>();
}

/// RFC 5280 §5.3. What is said of one certificate beside its serial number and the time.
Result<void> take_entry_extension(const Extension& extension, CrlEntry& out) {
  if (oid::is(extension.id, oid::kReasonCode)) {
    DerReader reader(extension.value);
    const Bytes reason = reader.take(der::kEnumerated).value;
    if (!reader.done() || reason.size() != 1 || reason[0] >= 0x80) return refused("a reasonCode is malformed");
    if (reason[0] == kRemoveFromCrl)
      return refused("an entry has the reason removeFromCRL, which is for delta CRLs alone (RFC 5280 §5.3.1)");
    out.reason = reason[0];
    return {};
  }
  if (oid::is(extension.id, oid::kInvalidityDate)) return {};  // since when the key is doubted: it decides nothing
  if (oid::is(extension.id, oid::kCertificateIssuer))
    return refused(
        "an entry names the issuer of its certificate, as in an indirect CRL; give the CRL that the issuer "
        "signs itself");
  return extension.critical ? unknown_critical(extension, "an entry") : Result<void>();
}

Result<void> check_serial(Bytes serial) {
  if (serial.empty()) return refused("a serial number is empty");
  if (serial[0] >= 0x80) return refused("a serial number is negative");
  if (serial.size() > 1 && serial[0] == 0 && serial[1] < 0x80)
    return refused("a serial number is not encoded in the fewest octets");
  if (serial.size() > limits::kMaxCrlSerial)
    return refused("a serial number has more than " + std::to_string(limits::kMaxCrlSerial) + " octets");
  return {};
}

/// How many there are, and how long their serial numbers: what is needed to give them room at once.
Result<void> count_entries(Bytes contents, CrlFields& out) {
  out.entries = contents;
  DerReader list(contents);
  while (!list.empty()) {
    if (out.count == limits::kMaxCrlEntries)
      return refused("it revokes more than " + std::to_string(limits::kMaxCrlEntries) + " certificates");
    DerReader entry(list.take(der::kSequence).value);
    const Bytes serial = entry.take(der::kInteger).value;
    if (!list.ok()) return refused("its entries are malformed");
    if (!entry.ok()) return refused("a serial number is no INTEGER");
    if (auto sound = check_serial(serial); !sound) return sound;
    ++out.count;
    out.serials += serial.size();
  }
  return {};
}

Result<void> read_times(DerReader& reader, CrlFields& out) {
  constexpr std::string_view kForm = " is no UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 has them";
  const auto this_update = parse_time(reader.next());
  if (!reader.ok() || !this_update) return refused("thisUpdate" + std::string(kForm));
  if (!reader.next_is(der::kUtcTime) && !reader.next_is(der::kGeneralizedTime))
    return refused("it has no nextUpdate (RFC 5280 §5.1.2.5), so that nobody knows how long it counts");
  const auto next_update = parse_time(reader.next());
  if (!reader.ok() || !next_update) return refused("nextUpdate" + std::string(kForm));
  if (*next_update < *this_update) return refused("its nextUpdate is before its thisUpdate");
  out.this_update = *this_update, out.next_update = *next_update;
  return {};
}

Result<void> read_tbs(Bytes tbs, Bytes outer_algorithm, CrlFields& out) {
  DerReader reader(tbs);
  if (reader.next_is(der::kInteger)) {
    out.version = reader.small_integer() + 1;
    if (!reader.ok() || out.version != 2) return refused("its version is neither 1 nor 2");
  }
  // RFC 5280 §5.1.1.2: the two algorithm identifiers are the same.
  if (const Bytes algorithm = reader.take(der::kSequence).value;
      !reader.ok() || !std::ranges::equal(algorithm, outer_algorithm))
    return refused("its signature algorithm is not the one beside the signature");
  out.issuer = reader.take(der::kSequence).whole;
  if (!reader.ok()) return refused("its issuer is not a Name");
  if (auto name = check_name(out.issuer, "the CRL's issuer"); !name) return refused(name.error().detail());
  if (auto times = read_times(reader, out); !times) return times;
  if (const auto entries = reader.take_if(der::kSequence))  // an empty list says what none says: accepted
    if (auto counted = count_entries(entries->value, out); !counted) return counted;
  if (const auto extensions = reader.take_if(der::context_constructed(0))) {
    if (out.version == 1) return refused("a CRL of version 1 has no extensions");
    DerReader outer(extensions->value);
    const Bytes list = outer.take(der::kSequence).value;
    if (!outer.done()) return refused("its extensions are malformed");
    auto taken = read_extensions(list, "it", [&](const Extension& one) { return take_extension(one, out); });
    if (!taken) return taken;
  }
  if (!reader.done()) return refused("something follows the last field of TBSCertList");
  return {};
}

}  // namespace

Result<CrlEntry> read_crl_entry(Bytes& entries, unsigned version) {
  DerReader list(entries);
  const DerElement element = list.take(der::kSequence);
  if (!list.ok()) return refused("its entries are malformed");
  entries = entries.subspan(element.whole.size());
  CrlEntry entry;
  DerReader fields(element.value);
  entry.serial = fields.take(der::kInteger).value;
  if (!fields.ok()) return refused("a serial number is no INTEGER");
  if (auto serial = check_serial(entry.serial); !serial) return std::unexpected(std::move(serial).error());
  const auto when = parse_time(fields.next());
  if (!fields.ok() || !when) return refused("a revocationDate is no UTCTime or GeneralizedTime of RFC 5280 §4.1.2.5");
  entry.revoked_at = *when;
  if (const auto extensions = fields.take_if(der::kSequence)) {
    if (version == 1) return refused("an entry of a CRL of version 1 has no extensions");
    auto taken = read_extensions(extensions->value, "an entry",
                                 [&](const Extension& one) { return take_entry_extension(one, entry); });
    if (!taken) return std::unexpected(std::move(taken).error());
  }
  if (!fields.done()) return refused("something follows the last field of an entry");
  return entry;
}

Result<CrlFields> read_crl(Bytes bytes) {
  Result<CrlFields> result{CrlFields{}};
  CrlFields& out = *result;
  DerReader reader(bytes);
  DerReader fields(reader.take(der::kSequence).value);
  const DerElement tbs = fields.take(der::kSequence);
  const Bytes algorithm = fields.take(der::kSequence).value, signature = fields.take(der::kBitString).value;
  if (!reader.done() || !fields.done()) return refused("it is not DER of a TBSCertList, an algorithm and a signature");
  if (signature.empty() || signature[0] != 0) return refused("its signature is not of whole octets");
  const auto known = crypto::read_signature_algorithm(algorithm);
  if (!known) return refused("its signature cannot be trusted: " + known.error().detail());
  out.tbs = tbs.whole;
  out.algorithm = *known;
  out.signature = signature.subspan(1);
  if (auto read = read_tbs(tbs.value, algorithm, out); !read) return std::unexpected(std::move(read).error());
  return result;
}

}  // namespace tls::pki
