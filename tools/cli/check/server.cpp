#include "cli/check/server.h"

#include <algorithm>

#include "cli/check/clients.h"
#include "cli/check/staple.h"

namespace sallyport::cli::check {
namespace {

namespace pki = tls::pki;
using tls::NamedGroup;

bool of_nist(NamedGroup group) {
  return group == NamedGroup::secp256r1 || group == NamedGroup::secp384r1 || group == NamedGroup::secp521r1;
}

template <class Ids>
std::string list(const Ids& ids) {
  std::string out;
  for (const auto id : ids) out += (out.empty() ? "" : ", ") + std::string(tls::name(id));
  return out;
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

std::string_view way(tls::Resumption resumed) {
  if (resumed == tls::Resumption::session_id) return "session ID";
  return resumed == tls::Resumption::ticket ? "ticket" : "PSK";
}

/// One chain that is to be judged: all that is said of it goes by its subject.
struct Subject {
  std::string name;
  tls::ProtocolVersion version{};
  const tls::CertificateChain* certificates = nullptr;
  std::vector<const std::vector<std::uint8_t>*> staples = {};              ///< no two the same
  const std::vector<std::vector<std::uint8_t>>* issuer_staples = nullptr;  ///< see ShownChain; null: none
  std::vector<tls::ProtocolVersion> unstapled = {};                        ///< versions whose handshake had none
};

/// A handshake that the server ended for want of a client certificate. What we found wrong ourselves is no such end.
bool wants_certificate(const VersionFacts& version) {
  if (!version.failure || version.info.client_certificate == tls::ClientCertificate::not_requested) return false;
  const tls::Code code = version.failure->code();
  return code == tls::Code::peer_alert || code == tls::Code::truncated || code == tls::Code::transport_failed;
}

class Judge {
 public:
  Judge(const ServerFacts& server, const ServerCase& how, Findings& findings)
      : server_(server), how_(how), findings_(findings) {}

  void run() {
    if (server_.unreachable) return add(Id::unreachable, server_.unreachable->message());
    if (server_.unfinished)
      add(Id::incomplete, "after " + std::to_string(server_.connections) + " connections: " + *server_.unfinished,
          "give it more --timeout, or ask again later");
    judge_versions();
    judge_suites();
    judge_resumption();
    judge_chains();
  }

 private:
  void add(Id id, std::string_view words, std::string_view advice = {}) {
    findings_.add(id, server_.host, words, advice);
  }

  void judge_versions() {
    const bool any = server_.tls13.spoken || server_.tls12.spoken;
    judge_failures();
    if (any) {
      std::string words = server_.tls13.spoken ? "TLS 1.3" : "";
      if (server_.tls12.spoken) words += std::string(words.empty() ? "" : " and ") + "TLS 1.2";
      add(Id::versions, "the server has " + words);
    }
    if (any && !server_.tls13.spoken) add(Id::no_tls13, "the server has no TLS 1.3", "allow it (RFC 9325 §3.1.1)");
    if (!server_.old_versions.empty())
      add(Id::old_version, "the server goes on with " + joined(server_.old_versions),
          "allow TLS 1.2 and TLS 1.3 alone (RFC 8996)");
    if (!server_.forbidden_suites.empty())
      add(Id::forbidden_suite, "the server goes on with " + joined(server_.forbidden_suites),
          "switch off suites with NULL, RC4, DES, export keys or without a certificate (RFC 9325 §4.1)");
    if (!server_.weak_suites.empty())
      add(Id::weak_suite, "the server goes on with " + joined(server_.weak_suites),
          "allow suites with ECDHE and an AEAD alone (RFC 9325 §4.1, §4.2)");
    if (server_.no_secure_renegotiation)
      add(Id::no_secure_renegotiation, "TLS 1.2 without renegotiation_info", "update the server (RFC 5746)");
    if (server_.tls12.completed() && !server_.tls12.info.extended_main_secret)
      add(Id::no_extended_main_secret, "TLS 1.2 without extended_main_secret", "update the server (RFC 9325 §3.5)");
    for (const VersionFacts* version : {&server_.tls13, &server_.tls12})
      if (version->info.client_certificate != tls::ClientCertificate::not_requested) {
        add(Id::client_certificate_wanted, "the server asks for a client certificate, and was given none");
        break;
      }
  }

  /// A version that is there and broken counts by itself: the clients that choose it go no other way (RFC 9846 §4.1.3).
  void judge_failures() {
    const VersionFacts &tls13 = server_.tls13, &tls12 = server_.tls12;
    const bool explained = wants_certificate(tls13) || wants_certificate(tls12);
    if (!tls13.completed() && !tls12.completed() && tls13.failure && !explained)
      return add(Id::handshake_failed,
                 "no handshake was completed: TLS 1.3: " + tls13.failure->message() +
                     (tls12.failure ? "; TLS 1.2: " + tls12.failure->message() : ""),
                 "does a TLS server listen there? `sallyport client` says more");
    for (const VersionFacts* version : {&tls13, &tls12})
      if (version->spoken && version->failure && !wants_certificate(*version))
        add(Id::version_broken,
            "the server chose " + std::string(tls::name(version->info.version)) +
                ", and its handshake failed: " + version->failure->message(),
            "`sallyport client` with --min-version and --max-version says more");
  }

  void judge_suites() {
    std::vector<tls::CipherSuite> suites = server_.tls13.suites;
    suites.insert(suites.end(), server_.tls12.suites.begin(), server_.tls12.suites.end());
    if (!suites.empty()) add(Id::suites, "the server has " + list(suites));
    if (!groups().empty()) add(Id::groups, "the server has " + list(groups()));
  }
  [[nodiscard]] const std::vector<NamedGroup>& groups() const {
    return server_.tls13.spoken ? server_.tls13.groups : server_.tls12.groups;
  }

  void judge_resumption() {
    std::string ways;
    for (const VersionFacts* version : {&server_.tls13, &server_.tls12}) {
      if (!version->completed()) continue;
      const std::string name(tls::name(version->info.version));
      for (const tls::Resumption resumed : version->resumed)
        ways += (ways.empty() ? "" : ", ") + name + " by " + std::string(way(resumed));
      if (version->resumed.empty() && !server_.unfinished)
        add(Id::no_resumption, name + ": no session is resumed: each connection costs a full handshake",
            "keep sessions or give tickets: docs/resumption.md");
    }
    if (!ways.empty()) add(Id::resumption, "sessions are resumed: " + ways);
    if (server_.tls13.early_data.value_or(0) != 0)
      add(Id::early_data,
          "tickets promise to take " + std::to_string(*server_.tls13.early_data) +
              " bytes of early data, which whoever copies it can send again (RFC 9846 §8)",
          "be sure that what is answered to it changes nothing (RFC 8470): docs/anti-replay.md");
  }

  /// Each chain is judged that was shown: a client sees one of them, which depends on its version and what it offers.
  void judge_chains() {
    for (const VersionFacts* version : {&server_.tls13, &server_.tls12}) {
      Subject* const one = subject_of(version->info.version, version->shown());
      if (one == nullptr) continue;
      if (version->info.ocsp_response.empty())
        one->unstapled.push_back(version->info.version);
      else
        add_staple(*one, version->info.ocsp_response);
    }
    for (const ShownChain& shown : server_.chains)
      if (Subject* const one = subject_of(shown.version, shown.certificates)) {
        if (!shown.ocsp_response.empty()) add_staple(*one, shown.ocsp_response);
        if (!shown.issuer_responses.empty()) one->issuer_staples = &shown.issuer_responses;
      }
    for (const Subject& one : subjects_) judge_chain(one);
    if (std::ranges::any_of(subjects_, [&](const Subject& one) { return !same_leaf(one, subjects_.front()); }))
      add(Id::other_leaf, "the server shows different leaves, by version or by what is offered; each was looked at");
  }

  /// Of the same certificates once; null: there are none. Valid until the next call.
  Subject* subject_of(tls::ProtocolVersion version, const tls::CertificateChain& certificates) {
    if (certificates.empty()) return nullptr;
    for (Subject& known : subjects_)
      if (*known.certificates == certificates) return &known;
    std::string name = server_.host;
    if (!subjects_.empty())
      name += " (" + std::string(tls::name(version)) + ", chain " + std::to_string(subjects_.size() + 1) + ")";
    return &subjects_.emplace_back(Subject{.name = std::move(name), .version = version, .certificates = &certificates});
  }
  static void add_staple(Subject& to, const std::vector<std::uint8_t>& response) {
    if (std::ranges::none_of(to.staples, [&](const auto* known) { return *known == response; }))
      to.staples.push_back(&response);
  }
  static bool same_leaf(const Subject& a, const Subject& b) {
    return std::ranges::equal(a.certificates->front(), b.certificates->front());
  }

  void judge_chain(const Subject& subject) {
    std::vector<HeldCertificate> held;
    std::vector<std::size_t> places;  // of these among all that were sent
    std::size_t number = 0;
    for (const tls::Bytes der : *subject.certificates) {
      if (held.size() > tls::limits::kMaxCertificates) break;
      auto one = hold({der.begin(), der.end()}, "certificate " + std::to_string(++number), subject.name, findings_);
      if (one) held.push_back(std::move(*one)), places.push_back(number - 1);
      if (held.empty()) return;  // the leaf cannot be parsed
    }
    // From outside the first is the leaf, whatever it is.
    const ChainCase question{.subject = subject.name,
                             .certificates = held,
                             .leaf = 0,
                             .others = {},
                             .sent = true,
                             .authorities = false,
                             .role = pki::Role::server,
                             .names = how_.names,
                             .now = how_.now,
                             .days = how_.days,
                             .trust = how_.trust};
    const JudgedChain judged = check_chain(question, findings_);
    judge_staples(subject, judged);
    for (std::size_t i = 1; i < held.size(); ++i) judge_issuer_staple(subject, judged.line, held[i], places[i]);
    compare(subject, held.front());
    const std::vector<NamedGroup>& have = groups();
    check_clients({.subject = subject.name,
                   .chain = &judged,
                   // What is known of the whole server is said once.
                   .outside = !server_.unfinished && is_first(subject),
                   .tls12 = server_.tls12.spoken,
                   .tls13 = server_.tls13.spoken,
                   .nist_curve = have.empty() || std::ranges::any_of(have, of_nist),
                   .stapled = subject.unstapled.empty()},
                  findings_);
  }
  [[nodiscard]] bool is_first(const Subject& subject) const { return &subject == &subjects_.front(); }

  void judge_staples(const Subject& subject, const JudgedChain& chain) {
    const Certificates& path = chain.line.path;
    for (const std::vector<std::uint8_t>* response : subject.staples)
      check_staple({.subject = subject.name,
                    .response = *response,
                    .leaf = path[0],
                    .issuer = path.size() > 1 ? path[1] : nullptr,
                    .now = how_.now},
                   findings_);
    if (path[0]->must_staple && (!subject.unstapled.empty() || subject.staples.empty()))
      findings_.add(Id::must_staple_unstapled, subject.name,
                    "the leaf demands a staple (RFC 7633), and the server sends none" +
                        (subject.unstapled.empty() ? "" : " in " + list(subject.unstapled)),
                    "have the server staple: docs/stapling.md");
    else if (subject.staples.empty())
      findings_.add(Id::no_stapling, subject.name, "the server staples nothing",
                    "docs/stapling.md says when it is of use");
  }

  /// Clients judge these, too: an intermediate that its staple calls revoked ends their handshakes.
  void judge_issuer_staple(const Subject& subject, const Line& line, const HeldCertificate& held, std::size_t place) {
    if (subject.issuer_staples == nullptr || place > subject.issuer_staples->size()) return;
    const std::vector<std::uint8_t>& response = (*subject.issuer_staples)[place - 1];
    if (response.empty()) return;
    const auto at = std::ranges::find(line.path, &held.parsed);
    const bool has_issuer = at != line.path.end() && at + 1 != line.path.end();
    check_staple({.subject = subject.name,
                  .of = held.where + " ('" + pki::display_name(held.parsed.subject) + "')",
                  .response = response,
                  .leaf = &held.parsed,
                  .issuer = has_issuer ? at[1] : nullptr,
                  .now = how_.now},
                 findings_);
  }

  void compare(const Subject& subject, const HeldCertificate& leaf) {
    if (how_.leaves.empty()) return;
    const auto same = [&](const HeldCertificate* one) { return one->der == leaf.der; };
    // A server with leaves of two kinds may have been given beside the files of one of them.
    const auto rival = [&](const HeldCertificate* one) {
      return pki::key_kind(one->parsed) == pki::key_kind(leaf.parsed);
    };
    if (std::ranges::any_of(how_.leaves, same))
      findings_.add(Id::serves_this_leaf, subject.name, "the server shows the leaf of the files");
    else if (is_first(subject) || std::ranges::any_of(how_.leaves, rival))
      findings_.add(Id::serves_other_leaf, subject.name, "the server shows another leaf than the files hold",
                    "was it told to read its files again? docs/operators.md");
  }

  const ServerFacts& server_;
  const ServerCase& how_;
  Findings& findings_;
  std::vector<Subject> subjects_ = {};
};

}  // namespace

void check_server(const ServerFacts& server, const ServerCase& how, Findings& findings) {
  Judge(server, how, findings).run();
}

}  // namespace sallyport::cli::check
