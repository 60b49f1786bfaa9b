#include "cli/check/chain.h"

#include <algorithm>
#include <map>
#include <ranges>

#include "base/limits.h"
#include "cli/check/crls.h"
#include "cli/times.h"
#include "pki/dns_name.h"
#include "pki/internet_names.h"
#include "pki/leaf.h"
#include "pki/path_search.h"
#include "pki/server_name.h"

namespace sallyport::cli::check {
namespace {

namespace pki = tls::pki;
using pki::Certificate;

constexpr std::int64_t kDay = 86400;
constexpr std::size_t kMostOfKind = 16;  // findings of one kind about the authorities of one file; others are counted

std::string quoted(const Certificate& one) { return "'" + pki::display_name(one.subject) + "'"; }

/// "3 days", "1 day", "5 hours".
std::string span_of(std::int64_t seconds) {
  const bool days = seconds >= kDay;
  const std::int64_t n = days ? seconds / kDay : seconds / 3600;
  return std::to_string(n) + (days ? " day" : " hour") + (n == 1 ? "" : "s");
}

/// The id of what keeps a path from being valid.
Id id_of(tls::Code code) {
  using tls::Code;
  switch (code) {
    case Code::certificate_expired:
      return Id::expired;
    case Code::certificate_not_yet_valid:
      return Id::not_yet_valid;
    case Code::bad_certificate_signature:
      return Id::chain_signature;
    case Code::weak_certificate_signature:
      return Id::weak_signature;
    case Code::certificate_purpose:
      return Id::wrong_purpose;
    case Code::unsupported_certificate:
      return Id::weak_key;
    case Code::certificate_revoked:
      return Id::revoked;
    case Code::revocation_unknown:
      return Id::revocation_unknown;
    default:
      return Id::chain_refused;
  }
}

std::string_view advice_of(Id id) {
  switch (id) {
    case Id::revoked:
      return "get another certificate, for a new key";
    case Id::revocation_unknown:
      return "give --crl a current list of that authority";
    case Id::chain_signature:
      return "put in the certificate of the authority that issued the one below it, unchanged";
    default:
      return "have the certificate issued anew";
  }
}

class Judge {
 public:
  Judge(const ChainCase& chain, Findings& findings) : chain_(chain), findings_(findings) {}

  JudgedChain run() {
    if (chain_.authorities) return authorities();
    if (chain_.certificates.size() > tls::limits::kMaxCertificates)
      add_broken(Id::chain_too_long,
                 "there are " + std::to_string(chain_.certificates.size()) + " certificates, and clients look at " +
                     std::to_string(tls::limits::kMaxCertificates) + " at most",
                 "leave out what the leaf does not need");
    arrange_all();
    tell_order();
    for (const Certificate* one : out_.line.path) check_one(*one);
    tell_end(out_.line.path);
    tell_root();
    check_leaf();
    find_a_path();
    if (chain_.sent && chain_.trust.crls.crls != nullptr)  // what files hold is judged with their CRLs
      check_crl_signatures(*chain_.trust.crls.crls, out_.line.path, chain_.subject, findings_);
    if (whole_)
      add(Id::chain_complete,
          known_ ? "the chain is whole and leads to " + root_ : "the chain is whole, as far as it goes");
    return std::move(out_);
  }

 private:
  /// All of them: a list of roots is not sent, and may be long.
  JudgedChain authorities() {
    Certificates all;
    for (const HeldCertificate& one : chain_.certificates) all.push_back(&one.parsed);
    for (const Certificate* one : all) check_one(*one);
    tell_end(all);
    for (const auto& [id, count] : counts_)
      if (count > kMostOfKind)
        findings_.add(id, chain_.subject, "so it is with " + std::to_string(count - kMostOfKind) + " more of the file");
    return {};
  }

  [[nodiscard]] std::string subject() const { return shown(chain_.subject); }
  [[nodiscard]] const Certificate& leaf() const { return *out_.line.path.front(); }
  void add(Id id, std::string_view words, std::string_view advice = {}) {
    if (!chain_.authorities || ++counts_[id] <= kMostOfKind) findings_.add(id, chain_.subject, words, advice);
  }
  /// The same of what keeps the chain from being whole, in order and valid.
  void add_broken(Id id, std::string_view words, std::string_view advice) {
    whole_ = false;
    add(id, words, advice);
  }

  /// Those that are there twice count once.
  void arrange_all() {
    Certificates unique;
    std::size_t leaf = 0;
    for (std::size_t i = 0; i < std::min(chain_.certificates.size(), tls::limits::kMaxCertificates); ++i) {
      const HeldCertificate& one = chain_.certificates[i];
      const auto at = std::ranges::find_if(
          unique, [&](const Certificate* other) { return std::ranges::equal(other->der, one.parsed.der); });
      if (i == chain_.leaf) leaf = static_cast<std::size_t>(at - unique.begin());
      if (at == unique.end())
        unique.push_back(&one.parsed);
      else
        twice_ = true;
    }
    first_ = leaf == 0;
    out_.line = arrange(unique, leaf, chain_.others);
  }

  void tell_order() {
    if (twice_) add(Id::chain_duplicate, "a certificate stands there twice", "leave the second one out");
    if (!out_.line.in_order)
      add_broken(Id::chain_order,
                 first_ ? "the certificates do not stand in order: each should be followed by its issuer"
                        : "the leaf, " + quoted(leaf()) + ", does not stand first",
                 "put the leaf first and behind each certificate its issuer: TLS 1.2 demands it (RFC 5246 §7.4.2)");
    for (const Certificate* one : out_.line.extra)
      add_broken(Id::chain_extra, "the certificate of " + quoted(*one) + " issued none of the others",
                 "leave it out, or put in the certificate that it issued");
  }

  void check_one(const Certificate& one) {
    if (one.not_after < chain_.now)
      add(Id::expired, "the certificate of " + quoted(one) + " expired on " + rfc3339(one.not_after), "renew it");
    else if (one.not_after - chain_.now < seconds_to_warn(one, chain_.days))
      add(Id::expires_soon,
          "the certificate of " + quoted(one) + " ends in " + span_of(one.not_after - chain_.now) + ", on " +
              rfc3339(one.not_after),
          "renew it");
    if (one.not_before > chain_.now)
      add(Id::not_yet_valid, "the certificate of " + quoted(one) + " is valid from " + rfc3339(one.not_before),
          "wait, or set this machine's clock");
    if (auto strong = pki::check_key(one); !strong)
      add(Id::weak_key, strong.error().detail(), "issue it for ECDSA P-256 or P-384, or RSA of 2048 bits or more");
    if (one.self_issued()) return;  // nobody looks at the signature of a root
    if (auto strong = pki::check_signature_algorithm(one); !strong)
      add(strong.error().code() == tls::Code::weak_certificate_signature ? Id::weak_signature : Id::chain_refused,
          strong.error().detail(), "have it signed with SHA-256 or better");
  }

  void tell_end(const Certificates& all) {
    const auto first = std::ranges::min_element(all, {}, [](const Certificate* c) { return c->not_after; });
    if ((*first)->not_after >= chain_.now)
      add(Id::days_left,
          (first == all.begin() && !chain_.authorities ? "the leaf" : "the certificate of " + quoted(**first)) +
              " ends in " + span_of((*first)->not_after - chain_.now) + ", on " + rfc3339((*first)->not_after));
  }

  void tell_root() {
    if (out_.line.path.size() > 1 && out_.line.ends_in_root && !out_.line.borrowed)
      add(Id::chain_root_sent, "the root " + quoted(*out_.line.path.back()) + " is in the chain",
          "leave it out: a client has it, or does not trust it");
  }

  void check_leaf() {
    if (auto usable = pki::check_leaf_usage(leaf(), chain_.role); !usable)
      add(Id::wrong_purpose, usable.error().detail(), "have it issued for this use");
    if (leaf().is_ca)
      add(Id::leaf_is_authority, quoted(leaf()) + " is an authority's certificate",
          "give the server a certificate that is none: whoever takes its key can issue others");
    else if (leaf().self_issued())
      add(Id::self_signed, "the leaf is its own issuer", "get one of an authority, or give this one to every client");
    if (chain_.role == pki::Role::server) check_names();
  }

  /// RFC 9525 §6.3: '*' is the whole left-most label, and two more follow. A name that ends in a number is an address.
  static bool matches_something(std::string_view name) {
    pki::DnsName normal;
    if (!normal.assign(name, pki::DnsName::Wildcard::allowed) || pki::ends_in_number(normal.text())) return false;
    return !normal.is_wildcard() || normal.parent().find('.') != std::string_view::npos;
  }

  void check_names() {
    std::size_t useless = 0;
    std::string words;  // one finding for all: there may be thousands
    for (std::string_view name : leaf().dns_names) {
      if (matches_something(name)) continue;
      if (++useless <= tls::limits::kMaxDisplayedNames)
        words += (words.empty() ? "'" : ", '") + pki::printable(name) + "'";
    }
    if (useless > tls::limits::kMaxDisplayedNames)
      words += " and " + std::to_string(useless - tls::limits::kMaxDisplayedNames) + " more";
    if (useless != 0)
      add(Id::name_useless, "names of the leaf match no host: " + words,
          "a wildcard is the whole first label, with two others behind it; an address is an iPAddress");
    for (const std::string& text : chain_.names) {
      const auto name = pki::ServerName::parse(text);
      if (!name || !name->matches(leaf()))
        add(Id::name_mismatch,
            "the leaf is not for '" + pki::printable(text) + "': it is for " + pki::display_names(leaf()),
            "have it issued for that name");
    }
    add(Id::names, "the leaf is for " + pki::display_names(leaf()));
  }

  [[nodiscard]] tls::Result<pki::FoundPath> search(const pki::Anchors& anchors) const {
    std::vector<std::vector<std::uint8_t>> ders;
    for (const Certificates* part : {&out_.line.path, &out_.line.beside, &out_.line.extra})
      for (const Certificate* one : *part) ders.emplace_back(one->der.begin(), one->der.end());
    auto parsed = pki::PeerChain::parse(ders);
    if (!parsed) return std::unexpected(std::move(parsed).error());
    auto found = pki::find_path(anchors, **parsed, chain_.role, pki::Moment(chain_.now), nullptr, chain_.trust.crls);
    if (!found) return found;
    root_ = quoted(*found->path.back());  // what it points to goes with the chain
    helped_ = std::ranges::any_of(found->path | std::views::take(found->path.size() - 1), [&](const Certificate* one) {
      return std::ranges::none_of(ders, [&](const auto& der) { return std::ranges::equal(der, one->der); });
    });
    return found;
  }

  void find_a_path() {
    if (chain_.trust.anchors != nullptr) {
      const auto found = search(*chain_.trust.anchors);
      if (found) {
        known_ = true;
        out_.public_ = !chain_.trust.named;
        out_.gap = helped_;
        if (helped_) tell_gap();
        return;
      }
      if (found.error().code() != tls::Code::unknown_ca) return refuse(found.error());
    }
    no_known_root();
  }

  void refuse(const tls::Error& error) {
    const Id id = id_of(error.code());
    whole_ = false;
    if (!findings_.has(id, subject())) add(id, error.message(), advice_of(id));  // a rule of its own may have told it
  }

  void tell_gap() {
    const Certificate& end = *out_.line.path.back();
    add_broken(Id::chain_gap,
               "the certificate of '" + pki::display_name(end.issuer) + "', which issued that of " + quoted(end) +
                   ", is missing",
               "put it behind that certificate");
  }

  /// No root is known: a certificate is missing, or the root is somebody's own. All below the end of the line is
  /// judged as if that were trusted.
  void no_known_root() {
    const Line& line = out_.line;
    const Certificate& end = *line.path.back();
    const bool more = std::ranges::any_of(line.extra, [](const Certificate* one) { return one->is_ca; });
    out_.gap = !line.ends_in_root && (line.path.size() == 1 || more);
    const bool distrusted = tell_distrusted();
    if (out_.gap)
      tell_gap();
    else if (!distrusted)
      tell_unknown(end);
    judge_below(end);
  }

  /// What this machine knows and does not trust for the role is told apart from what it does not know.
  bool tell_distrusted() {
    if (chain_.trust.anchors == nullptr) return false;
    const pki::Anchors& anchors = *chain_.trust.anchors;
    const bool servers = chain_.role == pki::Role::server;
    const auto distrusts = [&](const Certificate& one) {
      return anchors.distrusts(one, pki::canonical_name(one.subject), servers);
    };
    const auto tell = [&](const Certificate& one) {
      add_broken(Id::distrusted,
                 "the certificate of " + quoted(one) + " is known here, and not to be trusted for " +
                     (servers ? "servers" : "clients") + ": so says the trust data that stands beside the roots",
                 "get a certificate of another authority");
      return true;
    };
    for (const Certificate* one : out_.line.path)
      if (distrusts(*one)) return tell(*one);
    const Certificate& end = *out_.line.path.back();
    const std::string issuer = pki::canonical_name(end.issuer);
    for (const auto& one : anchors.named(issuer))
      if (distrusts(one->certificate) && pki::verify_signature(end, one->key)) return tell(one->certificate);
    for (const auto& one : anchors.intermediates_named(issuer)) {
      const auto key = tls::crypto::PublicKey::from_spki(one->certificate.subject_public_key_info);
      if (key && distrusts(one->certificate) && pki::verify_signature(end, *key)) return tell(one->certificate);
    }
    return false;
  }

  void tell_unknown(const Certificate& end) {
    const std::string issuer = "'" + pki::display_name(end.issuer) + "'";
    if (chain_.trust.named || chain_.sent)
      add_broken(
          Id::untrusted,
          "the chain ends with " + quoted(end) + ", issued by " + issuer + ", and leads to no root that is trusted",
          "name the root with --ca FILE, or put in the certificate that is missing");
    else if (!out_.line.ends_in_root)  // who can say whether that is a root?
      add_broken(Id::chain_end_unknown,
                 "the chain ends with " + quoted(end) + ", and nothing is known of " + issuer + ", which issued it",
                 "put in its certificate if it is an intermediate; if it is your own root, name that with --ca FILE");
    else if (!leaf().self_issued())
      add(Id::root_unknown, "the chain leads to " + issuer + ", no root of the system's list",
          "name the root with --ca FILE, to have the chain judged to its end");
  }

  void judge_below(const Certificate& end) {
    if (out_.line.path.size() == 1) {
      const pki::Moment now(chain_.now);
      if (const auto good = pki::check_in_place(end, pki::Position::trusted_leaf, chain_.role, now); !good)
        refuse(good.error());
      return;
    }
    pki::Anchors ours;
    if (ours.add({end.der.begin(), end.der.end()}, pki::AnchorKind::any)) {
      if (const auto found = search(ours); !found) refuse(found.error());
      return;
    }
    // Nobody can trust the end, whatever is below it; that is judged all the same.
    whole_ = false;
    for (const auto& usable :
         {pki::check_critical_extensions(end), pki::check_key(end), pki::check_constraints_usable(end)})
      if (!usable) refuse(usable.error());
    check_line();
  }

  /// The signatures of the line, and what CRLs say of it.
  void check_line() {
    const Certificates& path = out_.line.path;
    constexpr std::size_t kLeastBits = 1024;  // of RSA: a weak key is told of, and verifies all the same
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      const Certificate &subject = *path[i], &issuer = *path[i + 1];
      const auto key = tls::crypto::PublicKey::from_spki(issuer.subject_public_key_info, kLeastBits);
      if (key && pki::check_signature_algorithm(subject) && !pki::verify_signature(subject, *key))
        return add_broken(Id::chain_signature,
                          "the signature on the certificate of " + quoted(subject) +
                              " does not verify with the key of " + quoted(issuer),
                          advice_of(Id::chain_signature));
    }
    const pki::Moment now(chain_.now);
    pki::RevocationCheck revocation(chain_.trust.crls, now);
    if (const auto good = revocation.check(path, nullptr); !good) refuse(good.error());
  }

  const ChainCase& chain_;
  Findings& findings_;
  JudgedChain out_;
  mutable std::string root_;          // that the path leads to
  bool known_ = false;                // and it is trusted
  std::map<Id, std::size_t> counts_;  // of authorities: findings of each kind
  mutable bool helped_ = false;       // by an intermediate of the system's list, which others may not have
  bool twice_ = false;                // a certificate is there
  bool first_ = true;                 // the leaf stands there
  bool whole_ = true;                 // it is in order, and a path leads through it as far as can be known
};

}  // namespace

std::int64_t seconds_to_warn(const Certificate& certificate, std::int64_t days) {
  if (days >= 0) return days * kDay;
  return std::min(kWarnDays * kDay, (certificate.not_after - certificate.not_before) / 4);
}

JudgedChain check_chain(const ChainCase& chain, Findings& findings) { return Judge(chain, findings).run(); }

}  // namespace sallyport::cli::check
