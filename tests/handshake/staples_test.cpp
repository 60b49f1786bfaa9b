// What a peer staples to its certificates is judged, in both versions and both roles.
#include <doctest/doctest.h>

#include "handshake/pair.h"
#include "support/pki.h"
#include "wire/certificate.h"
#include "wire/message.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;
using Der = sallyport::der::Der;

namespace {

constexpr std::int64_t kHour = 3600;
constexpr ProtocolVersion kVersions[] = {ProtocolVersion::tls12, ProtocolVersion::tls13};

/// Both sides have certificates of one authority, and verify each other by it.
struct Stapling : World, Authority {
  Issued server_leaf = leaf(sallyport::server_leaf("server", {"example.com"}));
  Issued client_leaf = leaf(sallyport::client_leaf("client"));
  Issued other = leaf(sallyport::server_leaf("other", {"example.com"}));
  explicit Stapling(ProtocolVersion version) {
    const auto roots = *trust_pem(root.pem());
    client.trust(roots).versions(version, version);
    server.versions(version, version);
  }
  [[nodiscard]] Der response(const Issued& subject, OcspStatus status, const Issued* issuer = nullptr) const {
    const Issued& by = issuer == nullptr ? intermediate : *issuer;
    return ocsp_response(by, by, subject, status, kNow - kHour, kNow + kHour);
  }
  [[nodiscard]] CredentialPtr stapled(const Issued& to, const Der& staple) const {
    auto made = load_credential(to.pem() + intermediate.pem(), to.key_pem());
    REQUIRE(made);
    auto copy = std::make_shared<Credential>(**made);
    copy->ocsp_response = staple;
    return copy;
  }
  void serve(const Issued& certificate, const Der& staple) { source->answer = stapled(certificate, staple); }
  void show(const Der& staple, StaplePolicy policy) {
    server.client_auth(ClientAuth::require, *trust_pem(root.pem())).client_staples(policy);
    client.credentials(std::make_shared<Source>(stapled(client_leaf, staple)));
  }
  /// A leaf of a server with an extension more.
  [[nodiscard]] Issued with_extension(const char* oid, const Der& value) const {
    CertificateSpec spec = sallyport::server_leaf("server", {"example.com"});
    spec.extra.push_back({oid, false, value});
    return leaf(spec);
  }
};

/// "connected", or what the side says that judges.
std::string outcome(Stapling& w, bool client_judges = true) {
  Pair p(w);
  p.run();
  if (p.connected()) return "connected";
  const Side& judge = client_judges ? p.client : p.server;
  REQUIRE(judge.error);
  CHECK_FALSE(judge.info.staple);
  return std::string(facts(judge.error->code()).name);
}

}  // namespace

TEST_CASE("a good staple is accepted, and info() tells its times") {
  for (const ProtocolVersion version : kVersions) {
    Stapling w(version);
    w.serve(w.server_leaf, w.response(w.server_leaf, OcspStatus::good));
    Pair p(w);
    p.run();
    REQUIRE(p.connected());
    REQUIRE(p.client.info.staple);
    CHECK(p.client.info.staple->this_update == std::chrono::seconds(kNow - kHour));
    CHECK(p.client.info.staple->produced_at == std::chrono::seconds(kNow - kHour));
    CHECK(p.client.info.staple->next_update == std::chrono::seconds(kNow + kHour));
    CHECK_FALSE(p.client.info.staple->unchecked_responder);
  }
}

TEST_CASE("a staple that is revoked, of another certificate or malformed is refused, unless staples are ignored") {
  for (const ProtocolVersion version : kVersions)
    for (const StaplePolicy policy : {StaplePolicy::ignore, StaplePolicy::if_present, StaplePolicy::require}) {
      const auto refusal = [&](auto staple_of, const char* code) {
        Stapling w(version);
        w.client.staples(policy);
        w.serve(w.server_leaf, staple_of(w));
        CHECK(outcome(w) == (policy == StaplePolicy::ignore ? "connected" : code));
      };
      refusal([](Stapling& w) { return w.response(w.server_leaf, OcspStatus::revoked); }, "certificate_revoked");
      refusal([](Stapling& w) { return w.response(w.server_leaf, OcspStatus::unknown); }, "bad_staple");
      refusal([](Stapling& w) { return w.response(w.other, OcspStatus::good); }, "bad_staple");
      refusal([](Stapling&) { return Der{0x30, 0x03, 0x0A, 0x01, 0x03}; }, "bad_staple");
    }
}

TEST_CASE("no staple: fine by default, not where it is required, not for a leaf that demands one (RFC 7633)") {
  const Der status_request = der::sequence({der::integer(5)});
  for (const ProtocolVersion version : kVersions) {
    const auto without = [&](StaplePolicy policy, bool must_staple, bool asked = true) {
      Stapling w(version);
      w.client.staples(policy).request_ocsp(asked);
      w.serve(must_staple ? w.with_extension("1.3.6.1.5.5.7.1.24", status_request) : w.server_leaf, {});
      return outcome(w);
    };
    CHECK(without(StaplePolicy::if_present, false) == "connected");
    CHECK(without(StaplePolicy::require, false) == "bad_staple");
    CHECK(without(StaplePolicy::ignore, true) == "connected");
    CHECK(without(StaplePolicy::if_present, true) == "bad_staple");
    CHECK(without(StaplePolicy::require, true) == "bad_staple");
    CHECK(without(StaplePolicy::if_present, true, false) == "connected");  // nobody asked
    // RFC 7633: another feature is no demand for a staple.
    Stapling other(version);
    other.serve(other.with_extension("1.3.6.1.5.5.7.1.24", der::sequence({der::integer(17)})), {});
    CHECK(outcome(other) == "connected");
    // RFC 9608: nobody tells of its revocation, and what is said of it all the same does not count.
    Stapling none(version);
    none.client.staples(StaplePolicy::require);
    const Issued plain = none.with_extension("2.5.29.56", der::null());
    none.serve(plain, {});
    CHECK(outcome(none) == "connected");
    none.serve(plain, none.response(none.other, OcspStatus::good));
    CHECK(outcome(none) == "connected");
  }
}

TEST_CASE("noRevAvail takes nothing from a leaf that demands a staple, nor from an authority (RFC 9608 §2)") {
  const Der status_request = der::sequence({der::integer(5)});
  for (const ProtocolVersion version : kVersions) {
    Stapling w(version);
    CertificateSpec both = sallyport::server_leaf("server", {"example.com"});
    both.extra = {{"1.3.6.1.5.5.7.1.24", false, status_request}, {"2.5.29.56", false, der::null()}};
    const Issued leaf = w.leaf(both);
    w.serve(leaf, {});
    CHECK(outcome(w) == "bad_staple");
    w.serve(leaf, w.response(leaf, OcspStatus::revoked));
    CHECK(outcome(w) == "certificate_revoked");
    w.serve(leaf, w.response(leaf, OcspStatus::good));
    CHECK(outcome(w) == "connected");
  }
}

TEST_CASE("a leaf that is trusted itself has nobody who could speak for it: require refuses it") {
  for (const StaplePolicy policy : {StaplePolicy::ignore, StaplePolicy::if_present, StaplePolicy::require}) {
    Stapling w(ProtocolVersion::tls13);
    w.client.trust(*trust_pem_ignoring_issuers(w.server_leaf.pem())).staples(policy);
    w.serve(w.server_leaf, {});
    CHECK(outcome(w) == (policy == StaplePolicy::require ? "bad_staple" : "connected"));
  }
}

TEST_CASE("where a staple is due a session ends with it") {
  for (const ProtocolVersion version : kVersions)
    for (const StaplePolicy policy : {StaplePolicy::if_present, StaplePolicy::require}) {
      Stapling w(version);
      const auto pocket = std::make_shared<Pocket>();
      const auto stamper = std::make_shared<Stamper>();
      w.client.staples(policy).sessions(pocket);
      w.server.tickets(stamper);
      w.serve(w.server_leaf, w.response(w.server_leaf, OcspStatus::good));
      const auto resumes = [&] {
        Pair p(w);
        p.run();
        REQUIRE(p.connected());
        return p.client.info.resumed != Resumption::none;
      };
      CHECK_FALSE(resumes());
      CHECK(resumes());
      w.clock.advance(std::chrono::seconds(kHour + 1));
      w.serve(w.server_leaf, w.response(w.server_leaf, OcspStatus::good));  // in time still, by the skew
      CHECK(resumes() == (policy == StaplePolicy::if_present));
    }
}

TEST_CASE("staples of intermediates are read in TLS 1.3") {
  for (const OcspStatus status : {OcspStatus::good, OcspStatus::revoked})
    for (const bool about_intermediate : {true, false}) {
      Stapling w(ProtocolVersion::tls13);
      w.serve(w.server_leaf, {});
      const Der staple = w.response(about_intermediate ? w.intermediate : w.other, status, &w.root);
      w.server_replay.rewrite = [&](ByteVector& message) {
        if (message[0] != 11) return;
        wire::Certificate certificate;
        wire::CertificateEntry leaf, intermediate;
        leaf.cert_data = Bytes(w.server_leaf.certificate);
        intermediate.cert_data = Bytes(w.intermediate.certificate);
        intermediate.status_request = Bytes(staple);
        REQUIRE(certificate.certificate_list.push_back(leaf));
        REQUIRE(certificate.certificate_list.push_back(intermediate));
        message = wire::handshake_message(certificate);
      };
      const bool good = status == OcspStatus::good;
      CHECK(outcome(w) == (!about_intermediate ? "bad_staple" : good ? "connected" : "certificate_revoked"));
    }
}

TEST_CASE("clients staple to their certificates in TLS 1.3 when they are asked to") {
  const auto with = [](StaplePolicy policy, auto staple_of) {
    Stapling w(ProtocolVersion::tls13);
    w.serve(w.server_leaf, {});
    w.show(staple_of(w), policy);
    return outcome(w, false);
  };
  const auto good = [](Stapling& w) { return w.response(w.client_leaf, OcspStatus::good); };
  const auto revoked = [](Stapling& w) { return w.response(w.client_leaf, OcspStatus::revoked); };
  const auto none = [](Stapling&) { return Der{}; };
  CHECK(with(StaplePolicy::require, good) == "connected");
  CHECK(with(StaplePolicy::if_present, good) == "connected");
  CHECK(with(StaplePolicy::if_present, revoked) == "certificate_revoked");
  CHECK(with(StaplePolicy::if_present, none) == "connected");
  CHECK(with(StaplePolicy::require, none) == "bad_staple");
  CHECK(with(StaplePolicy::ignore, revoked) == "connected");  // it is not asked for, and not sent
  // RFC 7633 §4.2.3: the feature binds servers.
  Stapling w(ProtocolVersion::tls13);
  CertificateSpec spec = sallyport::client_leaf("client");
  spec.extra.push_back({"1.3.6.1.5.5.7.1.24", false, der::sequence({der::integer(5)})});
  w.client_leaf = w.leaf(spec);
  w.serve(w.server_leaf, {});
  w.show({}, StaplePolicy::if_present);
  CHECK(outcome(w, false) == "connected");
}

TEST_CASE("TLS 1.2 has no staples of clients: who requires them refuses, and else there is nothing to miss") {
  for (const StaplePolicy policy : {StaplePolicy::ignore, StaplePolicy::if_present, StaplePolicy::require}) {
    Stapling w(ProtocolVersion::tls12);
    w.serve(w.server_leaf, {});
    w.show(w.response(w.client_leaf, OcspStatus::good), policy);
    CHECK(outcome(w, false) == (policy == StaplePolicy::require ? "bad_staple" : "connected"));
  }
}

TEST_CASE("settings that cannot be met are refused in words") {
  Stapling w(ProtocolVersion::tls13);
  const auto client = w.client.staples(StaplePolicy::require).request_ocsp(false).build();
  REQUIRE_FALSE(client);
  CHECK(client.error().detail().find("request_ocsp is off") != std::string::npos);
  const auto server = w.server.client_staples(StaplePolicy::if_present).build();
  REQUIRE_FALSE(server);
  CHECK(server.error().detail().find("client_staples needs client_auth") != std::string::npos);
}

TEST_CASE("sessions are bound to what was asked of staples: who asks for more resumes nothing of before") {
  Stapling w(ProtocolVersion::tls13);
  const auto configuration = [&](StaplePolicy policy, bool asked) {
    w.client.staples(policy).request_ocsp(asked);
    return w.client_settings()->session_configuration;
  };
  CHECK(configuration(StaplePolicy::ignore, true) != configuration(StaplePolicy::if_present, true));
  CHECK(configuration(StaplePolicy::if_present, true) != configuration(StaplePolicy::require, true));
  CHECK(configuration(StaplePolicy::ignore, true) == configuration(StaplePolicy::if_present, false));
  w.server.client_auth(ClientAuth::request, w.client_verdict);
  const auto policy13 = [&](StaplePolicy policy) {
    w.server.client_staples(policy);
    return w.server_settings()->session_policy13;
  };
  CHECK(policy13(StaplePolicy::ignore) != policy13(StaplePolicy::if_present));
  CHECK(policy13(StaplePolicy::if_present) != policy13(StaplePolicy::require));
}
