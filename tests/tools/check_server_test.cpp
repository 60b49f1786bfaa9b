// Servers from outside: what is said of the facts, what the hellos of old versions are like, and real servers asked.
#include "cli/check/server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/check/old_hello.h"
#include "cli/check/probe.h"
#include "support/time_scale.h"
#include "tls/adapters/socket.h"
#include "tools/check.h"
#include "tools/place.h"
#include "tools/strange.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;
using namespace std::chrono_literals;
using check::OldOffer;

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

check::ServerFacts ask(const std::string& port, const check::ProbeLimits& limits = {}) {
  return check::probe({.host = "127.0.0.1", .port = port, .name = "localhost", .shown = "localhost:" + port}, limits,
                      [](const std::string&) {});
}

/// Hands on what either sends, until one of them ends.
void pump(Socket& a, Socket& b) {
  std::array<std::uint8_t, 4096> bytes{};
  for (;;) {
    std::array<pollfd, 2> both{pollfd{a.fd(), POLLIN, 0}, pollfd{b.fd(), POLLIN, 0}};
    if (::poll(both.data(), both.size(), -1) <= 0) return;
    for (const std::size_t i : {0u, 1u}) {
      if ((both[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
      const ssize_t n = ::recv(both[i].fd, bytes.data(), bytes.size(), 0);
      if (n <= 0) return a.shut_down_writing();
      if (::send(both[1 - i].fd, bytes.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL) != n) return;
    }
  }
}

/// A ServerHello with this version, a session ID of so many bytes, and this suite.
std::vector<std::uint8_t> server_hello(std::uint8_t minor, std::uint8_t session, std::uint16_t suite) {
  std::vector<std::uint8_t> out{22, 3, minor, 0, 80, 2, 0, 0, 76, 3, minor};
  out.insert(out.end(), 32, 0xAA);
  out.push_back(session);
  out.insert(out.end(), session, 0xBB);
  out.push_back(static_cast<std::uint8_t>(suite >> 8));
  out.push_back(static_cast<std::uint8_t>(suite));
  return out;
}

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

TEST_CASE("a hello of an old version is one that a server of that time reads") {
  for (const OldOffer offer : check::kOldOffers) {
    const auto hello = check::old_hello(offer, "localhost", system_random());
    REQUIRE(hello.size() > 43);
    CHECK(hello[0] == 22);
    CHECK((hello[3] << 8 | hello[4]) == static_cast<int>(hello.size()) - 5);
    CHECK((hello[6] << 16 | hello[7] << 8 | hello[8]) == static_cast<int>(hello.size()) - 9);
    CHECK(hello[9] == 3);
    CHECK(hello[10] == (offer == OldOffer::tls10 ? 1 : offer == OldOffer::tls11 ? 2 : 3));
  }
  CHECK(check::old_hello(OldOffer::tls10, "localhost", system_random()).size() ==
        check::old_hello(OldOffer::tls10, "", system_random()).size() + 18);
}

TEST_CASE("an answer to an old hello: whole or cut, what was offered and what was not") {
  const auto accepted = [](const std::vector<std::uint8_t>& answer, OldOffer offer) {
    return check::read_old_answer(answer, offer);
  };
  for (const std::uint8_t session : {std::uint8_t{0}, std::uint8_t{32}}) {
    const auto hello = server_hello(1, session, 0x002F);
    CHECK(hello.size() <= check::kMostOfAnswer);
    CHECK(accepted(hello, OldOffer::tls10).accepted);
    CHECK(accepted(hello, OldOffer::tls10).suite == 0x002F);
    for (std::size_t n = 1; n < hello.size(); ++n)
      CHECK_FALSE(check::read_old_answer(Bytes(hello).first(n), OldOffer::tls10).complete);
    CHECK(accepted(hello, OldOffer::tls11).complete);
    CHECK_FALSE(accepted(hello, OldOffer::tls11).accepted);  // it took a lower version than was asked for
  }
  CHECK_FALSE(accepted(server_hello(1, 33, 0x002F), OldOffer::tls10).accepted);
  CHECK_FALSE(accepted(server_hello(1, 0, 0x1301), OldOffer::tls10).accepted);
  // One of each kind, and one that the kind just does not have.
  struct Row {
    OldOffer offer;
    std::uint16_t in, out;
  };
  for (const Row& row : {Row{OldOffer::forbidden, 0xC018, 0x000A},
                         {OldOffer::forbidden, 0x0005, 0x002F},
                         {OldOffer::forbidden, 0x0015, 0x0016},
                         {OldOffer::forbidden, 0x0002, 0xC02F},
                         {OldOffer::broken_cipher, 0x000A, 0x0005},
                         {OldOffer::broken_cipher, 0xC012, 0xC02F},
                         {OldOffer::no_forward_secrecy, 0x009C, 0x009E},
                         {OldOffer::no_forward_secrecy, 0xC050, 0xC052},
                         {OldOffer::no_forward_secrecy, 0xC0A0, 0xC0AE},
                         {OldOffer::no_forward_secrecy, 0xC031, 0xC02F},
                         {OldOffer::finite_field, 0x009E, 0xC02F},
                         {OldOffer::finite_field, 0x0088, 0x0084},
                         {OldOffer::finite_field, 0xC09E, 0xC09C},
                         {OldOffer::cbc, 0xC027, 0xC02F},
                         {OldOffer::cbc, 0xC076, 0xC08A},
                         {OldOffer::cbc, 0xC04C, 0xC060},
                         {OldOffer::cbc, 0xC0AE, 0xC0AC}}) {
    CAPTURE(row.in);
    CAPTURE(row.out);
    CHECK(accepted(server_hello(3, 0, row.in), row.offer).accepted);
    CHECK_FALSE(accepted(server_hello(3, 0, row.out), row.offer).accepted);
  }
  // A warning before the ServerHello is no refusal (RFC 6066 §3: unrecognized_name); a fatal alert is one.
  for (const std::size_t warnings : {std::size_t{1}, check::kMostWarnings, check::kMostWarnings + 1}) {
    std::vector<std::uint8_t> answer;
    for (std::size_t i = 0; i < warnings; ++i) answer.insert(answer.end(), {21, 3, 1, 0, 2, 1, 112});
    CHECK_FALSE(accepted(answer, OldOffer::tls10).complete == (warnings <= check::kMostWarnings));
    const auto hello = server_hello(1, 32, 0x002F);
    answer.insert(answer.end(), hello.begin(), hello.end());
    CHECK(accepted(answer, OldOffer::tls10).accepted == (warnings <= check::kMostWarnings));
    if (warnings <= check::kMostWarnings) CHECK(answer.size() <= check::kMostOfAnswer);
    answer[5] = 2;
    CHECK(accepted(answer, OldOffer::tls10).complete);
    CHECK_FALSE(accepted(answer, OldOffer::tls10).accepted);
  }
  CHECK_FALSE(accepted({21, 3, 1, 0, 2, 1}, OldOffer::tls10).complete);
  for (const std::vector<std::uint8_t>& other :
       {std::vector<std::uint8_t>{21, 3, 1, 0, 2, 2, 70}, {'H', 'T', 'T', 'P'}, {22, 3, 1, 0, 4, 1}}) {
    CHECK(accepted(other, OldOffer::tls10).complete);
    CHECK_FALSE(accepted(other, OldOffer::tls10).accepted);
  }
  CHECK_FALSE(check::read_old_answer({}, OldOffer::tls10).complete);
}

TEST_CASE_FIXTURE(Place, "our own server is seen as it was configured") {
  const RunningServer all(serve({"--staple", folder.path("ecdsa-p256-ocsp-good.der"), "--early-data", "4096"}));
  const check::ServerFacts facts = ask(all.port());
  CHECK_FALSE(facts.unreachable);
  CHECK_FALSE(facts.unfinished);
  CHECK(facts.connections <= check::kMaxConnections);
  CHECK(facts.address == "127.0.0.1:" + all.port());
  CHECK(facts.tls13.suites.size() == 3);
  CHECK(facts.tls12.suites.size() == 3);  // those for ECDSA
  CHECK(facts.tls13.groups.size() == 3);  // the defaults: without P-521
  CHECK(facts.tls13.resumed == std::vector{Resumption::psk});
  CHECK(facts.tls12.resumed == std::vector{Resumption::ticket, Resumption::session_id});
  CHECK(facts.tls13.early_data == 4096u);
  CHECK_FALSE(facts.tls13.info.ocsp_response.empty());
  CHECK_FALSE(facts.tls12.info.ocsp_response.empty());
  CHECK(facts.old_versions.empty());
  CHECK(facts.weak_suites.empty());
  // The server tells of a connection at its end; of early data in that line, whether it came or was only offered.
  for (int i = 0; i < 500 * time_scale() && !has(all.errors(), "resumed by session-id"); ++i) ::usleep(20000);
  CHECK(has(all.errors(), "resumed by psk"));
  CHECK_FALSE(has(all.errors(), "early data"));

  const RunningServer little(
      serve({"--min-version", "1.2", "--max-version", "1.2", "--ciphers", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
             "--groups", "secp384r1,secp256r1", "--tickets", "off"}));
  const check::ServerFacts old = ask(little.port());
  CHECK_FALSE(old.tls13.spoken);
  CHECK(old.tls12.suites == std::vector{CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384});
  CHECK(old.tls12.groups == std::vector{NamedGroup::secp384r1, NamedGroup::secp256r1});
  CHECK(old.tls12.resumed == std::vector{Resumption::session_id});

  const RunningServer bare(serve({"--min-version", "1.3", "--tickets", "off", "--session-cache", "0"}));
  const check::ServerFacts only13 = ask(bare.port(), {.ticket = 50ms});
  CHECK_FALSE(only13.tls12.spoken);
  CHECK(only13.tls13.resumed.empty());
  CHECK_FALSE(only13.tls13.early_data);
}

TEST_CASE_FIXTURE(Place, "a server with two leaves is asked for both, in TLS 1.3 alone as well") {
  Words both = serve({"--min-version", "1.3"});
  for (const std::string& word : credential("rsa-2048")) both.push_back(word);
  const RunningServer server(both), single(serve({"--min-version", "1.3"}));
  const check::ServerFacts facts = ask(server.port());
  CHECK_FALSE(facts.unfinished);
  CHECK(facts.chains.size() == 2);
  CHECK(ask(single.port()).chains.size() == 1);
}

TEST_CASE("connections are counted, and end at the limit") {
  const Place place;
  const RunningServer server(place.serve());
  const check::ServerFacts whole = ask(server.port());
  REQUIRE_FALSE(whole.unfinished);
  CHECK(ask(server.port(), {.connections = whole.connections}).unfinished == std::nullopt);
  const check::ServerFacts cut = ask(server.port(), {.connections = whole.connections - 1});
  REQUIRE(cut.unfinished);
  CHECK(has(*cut.unfinished, "more than " + std::to_string(whole.connections - 1) + " connections"));
  CHECK(cut.tls13.spoken);  // what was found before counts
}

TEST_CASE("servers that say nothing, close, talk nonsense or are not there end in bounded time") {
  const auto begin = std::chrono::steady_clock::now();
  const check::ProbeLimits limits{.connection = 200ms * time_scale(), .server = 2s * time_scale()};
  {
    const Strange silent([](Socket&) {});
    const check::ServerFacts facts = ask(silent.port, limits);
    CHECK(facts.unfinished);
    CHECK(facts.connections == 1);
    REQUIRE(facts.tls13.failure);
    CHECK(facts.tls13.failure->code() == Code::timed_out);
  }
  {
    const Strange closing([](Socket& socket) { socket.shut_down_writing(); });
    const check::ServerFacts facts = ask(closing.port, limits);
    CHECK_FALSE(facts.unfinished);
    CHECK_FALSE(facts.tls13.spoken);
    CHECK_FALSE(facts.tls12.spoken);
    CHECK(facts.old_versions.empty());
  }
  for (const std::string& nonsense : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string(100000, '\x16')}) {
    const Strange web([&](Socket& socket) {
      send_all(socket, nonsense);
      socket.shut_down_writing();
    });
    const check::ServerFacts facts = ask(web.port, limits);
    CHECK(facts.tls13.failure);
    CHECK(facts.tls12.failure);
    CHECK(facts.old_versions.empty());
  }
  std::string port;
  {
    auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    port = std::to_string(*listener->local_port());
  }
  const check::ServerFacts none = ask(port, limits);
  CHECK(none.unreachable);
  CHECK(none.connections == 0);
  CHECK(std::chrono::steady_clock::now() - begin < 30s * time_scale());
}

TEST_CASE("a server that trickles its answer to an old hello has one deadline for all of it") {
  std::atomic<int> number = 0;
  const Strange trickling([&](Socket& socket) {
    if (++number <= 2) {  // the handshakes of TLS 1.3 and TLS 1.2
      send_all(socket, std::string_view("\x15\x03\x03\x00\x02\x02\x28", 7));
      return;
    }
    for (int i = 0; i < 60; ++i) {  // until the client has gone
      if (::send(socket.fd(), "\x16", 1, MSG_NOSIGNAL) != 1) break;
      std::this_thread::sleep_for(100ms * time_scale());
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  const check::ServerFacts facts =
      ask(trickling.port, {.connection = 250ms * time_scale(), .server = 60s * time_scale()});
  CHECK(facts.unfinished);  // and no refusal
  CHECK(facts.old_versions.empty());
  CHECK(std::chrono::steady_clock::now() - begin < 4s * time_scale());
}

TEST_CASE_FIXTURE(Place,
                  "a server that hangs up from some connection on, or is silent to old hellos: not all was seen") {
  const RunningServer server(serve());
  const auto behind = [&](const std::function<bool(Socket&)>& takes) {
    const Strange proxy([&](Socket& socket) {
      if (!takes(socket)) return;
      if (auto to = Socket::connect("127.0.0.1", server.port(), 5s * time_scale())) pump(socket, *to);
    });
    return ask(proxy.port, {.connection = 1s * time_scale(), .server = 60s * time_scale()});
  };
  const check::ServerFacts whole = behind([](Socket&) { return true; });
  CHECK_MESSAGE(!whole.unfinished, whole.unfinished.value_or(""));
  unsigned number = 0;
  const check::ServerFacts tired = behind([&](Socket& socket) {
    const bool takes = ++number < whole.connections - 4;
    if (!takes) socket.shut_down_writing();
    return takes;
  });
  REQUIRE(tired.unfinished);
  CHECK(has(*tired.unfinished, "no longer takes"));
  CHECK(tired.tls13.spoken);
  const check::ServerFacts silent = behind([&](Socket& socket) {
    std::array<std::uint8_t, 11> hello{};
    return ::recv(socket.fd(), hello.data(), hello.size(), MSG_PEEK | MSG_WAITALL) != 11 || hello[10] == 3;
  });
  REQUIRE(silent.unfinished);
  CHECK(has(*silent.unfinished, "does not answer in time"));
}

TEST_CASE("the time for all connections is one, whatever each of them takes") {
  // Answers an alert, each time after a while.
  const Strange slow([](Socket& socket) {
    std::this_thread::sleep_for(100ms * time_scale());
    send_all(socket, std::string_view("\x15\x03\x03\x00\x02\x02\x28", 7));
  });
  const check::ServerFacts facts = ask(slow.port, {.connection = 10s, .server = 250ms * time_scale()});
  CHECK(facts.unfinished);
  CHECK(facts.connections < 6);
}
