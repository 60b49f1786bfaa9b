#include "pki/anchors.h"

#include <algorithm>

#include "crypto/hash.h"
#include "pki/name_constraints.h"
#include "pki/policy.h"

namespace tls::pki {
namespace {

std::unexpected<Error> unusable(const Error& error) {
  if (error.code() == Code::out_of_memory) return std::unexpected(error);  // no fault of the certificate
  return fail(Code::bad_key_file, error.detail().empty() ? std::string(facts(error.code()).sentence) : error.detail());
}

/// What would make every path to it fail.
Result<void> check_usable(const Certificate& certificate) {
  if (auto known = check_critical_extensions(certificate); !known) return known;
  if (auto strong = check_key(certificate); !strong) return strong;
  return check_constraints_usable(certificate);
}

}  // namespace

Result<void> Anchors::add(std::vector<std::uint8_t> der, AnchorKind kind, TrustedFor trusted_for) {
  snapshot_.renew();
  auto parsed = parse_certificate(der);
  if (!parsed) return unusable(parsed.error());
  keep_distrust(*parsed, trusted_for);
  if (kind == AnchorKind::mixture && !parsed->self_issued()) {
    keep_intermediate(std::move(der), *parsed);
    return {};
  }
  if (kind == AnchorKind::roots && !parsed->self_issued())
    return fail(Code::bad_key_file, "'" + display_name(parsed->subject) + "' is not a root: it was issued by '" +
                                        display_name(parsed->issuer) + "'. Only roots can be trusted; give that one");
  if (auto usable = check_usable(*parsed); !usable) return unusable(usable.error());
  auto key = crypto::PublicKey::from_spki(parsed->subject_public_key_info);
  if (!key) return unusable(key.error());
  std::string subject = canonical_name(parsed->subject);
  for (const AnchorPtr& other : named(subject))
    if (other->der == der) return {};
  // The views stay good: a vector that is moved keeps its memory.
  anchors_.emplace(std::move(subject),
                   std::make_unique<const Anchor>(std::move(der), *parsed, std::move(*key), trusted_for));
  return {};
}

Result<void> Anchors::add_intermediate(std::vector<std::uint8_t> der) {
  snapshot_.renew();
  auto parsed = parse_certificate(der);
  if (!parsed) return unusable(parsed.error());
  keep_intermediate(std::move(der), *parsed);
  return {};
}

Result<void> Anchors::distrust(Bytes der, TrustedFor still_trusted_for) {
  snapshot_.renew();
  const auto parsed = parse_certificate(der);
  if (!parsed) return unusable(parsed.error());
  keep_distrust(*parsed, still_trusted_for);
  return {};
}

void Anchors::keep_distrust(const Certificate& parsed, TrustedFor still_trusted_for) {
  if (still_trusted_for == TrustedFor{}) return;
  distrusted_.emplace(canonical_name(parsed.subject),
                      Distrusted{std::string(as_text(parsed.subject_public_key_info)), still_trusted_for});
}

bool Anchors::distrusts(const Certificate& certificate, const std::string& canonical, bool for_servers) const {
  const auto [begin, end] = distrusted_.equal_range(canonical);
  return std::any_of(begin, end, [&](const auto& row) {
    const Distrusted& one = row.second;
    return one.key == as_text(certificate.subject_public_key_info) &&
           !(for_servers ? one.still_trusted_for.servers : one.still_trusted_for.clients);
  });
}

void Anchors::keep_intermediate(std::vector<std::uint8_t> der, const Certificate& parsed) {
  intermediates_.emplace(canonical_name(parsed.subject), std::make_unique<const Intermediate>(std::move(der), parsed));
}

std::string Anchors::identity() const {
  const crypto::Cpu cpu = crypto::detect_cpu();
  const crypto::HashImpl& sha256 = crypto::select_hash(crypto::HashId::sha256, cpu);
  std::vector<std::string> digests;
  const auto take = [&](std::string kind, Bytes der) {
    const crypto::Digest digest = crypto::hash(sha256, der);
    kind += as_text(digest.bytes());
    digests.push_back(std::move(kind));
  };
  for (const auto& [name, anchor] : anchors_)
    take({'a', static_cast<char>(anchor->trusted_for.servers), static_cast<char>(anchor->trusted_for.clients)},
         anchor->der);
  for (const auto& [name, intermediate] : intermediates_) take("i", intermediate->der);
  for (const auto& [name, distrusted] : distrusted_) {
    const char kind[] = {'d', static_cast<char>(distrusted.still_trusted_for.servers),
                         static_cast<char>(distrusted.still_trusted_for.clients)};
    take(std::string(kind, sizeof kind), as_bytes(distrusted.key));
  }
  std::ranges::sort(digests);
  crypto::Hash all(sha256);
  for (const std::string& digest : digests) all.update(as_bytes(digest));
  const crypto::Digest identity = all.digest();
  return "anchors " + std::string(as_text(identity.bytes()));
}

}  // namespace tls::pki
