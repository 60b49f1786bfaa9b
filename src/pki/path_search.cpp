#include "pki/path_search.h"

#include <algorithm>

#include "base/limits.h"
#include "pki/certificate_policies.h"
#include "pki/issuer_choice.h"
#include "pki/signature_memory.h"

namespace tls::pki {
namespace {

bool same(Bytes a, Bytes b) noexcept { return std::ranges::equal(a, b); }

/// Names in the form in which they are compared, each made once: a peer chooses how long they are, and the search asks
/// for them again and again.
class Names {
 public:
  /// The number of a name: equal names have equal numbers.
  std::size_t number(Bytes name) {
    for (const auto& [der, known] : seen_)
      if (same(der, name)) return known;
    std::string canonical = canonical_name(name);
    const auto at = std::ranges::find(canonical_, canonical);
    const auto n = static_cast<std::size_t>(at - canonical_.begin());
    if (at == canonical_.end()) canonical_.push_back(std::move(canonical));
    seen_.emplace_back(name, n);
    return n;
  }
  [[nodiscard]] const std::string& operator[](std::size_t number) const { return canonical_[number]; }

 private:
  std::vector<std::pair<Bytes, std::size_t>> seen_;
  std::vector<std::string> canonical_;
};

class Search {
 public:
  Search(const Anchors& anchors, const PeerChain& chain, Role role, const Moment& now, SearchReport* report,
         const CrlQuestion& crls, VerificationStore* memory)
      : anchors_(anchors),
        chain_(chain),
        role_(role),
        now_(now),
        report_(report),
        signatures_(memory),
        revocation_(crls, now_) {
    sent_.reserve(chain.certificates().size());
    for (const Certificate& certificate : chain.certificates()) sent_.push_back(node(certificate));
    path_.reserve(limits::kMaxPathLength);
  }

  Result<FoundPath> run() {
    if (sent_.front().distrusted) return rejected(chain_.leaf());
    const bool found = leaf_is_anchor() || extend(sent_.front());
    if (report_ != nullptr) report_->steps = steps_, report_->verifications = signatures_.count();
    if (found) return std::move(found_);
    if (refusal_) return std::unexpected(std::move(*refusal_));
    if (distrusted_ != nullptr) return rejected(*distrusted_);
    return nothing_found();
  }

 private:
  /// A certificate that the search can lead through.
  struct Node {
    const Certificate* certificate;
    std::size_t subject;  ///< number of its name; that of its issuer is made where the search asks for it
    bool usable;          ///< as an issuer: check_in_place() accepts it, whose words cost what names do
    bool distrusted;      ///< by trust data that stands beside the roots
  };
  Node node(const Certificate& certificate) {
    const std::size_t subject = names_.number(certificate.subject);
    return {&certificate, subject, check_in_place(certificate, Position::intermediate, role_, now_).has_value(),
            anchors_.distrusts(certificate, names_[subject], role_ == Role::server)};
  }

  /// `canonical` is the anchor's name.
  bool trusted(const Anchor& anchor, const std::string& canonical) const {
    const bool server = role_ == Role::server;
    return (server ? anchor.trusted_for.servers : anchor.trusted_for.clients) &&
           !anchors_.distrusts(anchor.certificate, canonical, server);
  }

  static std::unexpected<Error> rejected(const Certificate& certificate) {
    return fail(Code::unknown_ca, "the certificate of '" + display_name(certificate.subject) +
                                      "' is rejected by the trust data that stands beside the roots");
  }

  bool leaf_is_anchor() {
    const Certificate& leaf = chain_.leaf();
    for (const auto& anchor : anchors_.named(names_[sent_.front().subject])) {
      if (!trusted(*anchor, names_[sent_.front().subject]) || !same(anchor->der, leaf.der)) continue;
      path_.assign(1, &leaf);
      const bool valid = finish(validate_alone(leaf), nullptr);
      path_.clear();
      return valid;
    }
    return false;
  }

  /// Tries every anchor, then every other certificate, that may have issued `last`, which becomes the end of the path.
  /// True: a path is valid.
  bool extend(const Node& last) {
    if (steps_ == limits::kMaxPathSteps || exhausted_) {
      gave_up_ = true;
      return false;
    }
    ++steps_;
    path_.push_back(last.certificate);
    const std::size_t before = report_ == nullptr ? 0 : report_->paths.size();
    const std::size_t issuer = issuer_of(last);
    const bool found = try_anchors(last, issuer) || try_issuers(last, issuer);
    if (!found && report_ != nullptr && report_->paths.size() == before) note_dead_end(last);
    path_.pop_back();
    return found;
  }

  std::size_t issuer_of(const Node& node) { return names_.number(node.certificate->issuer); }

  bool try_anchors(const Node& last, std::size_t issuer) {
    for (const auto& anchor : anchors_.named(names_[issuer])) {
      if (!trusted(*anchor, names_[issuer]) || !key_identifiers_fit(*last.certificate, anchor->certificate)) continue;
      if (signatures_.known_bad(*last.certificate, anchor->certificate)) continue;
      path_.push_back(&anchor->certificate);
      const bool valid = finish(validate(*anchor), &anchor->key);
      path_.pop_back();
      if (valid) return true;
      if (exhausted_) break;
    }
    return false;
  }

  bool try_issuers(const Node& last, std::size_t issuer) {
    bool any = false;
    // What can be no issuer is left for the second round, which only looks for a better sentence.
    for (const bool usable : {true, false}) {
      if (!usable && (any || refusal_)) break;
      for (const Node& next : std::span(sent_).subspan(1))
        if (try_issuer(last, issuer, next, usable, any)) return true;
      for (const auto& next : anchors_.intermediates_named(names_[issuer]))
        if (try_issuer(last, issuer, node(next->certificate), usable, any)) return true;
    }
    return false;
  }

  bool try_issuer(const Node& last, std::size_t issuer, const Node& next, bool usable, bool& any) {
    if (next.subject != issuer || !key_identifiers_fit(*last.certificate, *next.certificate)) return false;
    if (std::ranges::find(path_, next.certificate) != path_.end()) return false;
    if (signatures_.known_bad(*last.certificate, *next.certificate)) return false;
    if (next.usable != usable) return false;
    if (next.distrusted) {
      distrusted_ = next.certificate;
      return false;
    }
    any = true;
    if (path_.size() + 1 >= limits::kMaxPathLength) {
      too_long_ = true;
      return false;
    }
    return extend(next);
  }

  /// A leaf that is its own anchor.
  Result<void> validate_alone(const Certificate& leaf) {
    if (auto good = check_in_place(leaf, Position::trusted_leaf, role_, now_); !good) return good;
    return check_revocation(nullptr);
  }

  /// RFC 5280 §6.1.3 (a)(3).
  Result<void> check_revocation(const crypto::PublicKey* anchor_key) {
    auto good = revocation_.check(path_, anchor_key);
    if (!good) return std::unexpected(std::move(good).error());
    leaf_crl_ = *good;
    return {};
  }

  /// Everything that RFC 5280 §6.1 wants of the path that ends with `anchor`: the cheap first.
  Result<void> validate(const Anchor& anchor) {
    for (std::size_t i = 0; i < path_.size(); ++i) {
      const Position position = i == 0                  ? Position::leaf
                                : i + 1 == path_.size() ? Position::anchor
                                                        : Position::intermediate;
      if (auto good = check_in_place(*path_[i], position, role_, now_); !good) return good;
    }
    if (auto short_enough = check_path_lengths(path_); !short_enough) return short_enough;
    if (auto authentic = verify_signatures(anchor); !authentic) return authentic;
    if (auto agreed = check_policies(path_); !agreed) return agreed;
    if (auto within = check_constraints(path_, constraints_); !within) return within;
    return check_revocation(&anchor.key);
  }

  Result<void> verify_signatures(const Anchor& anchor) {
    for (std::size_t i = path_.size() - 1; i-- > 0;) {
      const Certificate &subject = *path_[i], &issuer = *path_[i + 1];
      const crypto::PublicKey* key = i + 2 == path_.size() ? &anchor.key : nullptr;
      using enum SignatureMemory::Verdict;
      switch (signatures_.verify(subject, issuer, key)) {
        case good:
          continue;
        case bad:
          return forged(subject, issuer);
        case exhausted:
          gave_up_ = exhausted_ = true;
          return fail(Code::certificate_too_complex,
                      "no path to a trusted authority is valid among those that " +
                          std::to_string(limits::kMaxVerifications) +
                          " verifications of signatures reach; have the peer send its chain and nothing else");
      }
    }
    return {};
  }

  std::unexpected<Error> forged(const Certificate& subject, const Certificate& issuer) const {
    const std::string name = "'" + display_name(issuer.subject) + "'";
    if (const Error* error = signatures_.key_error(issuer))
      return fail(error->code(), "the key of " + name + " cannot be used: " + error->detail());
    return fail(Code::bad_certificate_signature, "the signature on the certificate of '" +
                                                     display_name(subject.subject) +
                                                     "' does not verify with the key of " + name);
  }

  /// Notes what came of path_, which ends with an anchor; true when it is valid.
  bool finish(Result<void> verdict, const crypto::PublicKey* anchor_key) {
    if (report_ != nullptr)
      report_->paths.push_back(
          {path_, true, verdict ? std::nullopt : std::optional<Error>(std::in_place, verdict.error())});
    if (verdict) {
      found_ = {path_, anchor_key, valid_until(path_), leaf_crl_, signatures_.keys_of(path_), !revocation_.gave_up()};
      return true;
    }
    // The first path is the one that the peer meant, unless another authority has the same name.
    const bool unsigned_path = verdict.error().code() == Code::bad_certificate_signature;
    if (!refusal_ || (refusal_->code() == Code::bad_certificate_signature && !unsigned_path))
      refusal_ = std::move(verdict).error();
    return false;
  }

  void note_dead_end(const Node& last) {
    std::string why = "no other certificate of '" + display_name(last.certificate->issuer) + "' is trusted or was sent";
    if (path_.size() + 1 >= limits::kMaxPathLength)
      why = "the path would be longer than " + std::to_string(limits::kMaxPathLength) + " certificates";
    report_->paths.push_back({path_, false, Error(Code::unknown_ca, std::move(why))});
  }

  std::unexpected<Error> nothing_found() {
    if (gave_up_)
      return fail(Code::certificate_too_complex,
                  "no path to a trusted root was found among the first " + std::to_string(limits::kMaxPathSteps) +
                      " certificates that were tried; have the peer send its chain and nothing else");
    if (too_long_)
      return fail(Code::path_too_long, "no trusted root was found within " + std::to_string(limits::kMaxPathLength) +
                                           " certificates, which is as long as a path may be");
    const Node* last = &sent_.front();
    for (std::size_t i = 1; i < sent_.size(); ++i) {  // follow the chain as it was sent
      const std::size_t wanted = issuer_of(*last);
      const auto next = std::find_if(sent_.begin() + 1, sent_.end(), [&](const Node& one) {
        return &one != last && one.subject == wanted && key_identifiers_fit(*last->certificate, *one.certificate);
      });
      if (next == sent_.end()) break;
      last = &*next;
    }
    // A chain of one self-issued certificate may be meant; else an authority's certificate is no leaf.
    const bool alone = sent_.size() == 1 && last->certificate->self_issued();
    const std::string hint(alone ? "" : order_hint(chain_.leaf()));
    const std::string name = display_name(last->certificate->issuer), namesake = about_namesake(*last);
    const std::string none = anchors_.size() == 1
                                 ? "which is not the trusted root"
                                 : "which is none of the " + std::to_string(anchors_.size()) + " trusted roots";
    if (last->certificate->self_issued())
      return fail(Code::unknown_ca,
                  "the chain ends with the self-signed certificate of '" + name + "', " +
                      (namesake.empty() ? none + "; if it is to be trusted, add it to them" : namesake) + hint);
    return fail(
        Code::unknown_ca,
        "the chain ends with a certificate issued by '" + name + "', " +
            (namesake.empty() ? none + "; add that root, or have the peer send the missing intermediate certificate"
                              : namesake) +
            hint);
  }

  /// Why a trusted root that has the name of the issuer of `last` did not help; empty when there is none.
  std::string about_namesake(const Node& last) {
    const std::string& name = names_[issuer_of(last)];
    const bool server = role_ == Role::server;
    bool other_key = false, other_role = false, rejected = false;
    for (const auto& anchor : anchors_.named(name)) {
      // One that is trusted and may have issued `last` ended a path, which tells more than this.
      const bool for_others = server ? anchor->trusted_for.clients : anchor->trusted_for.servers;
      if (trusted(*anchor, name))
        other_key = true;
      else if (for_others && !anchors_.distrusts(anchor->certificate, name, !server))
        other_role = true;
      else
        rejected = true;
    }
    if (other_key)
      return "and a trusted root of that name has another key (the key identifiers differ): add the root that issued "
             "it, or have the peer send a chain to the one that is trusted";
    if (other_role)
      return std::string("and the root of that name is trusted for ") + (server ? "clients" : "servers") + " only";
    return rejected ? "and the root of that name is rejected by the trust data that stands beside the roots" : "";
  }

  const Anchors& anchors_;
  const PeerChain& chain_;
  const Role role_;
  const Moment& now_;
  SearchReport* const report_;

  Names names_;
  std::vector<Node> sent_;  // leaf first
  std::vector<const Certificate*> path_;
  SignatureMemory signatures_;
  ConstraintBudget constraints_;
  RevocationCheck revocation_;
  std::optional<CrlCoverage> leaf_crl_;  // of the path that was judged last
  std::size_t steps_ = 0;
  std::optional<Error> refusal_;
  FoundPath found_;
  bool gave_up_ = false;    // a limit ended the search
  bool exhausted_ = false;  // no further signature may be verified, so that no further path can be valid
  const Certificate* distrusted_ = nullptr;  // one that was passed over
  bool too_long_ = false;                    // kMaxPathLength cut a path off
};

}  // namespace

Result<FoundPath> find_path(const Anchors& anchors, const PeerChain& chain, Role role, const Moment& now,
                            SearchReport* report, const CrlQuestion& crls, VerificationStore* memory) {
  return Search(anchors, chain, role, now, report, crls, memory).run();
}

}  // namespace tls::pki
