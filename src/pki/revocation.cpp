#include "pki/revocation.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "base/limits.h"
#include "pki/crl_scope.h"
#include "pki/distinguished_name.h"
#include "pki/ocsp_response.h"
#include "pki/peer_chain.h"

namespace tls::pki {
namespace {

constexpr std::uint8_t kCertificateHold = 6;  // CRLReason

/// RFC 5280 §4.2.1.1: the key identifiers, where both are there, tell apart authorities of one name.
bool same_key(Bytes a, Bytes b) noexcept { return a.empty() || b.empty() || std::ranges::equal(a, b); }

std::string named(const Certificate& certificate) { return "'" + display_name(certificate.subject) + "'"; }

/// The entry of `serial`, where it counts. A certificate that was revoked stays so, however old the CRL is; one that
/// was put on hold may have been taken back since (RFC 5280 §5.3.1).
std::optional<Revocation> revokes(const Crl& crl, Bytes serial, const Moment& now) noexcept {
  const auto entry = crl.find(serial);
  if (!entry || (entry->reason == kCertificateHold && !crl.current(now))) return std::nullopt;
  return entry;
}

std::string too_many(const Crl& crl) {
  return "the CRLs in the name of '" + crl.shown_issuer() + "' are too many: more than " +
         std::to_string(limits::kMaxCrlVerifications) +
         " signatures of CRLs would have to be verified at once; leave out those that their issuers did not sign";
}

std::unexpected<Error> revoked(const Certificate& certificate, const Revocation& revocation, const Crl& crl) {
  return fail(Code::certificate_revoked,
              "the certificate of " + named(certificate) + " was revoked at " + display_time(revocation.at) +
                  (revocation.reason ? " (" + reason_name(*revocation.reason) + ")" : "") + ", says the CRL of '" +
                  crl.shown_issuer() + "' of " + display_time(crl.this_update()));
}

std::string not_current(const Crl& crl, std::int64_t now) {
  const bool future = crl.this_update() > now;
  return "the CRL of '" + crl.shown_issuer() + "' " +
         (future ? "is from the future: it counts from " + display_time(crl.this_update())
                 : "is too old: it was good until " + display_time(crl.next_update())) +
         ", and it is " + display_time(now) + (future ? "; is the clock right?" : "; fetch a newer one");
}

std::string_view name_of(CrlPolicy policy) noexcept {
  return policy == CrlPolicy::require_leaf ? "CrlPolicy::require_leaf" : "CrlPolicy::require_chain";
}

/// RFC 9608 §4: nobody tells of its revocation. The extension is for end entities.
bool without_revocation(const Certificate& leaf) noexcept { return leaf.no_rev_avail && !leaf.is_ca; }

}  // namespace

/// What became of the question about one certificate.
struct RevocationCheck::Asked {
  const crypto::PublicKey* issuer_key;         ///< null: it was not made yet
  std::optional<crypto::PublicKey> made = {};  ///< what was made of the issuer's certificate
  std::uint16_t reasons = 0;                   ///< that current CRLs cover
  std::optional<CrlCoverage> coverage = {};    ///< of these CRLs the one that ends first
  std::string why_not = {};                    ///< the first CRL that does not count, in words

  void note(std::string words) {
    if (why_not.empty()) why_not = std::move(words);
  }
};

Result<RevocationCheck::Signed> RevocationCheck::is_signed(const Crl& crl, const Certificate& issuer, Asked& asked) {
  const Bytes spki = issuer.subject_public_key_info;
  const std::string by = "the CRL of '" + crl.shown_issuer() + "' is not signed by the issuer of that name";
  switch (crl.known_verdict(spki)) {
    case Crl::Verdict::good:
      return Signed::yes;
    case Crl::Verdict::bad:
      asked.note(by);
      return Signed::no;
    case Crl::Verdict::unknown:
      break;
  }
  if (verifications_ == limits::kMaxCrlVerifications) {
    asked.note(too_many(crl));
    gave_up_ = true;
    return Signed::unknown;
  }
  ++verifications_;
  if (asked.issuer_key == nullptr) {
    auto key = crypto::PublicKey::from_spki(spki);
    if (!key) return std::unexpected(std::move(key).error());
    asked.issuer_key = &asked.made.emplace(std::move(*key));
  }
  if (const auto verified = crl.verify(spki, *asked.issuer_key); !verified) {
    asked.note(by + ": " + verified.error().detail());
    return Signed::no;
  }
  return Signed::yes;
}

/// Of one scope the newest CRL that the issuer has signed decides. Where one stands in the group follows from all that
/// is in it, whoever wrote that: the issuer's own are compared with each other.
Result<void> RevocationCheck::ask(const CrlGroup& group, const Certificate& subject, const Certificate& issuer,
                                  std::uint16_t reasons, Asked& asked) {
  const Crl* decides = nullptr;
  for (const CrlPtr& crl : group) {
    if (decides != nullptr && !crl->newer_than(*decides)) continue;
    const auto authentic = is_signed(*crl, issuer, asked);
    if (!authentic) return std::unexpected(authentic.error());
    if (*authentic == Signed::yes) decides = crl.get();
    // One that cannot be verified any more does not matter where it would not revoke.
    if (*authentic == Signed::unknown && revokes(*crl, subject.serial, now_))
      return fail(Code::certificate_too_complex, too_many(*crl));
  }
  if (decides == nullptr) return {};
  if (const auto entry = revokes(*decides, subject.serial, now_)) return revoked(subject, *entry, *decides);
  if (!decides->current(now_)) {
    asked.note(not_current(*decides, now_.seconds()));
    return {};
  }
  asked.reasons |= reasons;
  if (!asked.coverage || decides->next_update() < asked.coverage->next_update)
    asked.coverage = {decides->this_update(), decides->next_update()};
  return {};
}

Result<std::optional<CrlCoverage>> RevocationCheck::check_one(const Certificate& subject, const Certificate& issuer,
                                                              const crypto::PublicKey* issuer_key, bool due) {
  Asked asked{.issuer_key = issuer_key};
  const bool may_sign = !issuer.key_usage || (*issuer.key_usage & key_usage::kCrlSign) != 0;
  for (const CrlGroup& group : question_.crls->of(canonical_name(subject.issuer))) {
    const Crl& first = *group.front();
    if (!same_key(first.authority_key_identifier(), issuer.subject_key_identifier)) continue;
    const auto reasons = reasons_told(first.scope(), subject);
    if (!reasons) continue;
    if (!may_sign) {
      asked.note("the keyUsage of " + named(issuer) + " lacks cRLSign, so that its CRL does not count");
      continue;
    }
    if (auto good = ask(group, subject, issuer, *reasons, asked); !good) return std::unexpected(good.error());
  }
  if (asked.reasons == kAllReasons) return asked.coverage;
  if (!due) return std::nullopt;
  const std::string why = !asked.why_not.empty() ? asked.why_not
                          : asked.reasons != 0   ? "the CRLs of its issuer do not cover all reasons together"
                                                 : "there is no CRL of its issuer that tells of it";
  return fail(Code::revocation_unknown, "whether the certificate of " + named(subject) + ", issued by " +
                                            named(issuer) + ", was revoked is not known, and " +
                                            std::string(name_of(question_.policy)) + " demands a CRL: " + why);
}

Result<std::optional<CrlCoverage>> RevocationCheck::check(Path path, const crypto::PublicKey* anchor_key) {
  std::optional<CrlCoverage> leaf;
  if (question_.crls == nullptr) return leaf;
  const bool chain_due = question_.policy == CrlPolicy::require_chain;
  const bool leaf_due = chain_due || question_.policy == CrlPolicy::require_leaf;
  if (path.size() == 1) {
    if (!leaf_due || path.front()->self_issued()) return leaf;
    return fail(Code::revocation_unknown, "the certificate of " + named(*path.front()) +
                                              " is trusted itself, so that no CRL can speak for it, and " +
                                              std::string(name_of(question_.policy)) +
                                              " demands one; trust its issuer, or demand none");
  }
  for (std::size_t i = path.size() - 1; i-- > 0;) {
    const bool due = i == 0 ? leaf_due && !without_revocation(*path[i]) : chain_due;
    auto one = check_one(*path[i], *path[i + 1], i + 2 == path.size() ? anchor_key : nullptr, due);
    if (!one) return std::unexpected(std::move(one).error());
    leaf = *one;
  }
  return leaf;
}

namespace {

/// A certificate of a session: all of it, or what a summary says.
struct Kept {
  Bytes issuer, serial;
  const Certificate* certificate;  ///< null: a summary
};

/// The reasons for which `kept` would be on a CRL of `scope`; nothing: that CRL does not tell of it. Of a summary it is
/// not known whether one for authorities, or for some distribution points, tells of it: it may revoke, and does not
/// vouch.
std::optional<std::uint16_t> told_by(const CrlScope& scope, const Kept& kept) {
  if (kept.certificate != nullptr) return reasons_told(scope, *kept.certificate);
  return scope.ca_certificates || !scope.names.empty() ? std::uint16_t{0} : scope.reasons;
}

/// By the CRLs of its issuer's name, whoever has signed them.
bool may_go_on(const CrlQuestion& question, const Kept& kept, bool due, const Moment& now) {
  std::uint16_t covered = 0;
  for (const CrlGroup& group : question.crls->of(canonical_name(kept.issuer))) {
    const Crl& first = *group.front();
    if (kept.certificate != nullptr &&
        !same_key(first.authority_key_identifier(), kept.certificate->authority_key_identifier))
      continue;
    const auto told = told_by(first.scope(), kept);
    if (!told) continue;
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (superseded(group, i)) continue;
      if (revokes(*group[i], kept.serial, now)) return false;
      if (group[i]->current(now) && !group[i]->refuted()) covered |= *told;
    }
  }
  return !due || covered == kAllReasons;
}

bool is_anchor(const Anchors& anchors, const Certificate& one) {
  return std::ranges::any_of(anchors.named(canonical_name(one.subject)),
                             [&](const auto& anchor) { return std::ranges::equal(anchor->der, one.der); });
}

}  // namespace

bool session_may_go_on(const CrlQuestion& question, const Anchors& anchors, const ResumedPeer& peer) {
  if (question.crls == nullptr) return true;
  const Moment now(peer.now);
  const bool due = question.policy != CrlPolicy::if_present;
  if (peer.certificates.empty())
    return peer.summary != nullptr &&
           may_go_on(question, {peer.summary->issuer, peer.summary->serial, nullptr}, due, now);
  const auto chain = PeerChain::parse(peer.certificates);
  if (!chain) return false;
  // Which of them the path led through is not kept, and the peer chose what else it sent: all are asked about.
  for (const Certificate& one : (*chain)->certificates()) {
    if (is_anchor(anchors, one)) continue;
    const bool leaf = &one == &(*chain)->leaf();
    const bool asked = leaf ? due && !without_revocation(one) : question.policy == CrlPolicy::require_chain;
    if (!may_go_on(question, {one.issuer, one.serial, &one}, asked, now)) return false;
  }
  return true;
}

}  // namespace tls::pki
