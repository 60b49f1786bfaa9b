// Servers from outside: what is said of the facts.
#include "cli/check/server.h"

#include <doctest/doctest.h>

#include <functional>

#include "tools/check.h"
#include "tools/place.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;

namespace {

struct Servers : Judging {
  /// A server with nothing to be said against it: both versions, all that is known here, resumption, a staple.
  check::ServerFacts good = server_of({leaf(good_leaf()), intermediate});

  [[nodiscard]] check::ServerFacts server_of(const std::vector<Issued>& chain) const {
    std::vector<std::vector<std::uint8_t>> ders;
    for (const Issued& one : chain) ders.push_back(one.certificate);
    check::ServerFacts out;
    out.host = "a.example:443";
    for (check::VersionFacts* version : {&out.tls13, &out.tls12}) {
      version->spoken = true;
      version->info.peer_certificates = CertificateChain(ders);
      version->info.extended_main_secret = true;
      version->info.ocsp_response =
          ocsp_response(intermediate, intermediate, chain[0], OcspStatus::good, kNow - kDay, kNow + 3 * kDay);
      version->groups = {NamedGroup::x25519, NamedGroup::secp256r1};
    }
    out.tls13.info.version = ProtocolVersion::tls13;
    out.tls12.info.version = ProtocolVersion::tls12;
    out.tls13.suites = {CipherSuite::TLS_AES_128_GCM_SHA256};
    out.tls12.suites = {CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
    out.tls13.resumed = {Resumption::psk};
    out.tls12.resumed = {Resumption::ticket};
    out.tls13.early_data = 0;
    return out;
  }
  [[nodiscard]] Findings judge_server(const check::ServerFacts& server,
                                      std::vector<const check::HeldCertificate*> leaves = {}) const {
    check::ServerCase how{.names = {"a.example"}, .now = kNow, .leaves = std::move(leaves)};
    how.trust = {.anchors = &anchors, .named = true};
    Findings out;
    check::check_server(server, how, out);
    return out;
  }
  using Adjust = std::function<void(check::ServerFacts&)>;
  [[nodiscard]] Findings with(const Adjust& adjust) const {
    check::ServerFacts server = good;
    adjust(server);
    return judge_server(server);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Servers, "of a good server all is fine") {
  const Findings fine = judge_server(good);
  for (const check::Finding& one : fine.list()) {
    CAPTURE(one.words);
    CHECK(check::kind_of(one.id).severity == check::Severity::ok);
  }
  MAKES(fine, versions);
  MAKES(fine, suites);
  MAKES(fine, groups);
  MAKES(fine, resumption);
  CHECK(words(fine, Id::versions) == "the server has TLS 1.3 and TLS 1.2");
  CHECK(words(fine, Id::resumption) == "sessions are resumed: TLS 1.3 by PSK, TLS 1.2 by ticket");
}

TEST_CASE_FIXTURE(Servers, "no connection, no handshake, no end") {
  const Findings gone = with([](auto& s) { s.unreachable = Error(Code::transport_failed, "nobody listens"); });
  MAKES(gone, unreachable);
  CHECK(gone.list().size() == 1);
  SPARES(with([](auto&) {}), unreachable);
  const Findings refused = with([](auto& s) {
    s.tls13 = {}, s.tls12 = {};
    s.tls13.failure = Error::from_peer(Alert::protocol_version);
    s.tls12.failure = Error::from_peer(Alert::handshake_failure);
  });
  MAKES(refused, handshake_failed);
  SPARES(refused, versions);
  SPARES(refused, suites);
  SPARES(refused, groups);
  SPARES(refused, resumption);
  SPARES(with([](auto& s) { s.tls12 = {}; }), handshake_failed);
  MAKES(with([](auto& s) { s.unfinished = "the time ran out"; }), incomplete);
  SPARES(with([](auto&) {}), incomplete);
}

TEST_CASE_FIXTURE(Servers, "versions and suites that a server should or should not have") {
  MAKES(with([](auto& s) { s.tls13 = {}; }), no_tls13);
  SPARES(with([](auto& s) { s.tls12 = {}; }), no_tls13);
  MAKES(with([](auto& s) { s.old_versions = {"TLS 1.0"}; }), old_version);
  SPARES(with([](auto&) {}), old_version);
  MAKES(with([](auto& s) { s.forbidden_suites = {"TLS_RSA_WITH_NULL_SHA"}; }), forbidden_suite);
  SPARES(with([](auto& s) { s.weak_suites = {"TLS_RSA_WITH_AES_128_CBC_SHA"}; }), forbidden_suite);
  MAKES(with([](auto& s) { s.weak_suites = {"TLS_RSA_WITH_AES_128_CBC_SHA"}; }), weak_suite);
  SPARES(with([](auto&) {}), weak_suite);
  MAKES(with([](auto& s) { s.tls12.info.extended_main_secret = false; }), no_extended_main_secret);
  SPARES(with([](auto& s) { s.tls12 = {}; }), no_extended_main_secret);
  MAKES(with([](auto& s) { s.no_secure_renegotiation = true; }), no_secure_renegotiation);
  SPARES(with([](auto&) {}), no_secure_renegotiation);
  // A version whose handshake fails for another reason is there all the same: for want of a client certificate, say.
  const Findings demanding = with([](auto& s) {
    s.tls12.failure = Error::from_peer(Alert::handshake_failure);
    s.tls12.info.client_certificate = ClientCertificate::empty;
  });
  SPARES(demanding, version_broken);
  SPARES(demanding, client_no_tls12);
  SPARES(demanding, no_extended_main_secret);
  SPARES(demanding, handshake_failed);
  CHECK(words(demanding, Id::versions) == "the server has TLS 1.3 and TLS 1.2");
  MAKES(with([](auto& s) { s.tls12.spoken = false; }), client_no_tls12);
  MAKES(with([](auto& s) { s.tls13.groups = {NamedGroup::x25519}; }), client_no_nist_curve);
}

TEST_CASE_FIXTURE(Servers, "a version that is broken is an error, though the other one is fine") {
  const Findings proof = with([](auto& s) { s.tls13.failure = Error(Code::bad_signature); });
  MAKES(proof, version_broken);
  SPARES(proof, handshake_failed);
  CHECK(has(words(proof, Id::version_broken), "TLS 1.3"));
  const Findings old = with([](auto& s) { s.tls12.failure = Error::from_peer(Alert::internal_error); });
  MAKES(old, version_broken);
  CHECK(has(words(old, Id::version_broken), "TLS 1.2"));
  // What the server would not negotiate is not there.
  SPARES(with([](auto& s) { s.tls12 = {}, s.tls12.failure = Error::from_peer(Alert::protocol_version); }),
         version_broken);
  SPARES(judge_server(good), version_broken);
  // A client certificate explains that the server ends the handshake, and not that its signature is wrong.
  const auto asking = [&](const Error& failure) {
    return with([&](auto& s) {
      s.tls12.info.client_certificate = ClientCertificate::empty;
      s.tls12.failure = failure;
    });
  };
  MAKES(asking(Error(Code::bad_signature)), version_broken);
  SPARES(asking(Error::from_peer(Alert::handshake_failure)), version_broken);
  SPARES(asking(Error(Code::truncated)), version_broken);
  const Findings alone = with([](auto& s) {
    s.tls13 = {}, s.tls13.failure = Error::from_peer(Alert::protocol_version);
    s.tls12.info.client_certificate = ClientCertificate::empty;
    s.tls12.failure = Error::from_peer(Alert::handshake_failure);
  });
  SPARES(alone, handshake_failed);
  MAKES(alone, client_certificate_wanted);
}

TEST_CASE_FIXTURE(Servers, "resumption and early data") {
  MAKES(with([](auto& s) { s.tls12.resumed.clear(); }), no_resumption);
  SPARES(with([](auto& s) { s.tls12 = {}; }), no_resumption);
  // What was not asked is not known.
  SPARES(with([](auto& s) { s.tls12.resumed.clear(), s.unfinished = "time"; }), no_resumption);
  MAKES(with([](auto& s) { s.tls13.early_data = 1; }), early_data);
  SPARES(with([](auto& s) { s.tls13.early_data = 0; }), early_data);
  SPARES(with([](auto& s) { s.tls13.early_data.reset(); }), early_data);
  MAKES(with([](auto& s) { s.tls13.info.client_certificate = ClientCertificate::empty; }), client_certificate_wanted);
  SPARES(with([](auto&) {}), client_certificate_wanted);
}

TEST_CASE_FIXTURE(Servers, "staples: none, none where the leaf demands one, and one that does not count") {
  const auto silent = [](check::ServerFacts& s) {
    s.tls13.info.ocsp_response.clear(), s.tls12.info.ocsp_response.clear();
  };
  MAKES(with(silent), no_stapling);
  SPARES(with([](auto&) {}), no_stapling);
  SPARES(with(silent), must_staple_unstapled);
  check::ServerFacts demanding =
      server_of({leaf(changed([](auto& s) { s.extra.push_back(must_staple_extension()); })), intermediate});
  SPARES(judge_server(demanding), must_staple_unstapled);
  silent(demanding);
  MAKES(judge_server(demanding), must_staple_unstapled);
  MAKES(judge_server(demanding), client_must_staple);
  MAKES(with([](auto& s) { s.tls13.info.ocsp_response = {0x30, 0x03, 0x0A, 0x01, 0x00}; }), staple_refused);
}

TEST_CASE_FIXTURE(Servers, "leaves: of both versions, and of the files that were given as well") {
  const Issued other = leaf(changed([](auto& s) { s.serial = 7; }));
  check::ServerFacts two = good;
  two.tls12.info.peer_certificates = server_of({other, intermediate}).tls12.info.peer_certificates;
  MAKES(judge_server(two), other_leaf);
  SPARES(judge_server(good), other_leaf);
  const Issued shown_leaf = leaf(good_leaf());
  const auto ours = held({shown_leaf}), others = held({other});
  const check::ServerFacts shown = server_of({shown_leaf, intermediate});
  MAKES(judge_server(shown, {&others[0], &ours[0]}), serves_this_leaf);
  SPARES(judge_server(shown, {&others[0]}), serves_this_leaf);
  MAKES(judge_server(shown, {&others[0]}), serves_other_leaf);
  SPARES(judge_server(shown, {&ours[0]}), serves_other_leaf);
  // The chain of a handshake that failed is judged as well.
  check::ServerFacts failed = good;
  failed.tls13.failure = failed.tls12.failure = Error(Code::unsupported_certificate);
  failed.tls13.info.unproven_certificates = failed.tls13.info.peer_certificates;
  MAKES(judge_server(failed), handshake_failed);
  MAKES(judge_server(failed), days_left);
}

TEST_CASE_FIXTURE(Servers, "each chain that is shown is judged, and each staple with its own") {
  const auto shown = [](const check::ServerFacts& of) { return of.tls12.info.peer_certificates; };
  // TLS 1.2 alone has a leaf that is over.
  check::ServerFacts two = good;
  two.tls12.info.peer_certificates =
      shown(server_of({leaf(changed([](auto& s) { s.not_after = kNow - 1; })), intermediate}));
  MAKES(judge_server(two), expired);
  CHECK(judge_server(two).has(Id::expired, "a.example:443 (TLS 1.2, chain 2)"));
  CHECK(judge_server(two).has(Id::days_left, "a.example:443"));
  SPARES(judge_server(good), expired);
  // The leaf is the same, and TLS 1.2 sends no intermediate.
  check::ServerFacts cut = good;
  const std::vector<std::vector<std::uint8_t>> one{{shown(good).front().begin(), shown(good).front().end()}};
  cut.tls12.info.peer_certificates = CertificateChain(one);
  MAKES(judge_server(cut), chain_gap);
  MAKES(judge_server(cut), client_gap);
  SPARES(judge_server(cut), other_leaf);
  SPARES(judge_server(good), chain_gap);
  // Neither first handshake was shown it, but one of the others.
  check::ServerFacts third = good;
  third.chains = {{ProtocolVersion::tls13, shown(good), {}}, {ProtocolVersion::tls13, shown(two), {}}};
  MAKES(judge_server(third), expired);
  MAKES(judge_server(third), other_leaf);
  third.chains.pop_back();
  SPARES(judge_server(third), expired);
  SPARES(judge_server(third), no_stapling);  // one that has no staple does not hide the one that has
  // A staple of TLS 1.3 does not help TLS 1.2.
  check::ServerFacts demanding =
      server_of({leaf(changed([](auto& s) { s.extra.push_back(must_staple_extension()); })), intermediate});
  demanding.tls12.info.ocsp_response.clear();
  MAKES(judge_server(demanding), must_staple_unstapled);
  CHECK(has(words(judge_server(demanding), Id::must_staple_unstapled), "in TLS 1.2"));
}

TEST_CASE_FIXTURE(Servers, "staples of issuers are judged, each with its own certificate") {
  using Responses = std::vector<std::vector<std::uint8_t>>;
  const auto of_issuer = [&](OcspStatus status, std::int64_t next_update = kNow + 3 * kDay) {
    return ocsp_response(root, root, intermediate, status, kNow - kDay, next_update);
  };
  const auto shown_with = [&](const Responses& responses) {
    check::ServerFacts server = server_of({leaf(good_leaf()), intermediate, root});
    server.chains = {{ProtocolVersion::tls13, server.tls13.info.peer_certificates, {}, responses}};
    return judge_server(server);
  };
  const std::string behind = "certificate 2 ('CN=Test Intermediate')";
  CHECK_FALSE(has(told(shown_with({})), behind));
  CHECK_FALSE(has(told(shown_with({{}, {}})), behind));
  const Findings fine = shown_with({of_issuer(OcspStatus::good)});
  SPARES(fine, revoked);
  SPARES(fine, staple_refused);
  CHECK_MESSAGE(has(told(fine), "calls " + behind + " good until"), told(fine));
  const Findings bad = shown_with({of_issuer(OcspStatus::revoked)});
  MAKES(bad, revoked);
  CHECK_MESSAGE(has(words(bad, Id::revoked), behind + " was revoked on"), told(bad));
  MAKES(shown_with({of_issuer(OcspStatus::good, kNow - 3600)}), staple_refused);
  MAKES(shown_with({of_issuer(OcspStatus::good, kNow + 3600)}), staple_ends_soon);
  // That of the leaf does not count for its issuer; of a root nobody tells.
  MAKES(shown_with({server_of({leaf(good_leaf()), intermediate}).tls13.info.ocsp_response}), staple_refused);
  MAKES(shown_with({{}, of_issuer(OcspStatus::good)}), staple_alone);
  SPARES(shown_with({{}, {}, of_issuer(OcspStatus::good)}), staple_alone);  // behind the last certificate
}
