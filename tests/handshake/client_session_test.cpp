// Which session a client takes from its store, and when it forgets them.
#include <doctest/doctest.h>

#include "handshake/hello/session.h"
#include "handshake/sessions.h"
#include "handshake/world.h"
#include "support/sessions.h"
#include "tls/connection.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;
using handshake::hello::session_key;
using handshake::hello::take_session;

namespace {

session::ClientState state12(const World& w) {
  session::ClientState s;
  s.version = ProtocolVersion::tls12;
  s.suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  s.extended_main_secret = true;
  s.secret = session::ResumptionKey(ByteVector(48, 1));
  s.received = s.authenticated = w.clock.wall();
  s.lifetime = 1h;
  s.session_id = ByteVector(32, 2);
  return s;
}

struct Taking {
  World world;
  std::shared_ptr<SessionMap> store = std::make_shared<SessionMap>();
  Taking() { world.client.sessions(store).versions(ProtocolVersion::tls12, ProtocolVersion::tls13); }
  std::optional<ClientSession> take(void (*change)(session::ClientState&) = nullptr) {
    const auto settings = world.client_settings();
    auto state = std::make_shared<session::ClientState>(state12(world));
    if (change) change(*state);
    const SessionKey key = session_key(*settings, "example.com", 443);
    store->put(key, ClientSession(state));
    return take_session(*settings, key);
  }
};
void make_13(session::ClientState& s) {
  s.version = ProtocolVersion::tls13;
  s.suite = CipherSuite::TLS_AES_128_GCM_SHA256;
  s.secret = session::ResumptionKey(ByteVector(32, 1));
}
std::shared_ptr<ExternalPsk> some_psk() {
  auto psk = std::make_shared<ExternalPsk>();
  psk->identity = {'i'};
  psk->context = {'c'};
  psk->key = decltype(psk->key)(ByteVector(32, 1));
  return psk;
}

}  // namespace

TEST_CASE("a session that fits is taken; no store, no session") {
  CHECK(Taking().take());
  World w;
  const auto settings = w.client_settings();
  CHECK_FALSE(take_session(*settings, session_key(*settings, "example.com", 443)));
}

TEST_CASE("sessions are kept apart by name, port and configuration") {
  World w;
  w.client.sessions(std::make_shared<SessionMap>());
  const auto settings = w.client_settings();
  const SessionKey key = session_key(*settings, "example.com", 443);
  CHECK(key == session_key(*settings, "example.com", 443));
  CHECK(key != session_key(*settings, "example.org", 443));
  CHECK(key != session_key(*settings, "example.com", 8443));
  World other;  // another verifier
  CHECK(key != session_key(*other.client_settings(), "example.com", 443));
}

TEST_CASE("sessions are kept apart by whom the client speaks as, and by each part of the keys that name its servers") {
  World w;
  const auto credentials = std::make_shared<Source>(CredentialPtr()),
             others = std::make_shared<Source>(CredentialPtr());
  const auto configured = [&](auto change) {
    auto builder = w.client;
    const auto psk = some_psk();
    builder.credentials(credentials).external_psks({psk});
    change(builder, *psk);
    const auto config = builder.build();
    REQUIRE(config);
    return config->settings().session_configuration;
  };
  const auto same = configured([](auto&, auto&) {});
  CHECK(same == configured([](auto&, auto&) {}));
  CHECK(same != configured([&](auto& client, auto&) { client.credentials(others); }));
  CHECK(same != configured([](auto& client, auto&) { client.authorities_bind(true); }));
  CHECK(same != configured([](auto& client, auto&) { client.external_psks({}); }));
  CHECK(same != configured([](auto&, ExternalPsk& psk) { psk.identity = {'j'}; }));
  CHECK(same != configured([](auto&, ExternalPsk& psk) { psk.context = {'d'}; }));
  CHECK(same != configured([](auto&, ExternalPsk& psk) { psk.key = decltype(psk.key)(ByteVector(32, 2)); }));
}

TEST_CASE("a session of a version that is not configured any more is not offered, whichever side it is on") {
  using enum ProtocolVersion;
  Taking older, newer;
  older.world.client.versions(tls13, tls13);
  CHECK_FALSE(older.take());
  newer.world.client.versions(tls12, tls12);
  CHECK_FALSE(newer.take(make_13));
  CHECK(Taking().take(make_13));
}

TEST_CASE("a session is offered until it expires, whatever its store hands out: below, at and beyond") {
  for (const auto& [age, offered] :
       {std::pair(3'600'000ms - 1ms, true), std::pair(3'600'000ms, false), std::pair(3'600'000ms + 1ms, false)}) {
    World w;
    const auto store = std::make_shared<Pocket>();  // which looks at no clock
    w.client.sessions(store).versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
    const auto settings = w.client_settings();
    const SessionKey key = session_key(*settings, "example.com", 443);
    store->put(key, ClientSession(std::make_shared<session::ClientState>(state12(w))));
    w.clock.advance(age);
    CHECK(take_session(*settings, key).has_value() == offered);
  }
}

TEST_CASE("a ticket is not offered where tickets are switched off; a session ID is") {
  for (const bool tickets : {true, false}) {
    Taking ticket, id;
    ticket.world.client.tickets(tickets);
    id.world.client.tickets(tickets);
    CHECK(ticket.take([](auto& s) { s.ticket.assign(16, 3); }).has_value() == tickets);
    CHECK(id.take());
  }
}

TEST_CASE("what may not be offered today is not") {
  Taking suite, version, lifetime, chain, extended;
  CHECK_FALSE(suite.take([](auto& s) { s.suite = CipherSuite::TLS_AES_128_GCM_SHA256; }));  // of another version
  CHECK_FALSE(version.take([](auto& s) { s.version = ProtocolVersion::tls13; }));
  CHECK_FALSE(chain.take([](auto& s) { s.authenticated -= limits::kMaxSessionLifetime; }));
  Taking younger;
  CHECK(younger.take([](auto& s) { s.authenticated -= limits::kMaxSessionLifetime - 1s; }));
  CHECK_FALSE(extended.take([](auto& s) { s.extended_main_secret = false; }));
  Taking narrower;
  narrower.world.client.cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256});
  CHECK_FALSE(narrower.take());
  // Of the future: a clock that was set back by so much.
  Taking little_ahead;
  CHECK(little_ahead.take([](auto& s) { s.received += limits::kMaxClockDifference; }));
  CHECK_FALSE(lifetime.take([](auto& s) { s.received += limits::kMaxClockDifference + 1ms; }));
}

TEST_CASE("who has sessions verified again offers none without a chain: from a store that lost it, say") {
  Taking bare, whole;
  bare.world.client.verify_resumed(true);
  CHECK_FALSE(bare.take([](auto& s) { s.peer_certificates.clear(); }));
  whole.world.client.verify_resumed(true);
  CHECK(whole.take([](auto& s) { s.peer_certificates = std::vector<ByteVector>{ByteVector(1, 3)}; }));
  CHECK(Taking().take([](auto& s) { s.peer_certificates.clear(); }));
  // A server that is known by an external key has shown none; such keys are TLS 1.3's.
  constexpr auto bare_13 = [](session::ClientState& s) { make_13(s), s.peer_certificates.clear(); };
  Taking by_key, by_nothing, older;
  for (Taking* one : {&by_key, &by_nothing, &older}) one->world.client.verify_resumed(true);
  for (Taking* one : {&by_key, &older}) one->world.client.external_psks({some_psk()});
  CHECK(by_key.take(bare_13));
  CHECK_FALSE(by_nothing.take(bare_13));
  CHECK_FALSE(older.take([](auto& s) { s.peer_certificates.clear(); }));
}

TEST_CASE("a ticket that would not fit a ClientHello is not offered: below, at and above the limit") {
  Taking below, at, above;
  CHECK(below.take([](auto& s) { s.ticket.assign(limits::kMaxTicket - 1, 3); }));
  CHECK(at.take([](auto& s) { s.ticket.assign(limits::kMaxTicket, 3); }));
  CHECK_FALSE(above.take([](auto& s) { s.ticket.assign(limits::kMaxTicket + 1, 3); }));
}

TEST_CASE("a handshake that offered a session and failed forgets all of that peer; a transport that broke does not") {
  for (const bool broken : {false, true}) {
    World w;
    auto store = std::make_shared<SessionMap>();
    w.client.sessions(store).versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
    const auto settings = w.client_settings();
    const SessionKey key = session_key(*settings, "example.com", 443);
    store->put(key, ClientSession(std::make_shared<session::ClientState>(state12(w))));
    Output out;
    auto c = ClientConnection::start(ConfigAccess::make(settings), "Example.COM.", {.port = 443}, out);
    REQUIRE(c);
    CHECK(store->takes == 1);
    if (broken) {
      (void)c->transport_closed();
    } else {
      ByteVector alert = unhex("15030300020228");  // handshake_failure
      CHECK(std::holds_alternative<Failed>(c->step(alert, out).event));
    }
    CHECK(store->removals == (broken ? 0 : 1));
  }
}
