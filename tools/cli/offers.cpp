#include "cli/offers.h"

#include <algorithm>
#include <ranges>

#include "cli/name_list.h"
#include "crypto/group.h"
#include "crypto/signature.h"
#include "crypto/suite.h"
#include "handshake/settings.h"
#include "pki/certificate.h"

namespace sallyport::cli {
namespace {

using tls::ProtocolVersion;

template <class Id>
bool holds(const std::vector<Id>& list, Id id) {
  return std::ranges::find(list, id) != list.end();
}

/// The built values of a table.
template <class Id, class Table>
std::vector<Id> ids_of(const Table& table) {
  std::vector<Id> out;
  for (const auto& row : table) out.push_back(row.id);
  return out;
}
std::vector<tls::CipherSuite> built_suites() { return ids_of<tls::CipherSuite>(tls::crypto::all_suites()); }
std::vector<tls::NamedGroup> built_groups() { return ids_of<tls::NamedGroup>(tls::crypto::all_groups()); }
std::vector<tls::SignatureScheme> built_schemes() { return ids_of<tls::SignatureScheme>(tls::crypto::all_schemes()); }

/// Those of `all` that `some` does not hold.
template <class Id>
std::vector<Id> without(std::vector<Id> all, const std::vector<Id>& some) {
  std::erase_if(all, [&](Id id) { return holds(some, id); });
  return all;
}
/// Those of the peer's that are built.
template <class Id>
std::vector<Id> known(std::vector<Id> theirs, const std::vector<Id>& built) {
  std::erase_if(theirs, [&](Id id) { return !holds(built, id); });
  return theirs;
}

bool starts_with_one_of(const std::string& name, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view b) { return name.starts_with(b); });
}
bool post_quantum(tls::NamedGroup group) {
  const std::string name = tls::registered_name(group);
  return name.find("MLKEM") != name.npos || name.find("Kyber") != name.npos;
}
bool post_quantum(tls::SignatureScheme scheme) {
  return starts_with_one_of(tls::registered_name(scheme), {"mldsa", "slhdsa"});
}
template <class Id>
bool meaningless(Id id) {
  return tls::registered_name(id).starts_with("GREASE");
}

/// Whether the peer names post-quantum ones and nothing else.
template <class Id>
bool insists_on_post_quantum(const std::vector<Id>& theirs) {
  bool any = false;
  for (const Id id : theirs) {
    if (meaningless(id)) continue;
    if (!post_quantum(id)) return false;
    any = true;
  }
  return any;
}

/// Suites of the versions that are configured: others are never offered.
bool in_range(tls::CipherSuite suite, const Offers& offers) {
  const auto* facts = tls::crypto::find_suite(suite);
  return facts != nullptr && facts->version >= offers.min && facts->version <= offers.max;
}

ProtocolVersion version_or(const std::string& word, ProtocolVersion otherwise) {
  return word == "1.2" ? ProtocolVersion::tls12 : word == "1.3" ? ProtocolVersion::tls13 : otherwise;
}

/// The values of an option's names; those that are not known have been refused before.
template <class Id>
std::vector<Id> named(const std::string& list, std::optional<Id> (*by_name)(std::string_view) noexcept) {
  std::vector<Id> out;
  for (const std::string& word : split(list))
    if (const auto id = by_name(word)) out.push_back(*id);
  return out;
}

}  // namespace

Offers::Offers(const TlsOptions& o) {
  const tls::CommonSettings defaults;
  const ProtocolVersion low = version_or(o.min_version, defaults.min_version);
  const ProtocolVersion high = version_or(o.max_version, defaults.max_version);
  min = o.min_version.empty() ? std::min(low, high) : low;
  max = o.max_version.empty() ? std::max(low, high) : high;
  suites = o.ciphers.empty() ? built_suites() : named(o.ciphers, tls::cipher_suite_named);
  groups = o.groups.empty() ? without(built_groups(), {tls::NamedGroup::secp521r1})
                            : named(o.groups, tls::named_group_named);
  schemes = o.sigalgs.empty() ? without(built_schemes(), {tls::SignatureScheme::ecdsa_secp521r1_sha512})
                              : named(o.sigalgs, tls::signature_scheme_named);
  alpn = split(o.alpn);
}

std::string version_range(const Offers& offers) {
  const std::string min(tls::name(offers.min)), max(tls::name(offers.max));
  return min == max ? min : min + " to " + max;
}

std::vector<std::string> left_to_offer(const Offers& offers) {
  std::vector<std::string> out;
  if (offers.min > ProtocolVersion::tls12) out.emplace_back("--min-version 1.2");
  if (offers.max < ProtocolVersion::tls13) out.emplace_back("--max-version 1.3");
  auto suites = without(built_suites(), offers.suites);
  std::erase_if(suites, [&](tls::CipherSuite suite) { return !in_range(suite, offers); });
  if (!suites.empty()) out.push_back("--ciphers with " + list_of(suites) + " too");
  if (const auto groups = without(built_groups(), offers.groups); !groups.empty())
    out.push_back("--groups with " + list_of(groups) + " too");
  if (const auto schemes = without(built_schemes(), offers.schemes); !schemes.empty())
    out.push_back("--sigalgs with " + list_of(schemes) + " too");
  return out;
}

std::string what_is_missing() {
  return "suites with CBC, CCM, RC4, RSA or finite-field key exchange, TLS 1.1 or older, post-quantum groups "
         "(X25519MLKEM768) or signatures (ML-DSA)";
}

std::string about_versions(const Offers& ours, const tls::ClientOffer& theirs) {
  if (holds(theirs.versions, ProtocolVersion::tls13) && ours.max < ProtocolVersion::tls13) return "--max-version 1.3";
  if (holds(theirs.versions, ProtocolVersion::tls12) && ours.min > ProtocolVersion::tls12) return "--min-version 1.2";
  return "the client must be updated: it offers " + list_of(theirs.versions) +
         ", and Sallyport has TLS 1.2 and TLS 1.3 (RFC 8996)";
}

std::string about_suites(const Offers& ours, const tls::ClientOffer& theirs) {
  const auto built = known(theirs.suites, built_suites());
  if (built.empty())
    return "nothing in --ciphers helps: the client offers no suite that Sallyport has. It must be updated to suites "
           "with "
           "ECDHE and an AEAD (RFC 9325 §4.2)";
  auto more = without(built, ours.suites);
  std::erase_if(more, [&](tls::CipherSuite suite) { return !in_range(suite, ours); });
  if (!more.empty()) return "--ciphers with one of those that the client offers: " + list_of(more);
  return "the client's suites are those of another version than it negotiates here: --min-version, --max-version";
}

std::string about_groups(const Offers& ours, const tls::ClientOffer& theirs) {
  const auto more = without(known(theirs.groups, built_groups()), ours.groups);
  if (!more.empty()) return "--groups with one of those that the client offers: " + list_of(more);
  if (insists_on_post_quantum(theirs.groups))
    return "nothing in --groups helps: the client insists on post-quantum key exchange, which Sallyport does not have. "
           "It must offer x25519 or secp256r1 too";
  return "nothing in --groups helps: the client offers no group that Sallyport has. It must offer x25519 or secp256r1 "
         "too";
}

std::string about_schemes(const tls::ClientOffer& theirs) {
  const auto built = known(theirs.signature_schemes, built_schemes());
  if (!built.empty()) return "--cert and --key of a kind that the client accepts: " + list_of(built);
  if (insists_on_post_quantum(theirs.signature_schemes))
    return "no --cert helps: the client insists on post-quantum signatures, which Sallyport does not have. It must "
           "accept ECDSA, Ed25519 or RSA too";
  return "no --cert helps: the client accepts no signature that Sallyport makes";
}

std::string about_protocols(const tls::ClientOffer& theirs) {
  constexpr std::size_t kShown = 8;
  std::string names;
  for (const std::string& one : theirs.alpn | std::views::take(kShown))
    names += (names.empty() ? "" : ",") + tls::pki::printable(one);  // whoever it is has chosen the bytes
  if (theirs.alpn.size() > kShown) names += ",...";
  return "--alpn with one of those that the client offers (" + names + "), or --require-alpn off";
}

}  // namespace sallyport::cli
