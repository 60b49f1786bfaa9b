#include "cli/check/crls.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "cli/times.h"

namespace sallyport::cli::check {
namespace {

namespace pki = tls::pki;
using pki::Certificate;

/// Certificates by their names, as canonical_name() has them.
using ByName = std::unordered_multimap<std::string, const Certificate*>;

/// RFC 5280 §5.2.1: the key identifiers, where both are there, tell apart authorities of one name.
bool may_be_of(const pki::Crl& crl, const Certificate& issuer) {
  const tls::Bytes wanted = crl.authority_key_identifier(), has = issuer.subject_key_identifier;
  return wanted.empty() || has.empty() || std::ranges::equal(wanted, has);
}

/// Asks the keys that may have signed one CRL, limits::kMaxCrlVerdicts at most.
class Signers {
 public:
  explicit Signers(const pki::Crl& crl) : crl_(crl) {}

  void ask(const Certificate& issuer) {
    if (good_ || !may_be_of(crl_, issuer)) return;
    const tls::Bytes spki = issuer.subject_public_key_info;
    const auto key = tls::crypto::PublicKey::from_spki(spki);
    if (!key) return;  // which nothing can be said with, and which is told of elsewhere
    if (crl_.known_verdict(spki) == pki::Crl::Verdict::unknown && ++asked_ > tls::limits::kMaxCrlVerdicts) return;
    const bool may_sign = !issuer.key_usage || (*issuer.key_usage & pki::key_usage::kCrlSign) != 0;
    if (!crl_.verify(spki, *key))
      forged_ = true;
    else if (may_sign)
      good_ = true;
    else
      may_not_ = true;
  }

  /// Why the CRL counts for nobody; empty: it counts, or no key is at hand that could tell.
  [[nodiscard]] std::string why_not() const {
    if (good_ || asked_ > tls::limits::kMaxCrlVerdicts) return {};
    if (may_not_) return "is signed by an authority whose keyUsage lacks cRLSign";
    return forged_ ? "was not signed by the authority of that name, whose key is at hand" : "";
  }

 private:
  const pki::Crl& crl_;
  std::size_t asked_ = 0;
  bool good_ = false, forged_ = false, may_not_ = false;
};

void refuse(const std::string& subject, const pki::Crl& crl, const std::string& why, Findings& findings) {
  findings.add(Id::crl_refused, subject, "the CRL of '" + crl.shown_issuer() + "' " + why + ": it counts for nothing",
               "fetch it from that authority again");
}

class Judge {
 public:
  Judge(const CrlsCase& how, Findings& findings) : how_(how), findings_(findings) {
    for (const Holdings& file : how.files)
      for (const HeldCertificate& one : file.certificates) {
        issuers_.push_back(pki::display_name(one.parsed.issuer));
        at_hand_.emplace(pki::canonical_name(one.parsed.subject), &one.parsed);
      }
  }

  void run() {
    how_.crls.store().for_each([this](const pki::CrlGroup& group) { judge(group); });
  }

 private:
  [[nodiscard]] std::string why_not(const pki::Crl& crl) const {
    Signers signers(crl);
    const auto [begin, end] = at_hand_.equal_range(crl.issuer());
    for (auto at = begin; at != end; ++at) signers.ask(*at->second);
    if (how_.anchors == nullptr) return signers.why_not();
    for (const auto& anchor : how_.anchors->named(crl.issuer())) signers.ask(anchor->certificate);
    for (const auto& one : how_.anchors->intermediates_named(crl.issuer())) signers.ask(one->certificate);
    return signers.why_not();
  }

  void judge(const pki::CrlGroup& group) {
    bool dated = false;  // one of the group
    for (const pki::CrlPtr& crl : group) {
      if (const std::string why = why_not(*crl); !why.empty())
        refuse(how_.subject, *crl, why, findings_);
      else if (!std::exchange(dated, true))
        judge_dates(*crl);
    }
    const std::string& issuer = group.front()->shown_issuer();
    if (!how_.any_host && std::ranges::find(issuers_, issuer) == issuers_.end())
      findings_.add(Id::crl_other, how_.subject,
                    "the CRL of '" + issuer + "' is of an authority that issued none of these certificates");
  }

  void judge_dates(const pki::Crl& crl) {
    const std::string name = "the CRL of '" + crl.shown_issuer() + "' ";
    if (crl.next_update() < how_.now)
      findings_.add(Id::crl_outdated, how_.subject, name + "was good until " + rfc3339(crl.next_update()),
                    "fetch a newer one");
    else if (crl.this_update() > how_.now)
      findings_.add(Id::crl_outdated, how_.subject, name + "counts from " + rfc3339(crl.this_update()),
                    "is this machine's clock right?");
  }

  const CrlsCase& how_;
  Findings& findings_;
  std::vector<std::string> issuers_;  // of the certificates, for people
  ByName at_hand_;
};

}  // namespace

void check_crls(const CrlsCase& how, Findings& findings) { Judge(how, findings).run(); }

void check_crl_signatures(const pki::CrlStore& crls, const std::vector<const Certificate*>& issuers,
                          const std::string& subject, Findings& findings) {
  ByName by_name;
  for (const Certificate* one : issuers) by_name.emplace(pki::canonical_name(one->subject), one);
  crls.for_each([&](const pki::CrlGroup& group) {
    const auto [begin, end] = by_name.equal_range(group.front()->issuer());
    for (const pki::CrlPtr& crl : group) {
      Signers signers(*crl);
      for (auto at = begin; at != end; ++at) signers.ask(*at->second);
      if (const std::string why = signers.why_not(); !why.empty()) refuse(subject, *crl, why, findings);
    }
  });
}

}  // namespace sallyport::cli::check
