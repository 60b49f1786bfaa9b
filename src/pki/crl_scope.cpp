#include "pki/crl_scope.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/distinguished_name.h"
#include "pki/general_name.h"

namespace tls::pki {
namespace {

using crypto::DerReader;
namespace der = crypto::der;

/// RFC 5280 §6.3.3 (b)(2)(i) compares names of one form; directory names as §7.1 does, others as they stand.
bool same_general_name(const GeneralName& a, const GeneralName& b) {
  if (a.form != b.form) return false;
  return a.form == NameForm::directory ? same_name(a.value, b.value) : std::ranges::equal(a.value, b.value);
}

bool is_in(const GeneralName& name, Bytes names) {
  DerReader reader(names);
  while (!reader.empty()) {
    const auto other = general_name(reader.next());
    if (other && same_general_name(name, *other)) return true;
  }
  return false;
}

/// A TLV around `parts`, one after the other.
std::vector<std::uint8_t> element(std::uint8_t tag, std::initializer_list<Bytes> parts) {
  std::size_t size = 0;
  for (const Bytes part : parts) size += part.size();
  std::vector<std::uint8_t> out{tag};
  unsigned octets = 0;
  for (std::size_t rest = size; rest != 0; rest >>= 8) ++octets;
  if (size >= 0x80) out.push_back(static_cast<std::uint8_t>(0x80 | octets));
  for (unsigned i = size < 0x80 ? 1 : octets; i-- > 0;) out.push_back(static_cast<std::uint8_t>(size >> (8 * i)));
  for (const Bytes part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

/// What the distribution points of a certificate say of a CRL's names.
struct Match {
  std::uint16_t reasons = 0;  ///< of the points that have one of the names
  bool any = false;
};

/// One DistributionPoint. False: malformed, or too many names.
bool look_at_point(Bytes contents, Bytes certificate_issuer, Bytes wanted, std::size_t& names_left, Match& match) {
  DerReader fields(contents);
  const auto point = fields.take_if(der::context_constructed(0));
  std::optional<std::uint16_t> reasons = kAllReasons;
  if (const auto some = fields.take_if(der::context(1))) reasons = read_reasons(some->value);
  const auto issuer = fields.take_if(der::context_constructed(2));
  if (!fields.done() || !reasons) return false;
  if (!point || issuer) return true;  // with a cRLIssuer it is about an indirect CRL
  DerReader choice(point->value);
  const crypto::DerElement name = choice.next();
  if (!choice.done()) return false;
  std::optional<std::vector<std::uint8_t>> below;
  if (name.tag == der::context_constructed(1) && !(below = point_below(certificate_issuer, name.value))) return false;
  if (!below && name.tag != der::context_constructed(0)) return false;
  DerReader names(below ? Bytes(*below) : name.value);
  while (!names.empty()) {
    const auto one = general_name(names.next());
    if (!names.ok() || !one || names_left == 0) return false;
    --names_left;
    if (!is_in(*one, wanted)) continue;
    match.any = true;
    match.reasons |= *reasons;
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::uint8_t>> point_below(Bytes issuer, Bytes relative) {
  const Bytes above = DerReader(issuer).take(der::kSequence).value;
  const auto rdn = element(der::kSet, {relative});
  const auto name = element(der::kSequence, {above, rdn});
  if (!check_name(name, "the distribution point")) return std::nullopt;
  return element(der::context_constructed(4), {name});
}

std::optional<std::uint16_t> read_reasons(Bytes bits) {
  if (bits.size() < 2 || bits.size() > 3 || bits[0] > 7) return std::nullopt;
  if ((bits.back() & ((1u << bits[0]) - 1)) != 0) return std::nullopt;  // X.690 §11.2.1
  const unsigned octets = static_cast<unsigned>(bits[1]) << 8 | (bits.size() > 2 ? bits[2] : 0u);
  const auto reasons = static_cast<std::uint16_t>(octets & kAllReasons);
  return reasons == 0 ? std::nullopt : std::optional(reasons);
}

std::optional<std::uint16_t> reasons_told(const CrlScope& scope, const Certificate& certificate) {
  if (scope.user_certificates && certificate.is_ca) return std::nullopt;
  if (scope.ca_certificates && !certificate.is_ca) return std::nullopt;
  if (scope.names.empty()) return scope.reasons;
  // §6.3.3: where no distribution point leads to a CRL, the issuer's own name counts as one.
  if (is_in({NameForm::directory, certificate.issuer}, scope.names)) return scope.reasons;
  if (certificate.crl_distribution_points.empty()) return std::nullopt;
  DerReader reader(certificate.crl_distribution_points);
  DerReader points(reader.take(der::kSequence).value);
  std::size_t names_left = limits::kMaxDistributionNames;
  Match match;
  while (!points.empty()) {
    const Bytes point = points.take(der::kSequence).value;
    if (!points.ok() || !look_at_point(point, certificate.issuer, scope.names, names_left, match))
      return std::uint16_t{0};
  }
  if (!reader.done() || !points.done()) return std::uint16_t{0};
  if (!match.any) return std::nullopt;
  return static_cast<std::uint16_t>(match.reasons & scope.reasons);
}

}  // namespace tls::pki
