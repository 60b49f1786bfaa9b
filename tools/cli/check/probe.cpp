#include "cli/check/probe.h"

#include <algorithm>

#include "cli/check/caller.h"
#include "cli/command.h"
#include "crypto/group.h"
#include "crypto/signature.h"
#include "crypto/suite.h"
#include "pki/policy.h"

namespace sallyport::cli::check {
namespace {

using tls::ProtocolVersion;

template <class Id, class Table>
std::vector<Id> ids_of(const Table& table) {
  std::vector<Id> out;
  for (const auto& row : table) out.push_back(row.id);
  return out;
}

class Prober {
 public:
  Prober(const ProbeTarget& target, const ProbeLimits& limits, const std::function<void(const std::string&)>& progress)
      : target_(target), progress_(progress), caller_(target, limits) {
    facts_.host = target.shown;
  }

  ServerFacts run() {
    try {
      look_at_13();
      if (!caller_.unreachable()) look_at_12();
      if (!caller_.unreachable()) look_at_old();
      if (!caller_.unreachable()) look_again();
      facts_.unreachable = caller_.unreachable();
    } catch (const Stop& stop) {
      if (caller_.connections() == 0)
        facts_.unreachable = tls::Error(tls::Code::timed_out, stop.why);
      else
        facts_.unfinished = stop.why;
    }
    facts_.connections = caller_.connections();
    facts_.address = caller_.address();
    return std::move(facts_);
  }

 private:
  void tell(const std::string& what) const { progress_(target_.shown + ": " + what); }

  tls::ClientConfig::Builder builder(ProtocolVersion version) {
    auto out = tls::ClientConfig::builder();
    // Whatever the chain is like, it is judged afterwards.
    out.versions(version, version).trust(caller_.onlooker()).staples(tls::StaplePolicy::ignore);
    out.groups(ids_of<tls::NamedGroup>(tls::crypto::all_groups()));
    out.signature_schemes(ids_of<tls::SignatureScheme>(tls::crypto::all_schemes()));
    if (facts_.no_secure_renegotiation) out.renegotiation_info(tls::Require::if_offered);
    return out;
  }

  static tls::ClientConfig built(tls::ClientConfig::Builder& builder) {
    auto config = builder.build();
    if (!config) throw Failure(kUsage, config.error().message());
    return *config;
  }

  std::optional<Outcome> shake_hands(const tls::ClientConfig& config, const Kept* wait_for = nullptr) {
    auto outcome = caller_.shake_hands(config, wait_for);
    if (outcome) note(outcome->info, std::move(outcome->issuer_staples));
    return outcome;
  }

  void note(const tls::ConnectionInfo& info, std::vector<std::vector<std::uint8_t>> issuer_responses) {
    const auto& chain = info.peer_certificates.empty() ? info.unproven_certificates : info.peer_certificates;
    if (chain.empty() || info.resumed != tls::Resumption::none) return;
    for (ShownChain& known : facts_.chains)
      if (known.certificates == chain) {
        if (known.ocsp_response.empty()) known.ocsp_response = info.ocsp_response;
        if (known.issuer_responses.empty()) known.issuer_responses = std::move(issuer_responses);
        return;
      }
    if (facts_.chains.size() == kMaxChains)
      throw Stop{"it shows more than " + std::to_string(kMaxChains) + " different chains"};
    facts_.chains.push_back({info.version, chain, info.ocsp_response, std::move(issuer_responses)});
  }

  /// Silence is no answer, and there will be none the next time.
  static void stop_if_silent(const std::optional<Outcome>& outcome) {
    if (outcome && outcome->error && outcome->error->code() == tls::Code::timed_out)
      throw Stop{"the server does not answer: " + outcome->error->message()};
  }

  /// What the server answered where it goes on with this alone. A handshake that fails later says as much: for want of
  /// a client certificate, say.
  std::optional<tls::ConnectionInfo> takes(tls::ClientConfig::Builder config) {
    auto outcome = shake_hands(built(config));
    stop_if_silent(outcome);
    if (!outcome || outcome->info.version == ProtocolVersion{}) return std::nullopt;
    return std::move(outcome->info);
  }

  /// A full handshake, and what a second connection makes of its session.
  void begin(VersionFacts& facts, tls::ClientConfig::Builder config) {
    const auto store = std::make_shared<Kept>();
    config.sessions(store);
    const tls::ClientConfig made = built(config);
    auto first = shake_hands(made, store.get());
    if (!first) return;
    facts.info = std::move(first->info);
    facts.failure = first->error;
    facts.spoken = facts.info.version != ProtocolVersion{};
    stop_if_silent(first);
    if (!facts.spoken) return;
    facts.suites.push_back(facts.info.suite);
    if (facts.info.group) facts.groups.push_back(*facts.info.group);
    if (facts.failure) return;
    if (store->empty()) return;
    if (facts.info.version == ProtocolVersion::tls13) facts.early_data = store->early_data();
    resume(facts, made);
  }

  void resume(VersionFacts& facts, const tls::ClientConfig& made) {
    tell("resumption");
    const auto second = shake_hands(made);
    stop_if_silent(second);
    if (second && !second->error && second->info.resumed != tls::Resumption::none &&
        std::ranges::find(facts.resumed, second->info.resumed) == facts.resumed.end())
      facts.resumed.push_back(second->info.resumed);
  }

  void try_suites(VersionFacts& facts, ProtocolVersion version) {
    tell("suites of " + std::string(tls::name(version)));
    for (const auto& row : tls::crypto::all_suites()) {
      if (row.version != version || std::ranges::find(facts.suites, row.id) != facts.suites.end()) continue;
      const auto info = takes(builder(version).cipher_suites({row.id}));
      if (info && info->suite == row.id) facts.suites.push_back(row.id);
    }
  }

  void try_groups(VersionFacts& facts, ProtocolVersion version) {
    tell("groups of " + std::string(tls::name(version)));
    for (const auto& row : tls::crypto::all_groups()) {
      if (std::ranges::find(facts.groups, row.id) != facts.groups.end()) continue;
      if (takes_group(facts, version, row.id)) facts.groups.push_back(row.id);
    }
  }

  /// A server with several leaves chooses by the signatures that are offered (RFC 9846 §4.5.1.2): note() sees what it
  /// shows. In TLS 1.2 the suites say as much.
  void try_signatures() {
    tell("leaves for RSA and for ECDSA");
    std::vector<tls::SignatureScheme> rsa, ecdsa;
    for (const auto& row : tls::crypto::all_schemes()) {
      if (row.key == tls::KeyKind::rsa || row.key == tls::KeyKind::rsa_pss) rsa.push_back(row.id);
      if (tls::crypto::curve_of(row.key)) ecdsa.push_back(row.id);
    }
    for (auto& schemes : {rsa, ecdsa}) (void)takes(builder(ProtocolVersion::tls13).signature_schemes(schemes));
  }

  /// In TLS 1.2 an ECDSA leaf has to be on one of the curves that are offered (RFC 8422 §5.1): that one is offered as
  /// well, behind the group. A server that prefers it all the same is not known to have the group.
  bool takes_group(const VersionFacts& facts, ProtocolVersion version, tls::NamedGroup group) {
    const tls::CertificateChain& chain =
        facts.failure ? facts.info.unproven_certificates : facts.info.peer_certificates;
    const auto leaf = chain.empty() ? tls::Result<tls::pki::Certificate>(tls::fail(tls::Code::bad_certificate))
                                    : tls::pki::parse_certificate(chain.front());
    const auto kind = leaf ? tls::pki::key_kind(*leaf) : std::nullopt;
    const auto curve = kind ? tls::crypto::curve_of(*kind) : std::nullopt;
    std::vector<tls::NamedGroup> offer{group};
    if (version == ProtocolVersion::tls12 && curve && *curve != group) offer.push_back(*curve);
    const auto info = takes(builder(version).groups(std::move(offer)));
    return info && info->group == group;
  }

  void look_at_13() {
    tell("TLS 1.3");
    begin(facts_.tls13, builder(ProtocolVersion::tls13));
    if (!facts_.tls13.spoken) return;
    try_suites(facts_.tls13, ProtocolVersion::tls13);
    try_groups(facts_.tls13, ProtocolVersion::tls13);
    try_signatures();
  }

  void look_at_12() {
    tell("TLS 1.2");
    begin(facts_.tls12, builder(ProtocolVersion::tls12));
    if (facts_.tls12.failure && facts_.tls12.failure->code() == tls::Code::no_secure_renegotiation) {
      facts_.no_secure_renegotiation = true;  // and builder() does without
      facts_.tls12 = {};
      begin(facts_.tls12, builder(ProtocolVersion::tls12));
    }
    if (!facts_.tls12.spoken) return;
    // A server that gives tickets may keep sessions by ID as well, for clients that take none.
    if (!facts_.tls12.failure &&
        std::ranges::find(facts_.tls12.resumed, tls::Resumption::session_id) == facts_.tls12.resumed.end()) {
      VersionFacts by_id;
      begin(by_id, builder(ProtocolVersion::tls12).tickets(false));
      for (const tls::Resumption way : by_id.resumed) facts_.tls12.resumed.push_back(way);
    }
    try_suites(facts_.tls12, ProtocolVersion::tls12);
    if (!facts_.tls13.spoken) try_groups(facts_.tls12, ProtocolVersion::tls12);
  }

  void look_at_old() {
    tell("weak suites and older versions");
    for (const OldOffer offer : {OldOffer::forbidden, OldOffer::no_forward_secrecy, OldOffer::broken_cipher,
                                 OldOffer::finite_field, OldOffer::cbc})
      if (const auto suite = caller_.ask(offer))
        (offer == OldOffer::forbidden ? facts_.forbidden_suites : facts_.weak_suites)
            .push_back(tls::registered_name(static_cast<tls::CipherSuite>(*suite)));
    if (caller_.ask(OldOffer::tls10)) facts_.old_versions.emplace_back("TLS 1.0");
    if (caller_.ask(OldOffer::tls11)) facts_.old_versions.emplace_back("TLS 1.1");
  }

  /// Who is tired of us hangs up, as one does who has not what he is asked for. So he is asked once more for what he
  /// has.
  void look_again() {
    if (!facts_.tls13.spoken && !facts_.tls12.spoken) return;
    tell("whether it still answers");
    if (!takes(builder(facts_.tls13.spoken ? ProtocolVersion::tls13 : ProtocolVersion::tls12)))
      throw Stop{"the server no longer takes what it took at first, so what it refused before may be there"};
  }

  const ProbeTarget& target_;
  const std::function<void(const std::string&)>& progress_;
  Caller caller_;
  ServerFacts facts_;
};

}  // namespace

ServerFacts probe(const ProbeTarget& target, const ProbeLimits& limits,
                  const std::function<void(const std::string&)>& progress) {
  return Prober(target, limits, progress).run();
}

}  // namespace sallyport::cli::check
