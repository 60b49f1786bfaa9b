// What ends a session before its lifetime does: the chain that authenticated it, its verifier, other algorithms.
#include "handshake/ways.h"
#include "resumption13/resuming.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {

CredentialPtr p256() { return credential(KeyKind::ecdsa_p256); }

}  // namespace

TEST_CASE(
    "a session ends with the client's chain, which the server knows, or with the server's, which the client does") {
  for (const Way& way : kWays)
    for (const bool clients : {true, false})
      for (const auto ends : {90s, 3600s}) {
        CAPTURE(way.what);
        CAPTURE(clients);
        Mutual m(way);
        m.world.server.ticket_lifetime(100s);
        const auto& verdict = clients ? m.world.client_verdict : m.world.verdict;
        verdict->not_after = m.world.clock.wall() + ends;
        (void)m.first();
        const auto last = std::min<Clock::Milliseconds>(ends, 100s);
        m.world.clock.advance(last - 1ms);
        (void)m.then(true);
        m.world.clock.advance(1ms);
        verdict->not_after = Clock::Milliseconds::max();
        // In TLS 1.3 the second connection gave new tickets: they end with the same chain.
        const bool renewed = way.version == ProtocolVersion::tls13 || (way.whole && way.how == Resumption::ticket);
        (void)m.then(renewed && ends == 3600s);
      }
}

TEST_CASE("renewed tickets end with the chain of the first handshake, through all resumptions") {
  for (const Way& way : kWays) {
    const bool renews = way.version == ProtocolVersion::tls13 || (way.whole && way.how == Resumption::ticket);
    if (!renews) continue;
    for (const bool clients : {true, false}) {
      CAPTURE(way.what);
      CAPTURE(clients);
      Mutual m(way);
      m.world.server.ticket_lifetime(100s);
      const auto& verdict = clients ? m.world.client_verdict : m.world.verdict;
      verdict->not_after = m.world.clock.wall() + 250s;
      (void)m.first();
      for (int i = 0; i < 2; ++i) {
        m.world.clock.advance(99s);
        (void)m.then(true);
      }
      m.world.clock.advance(52s - 1ms);
      (void)m.then(true);
      m.world.clock.advance(1ms);
      (void)m.then(false);
    }
  }
}

TEST_CASE("the server tells the client how long the chain lasts; a chain that has ended leaves no session") {
  for (const Way& way : kWays) {
    CAPTURE(way.what);
    Mutual m(way);
    m.world.client_verdict->not_after = m.world.clock.wall() + 90s + 999ms;
    (void)m.first();
    for (const auto& [key, sessions] : m.store->kept)
      for (const ClientSession& session : sessions)
        if (way.how != Resumption::session_id) CHECK(session.state().lifetime == 90s);
    for (const auto past : {0ms, -1ms, 999ms}) {
      Mutual n(way);
      n.world.client_verdict->not_after = n.world.clock.wall() + past;
      (void)n.first();
      if (way.how != Resumption::session_id) CHECK(n.store->size() == 0);
      (void)n.then(false);
    }
    for (const auto past : {0ms, -1ms}) {
      Mutual n(way);
      n.world.verdict->not_after = n.world.clock.wall() + past;
      (void)n.first();
      CHECK(n.store->size() == 0);
      (void)n.then(false);
    }
  }
}

TEST_CASE("verify_resumed of servers: the whole chain is judged again; a session without one is not resumed") {
  for (const Way& way : kWays)
    for (const When when : {When::now, When::later}) {
      CAPTURE(way.what);
      Mutual m(way);
      m.world.server.verify_resumed(true);
      (void)m.first();
      auto& verdict = *m.world.client_verdict;
      REQUIRE(verdict.asked.size() == 1);
      verdict.when = when;
      (void)m.then(way.whole);
      REQUIRE(verdict.asked.size() == 2);  // about the session's chain, or in the full handshake
      CHECK(verdict.asked[1].chain == verdict.asked[0].chain);
      CHECK_FALSE(verdict.asked[1].peer_is_server);
      CHECK((verdict.asked[1].parsed == nullptr) == way.whole);
      CHECK(verdict.asked[1].now == m.world.clock.wall());
    }
}

TEST_CASE("verify_resumed of servers: a refusal makes a full handshake, in which the client may show another chain") {
  for (const Way& way : kWays) {
    if (!way.whole) continue;
    CAPTURE(way.what);
    Mutual m(way);
    m.world.server.verify_resumed(true);
    (void)m.first();
    m.world.client_verdict->refusal = Code::certificate_revoked;
    Pair p(m.world);
    p.run();
    CHECK(p.server.code() == Code::certificate_revoked);
    CHECK(p.server.info.resumed == Resumption::none);
    CHECK(m.world.client_verdict->asked.size() == 3);  // of the session; in the full handshake
    // A verifier that refuses the old chain alone.
    Mutual n(way);
    n.world.server.verify_resumed(true);
    (void)n.first();
    const auto old = n.world.client_verdict->asked[0].chain;
    n.world.client_verdict->refused_chain = old;
    n.world.client.credentials(std::make_shared<Source>(credential(KeyKind::ecdsa_p384)));
    // The same store, whatever credentials the client has: a foreign client might do so.
    const auto kept = n.store->kept.begin()->second;
    const auto settings = n.world.client_settings();
    n.store->kept[{"example.com", 0, settings->session_configuration}] = kept;
    const ConnectionInfo info = n.then(false);
    CHECK(info.peer_certificates == credential(KeyKind::ecdsa_p384)->chain);
  }
}

TEST_CASE("verify_resumed of servers: the end of a chain that was refused is not that of the session that follows") {
  for (const Way& way : kWays) {
    if (!way.whole) continue;
    CAPTURE(way.what);
    Mutual m(way);
    m.world.server.client_auth(ClientAuth::request, m.world.client_verdict).verify_resumed(true).ticket_lifetime(1h);
    m.world.client_verdict->not_after = m.world.clock.wall() + 100s;
    (void)m.first();
    m.world.client_verdict->refusal = Code::certificate_revoked;
    // Now it has no certificate, and offers the old session all the same, as a foreign client might.
    const auto kept = m.store->kept.begin()->second;
    m.world.client.credentials(nullptr);
    m.store->kept[{"example.com", 0, m.world.client_settings()->session_configuration}] = kept;
    CHECK(m.then(false).peer_identity == PeerIdentity::none);
    m.world.clock.advance(100s);
    (void)m.then(true);
  }
}

TEST_CASE("verify_resumed of servers: the sooner of both ends counts for what is renewed") {
  for (const Way& way : kWays) {
    if (!way.whole || way.how == Resumption::session_id) continue;
    Mutual m(way);
    m.world.server.verify_resumed(true).ticket_lifetime(1h).new_tickets(1);
    m.world.client_verdict->not_after = m.world.clock.wall() + 100s;
    (void)m.first();
    m.world.client_verdict->not_after = m.world.clock.wall() + 50s;
    (void)m.then(true);
    m.world.clock.advance(50s);
    m.world.client_verdict->not_after = Clock::Milliseconds::max();
    (void)m.then(false);
  }
}

TEST_CASE("verify_resumed of servers: who does not hold the session costs no verification in TLS 1.3") {
  const Way way = kWays[4];
  Mutual m(way);
  m.world.server.verify_resumed(true);
  (void)m.first();
  const std::size_t asked = m.world.client_verdict->asked.size();
  Pair p(m.world);
  p.on_the_way = [](bool from_client, ByteVector& message) {
    if (from_client && message[0] == 1) message.back() ^= 1;
  };
  p.run();
  CHECK(p.server.code() == Code::bad_binder);
  CHECK(m.world.client_verdict->asked.size() == asked);
}

TEST_CASE("verify_resumed of servers: no early data before the verdict, and none after a refusal") {
  for (const bool refused : {false, true}) {
    CAPTURE(refused);
    Resuming r;
    auto cache = *memory_session_cache({.entries = 100, .shards = 1}, r.world.random);
    r.world.client.early_data(true).credentials(std::make_shared<Source>(p256()));
    std::vector<std::uint8_t> data{4, 2};
    r.world.server.tickets(single_use_tickets(cache))
        .client_auth(ClientAuth::require, r.world.client_verdict)
        .verify_resumed(true)
        .session_data([&](const ConnectionInfo&) { return data; })
        .early_data(1000, r.guard, 10'000ms);
    EarlyWire first(r);
    first.run();
    REQUIRE(first.connected());
    EarlyWire w(r, "early");
    r.world.client_verdict->when = When::later;
    w.up();
    REQUIRE(w.server.connection->pending() != nullptr);
    const auto& chain = std::get<ChainToVerify>(*w.server.connection->pending());
    CHECK(chain.chain == p256()->chain);
    CHECK(w.server.early.empty());
    CHECK(w.server.out.empty());
    CHECK(r.guard->tokens.empty());
    w.server.answer = [&](const Operation& o) -> OperationResult {
      if (refused && r.world.client_verdict->asked.size() == 2)
        return Result<ChainAccepted>(fail(Code::certificate_revoked, "as the test demands"));
      return answer_to(o, r.world.random);
    };
    w.server.take({});
    w.run();
    REQUIRE(w.connected());
    CHECK(as_text(w.server.early) == (refused ? "" : "early"));
    CHECK(w.server.connection->info().resumed == (refused ? Resumption::none : Resumption::psk));
    CHECK(w.server.connection->info().session_data == (refused ? std::vector<std::uint8_t>{} : data));
    CHECK(w.client.rejected.has_value() == refused);
  }
}

TEST_CASE("whom a session belongs to, and what was noted in it, is known at the first EarlyData event") {
  Resuming r;
  r.world.client.early_data(true).credentials(std::make_shared<Source>(p256()));
  r.world.server.tickets(shared_ticket_keys())
      .client_auth(ClientAuth::require, r.world.client_verdict)
      .session_data([](const ConnectionInfo&) { return std::vector<std::uint8_t>{4, 2}; })
      .early_data(1000, r.guard, 10'000ms);
  EarlyWire(r).run();
  EarlyWire w(r, "early");
  auto flight = w.flight();
  bool seen = false;
  while (!seen) {
    const Step step = w.server.connection->step(flight, w.server.out);
    REQUIRE_FALSE(std::holds_alternative<Failed>(step.event));
    seen = std::holds_alternative<EarlyData>(step.event);
    flight.erase(flight.begin(), flight.begin() + static_cast<std::ptrdiff_t>(step.consumed));
    REQUIRE((seen || !std::holds_alternative<NeedInput>(step.event)));
  }
  const ConnectionInfo& info = w.server.connection->info();
  CHECK(info.peer_identity == PeerIdentity::leaf);
  CHECK(info.peer_certificates == p256()->chain);
  CHECK(info.session_data == std::vector<std::uint8_t>{4, 2});
}

TEST_CASE(
    "a session of a laxer configuration is not resumed under a stricter one with the same verifier, either side") {
  using enum SignatureScheme;
  const std::vector<SignatureScheme> lax = {ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ed25519},
                                     strict = {ecdsa_secp256r1_sha256, ed25519};
  const std::vector<NamedGroup> many = {NamedGroup::secp256r1, NamedGroup::secp384r1}, few = {NamedGroup::secp256r1};
  for (const Way& way : kWays)
    for (const bool servers : {true, false}) {
      CAPTURE(way.what);
      CAPTURE(servers);
      const auto set = [&](Mutual& m, const auto& schemes, const auto& groups) {
        if (servers)
          m.world.server.signature_schemes(schemes).groups(groups);
        else
          m.world.client.signature_schemes(schemes).groups(groups);
      };
      {  // the order is a preference, and decides nothing
        Mutual m(way);
        set(m, lax, many);
        (void)m.first();
        set(m, std::vector(lax.rbegin(), lax.rend()), std::vector(many.rbegin(), many.rend()));
        (void)m.then(true);
      }
      {
        Mutual m(way);
        set(m, lax, many);
        (void)m.first();
        set(m, strict, many);
        (void)m.then(false);
      }
      {  // in TLS 1.2 the groups limit the certificate's curve; in TLS 1.3 the schemes do
        Mutual m(way);
        set(m, lax, many);
        (void)m.first();
        set(m, lax, few);
        (void)m.then(way.version == ProtocolVersion::tls13);
      }
    }
}

TEST_CASE(
    "a session of a server that asks for certificates is not one of a server that demands them, nor the reverse") {
  for (const Way& way : kWays)
    for (const bool demanded : {true, false}) {
      CAPTURE(way.what);
      Mutual m(way);  // a client with a certificate, and one verifier for both
      const auto mode = [&](bool demands) {
        m.world.server.client_auth(demands ? ClientAuth::require : ClientAuth::request, m.world.client_verdict);
      };
      mode(demanded);
      (void)m.first();
      mode(!demanded);
      (void)m.then(false);
    }
}

TEST_CASE("a server that asks no client for certificates has no reason to tell configurations apart by schemes") {
  for (const Way& way : kWays) {
    Mutual m(way);
    m.world.server.client_auth(ClientAuth::none, nullptr);
    (void)m.first();
    m.world.server.signature_schemes({SignatureScheme::ecdsa_secp256r1_sha256});
    (void)m.then(true);
  }
}
