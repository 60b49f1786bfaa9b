// Abbreviated handshakes of TLS 1.2, by session ID and by ticket: when a session is resumed, and when it never is.
#include "handshake/edit.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

namespace {

enum class Way { session_id, ticket };
constexpr Way kWays[] = {Way::session_id, Way::ticket};

void prepare(World12& w, Way way) { w.resume_by(way == Way::session_id, way == Way::ticket); }
Resumption resumption(Way way) { return way == Way::ticket ? Resumption::ticket : Resumption::session_id; }

ByteVector exported(const Side& side) {
  ByteVector out(32);
  REQUIRE(side.post->export_keying_material("EXPORTER-test", std::nullopt, out));
  return out;
}

/// A first connection, which leaves a session behind.
void first(World12& w, std::string_view name = "example.com") {
  Pair p(w, name);
  p.run();
  REQUIRE(p.connected());
  CHECK(p.client.info.resumed == Resumption::none);
  CHECK(p.server.info.resumed == Resumption::none);
  REQUIRE(w.pocket->kept.size() >= 1);
}
void check_agreement(const Pair& p) {
  REQUIRE(p.connected());
  CHECK(p.client.sink.secrets == p.server.sink.secrets);
  CHECK(p.client.sink.read_secret == p.server.sink.write_secret);
  CHECK(p.client.sink.write_secret == p.server.sink.read_secret);
  CHECK(p.client.info.suite == p.server.info.suite);
  CHECK(p.client.info.resumed == p.server.info.resumed);
}
/// Another connection: full, and good.
void check_full(World12& w, std::string_view name = "example.com") {
  Pair p(w, name);
  p.run();
  check_agreement(p);
  CHECK(p.client.info.resumed == Resumption::none);
  CHECK(p.client.info.group);
}
void check_resumed(World12& w, Way way, std::string_view name = "example.com") {
  Pair p(w, name);
  p.run();
  check_agreement(p);
  CHECK(p.client.info.resumed == resumption(way));
}

}  // namespace

TEST_CASE("a ticket that arrives is kept up to the size that fits our next ClientHello") {
  for (const std::size_t size : {limits::kMaxTicket - 1, limits::kMaxTicket, limits::kMaxTicket + 1}) {
    CAPTURE(size);
    World12 w;
    prepare(w, Way::ticket);
    w.stamper->size = size;
    Pair p(w);
    p.run();
    check_agreement(p);
    const bool fits = size <= limits::kMaxTicket;
    REQUIRE(w.pocket->kept.size() == (fits ? 1 : 0));
    if (fits)
      check_resumed(w, Way::ticket);
    else
      check_full(w);
  }
}

TEST_CASE("every suite: the second connection needs no certificate, no signature and no key exchange") {
  for (const Way way : kWays)
    for (KeyKind kind : {KeyKind::ecdsa_p256, KeyKind::rsa})
      for (CipherSuite suite : suites_for(kind)) {
        CAPTURE(name(suite));
        World12 w;
        prepare(w, way);
        w.source->answer = credential(kind);
        w.client.cipher_suites({suite});
        Pair p(w);
        p.run();
        REQUIRE(p.connected());
        const std::size_t chosen = w.source->asked.size(), verified = w.verdict->asked.size();

        Pair q(w);
        q.run();
        check_agreement(q);
        CHECK(q.client.info.resumed == resumption(way));
        CHECK(q.client.info.suite == suite);
        CHECK_FALSE(q.client.info.group);
        CHECK_FALSE(q.server.info.group);
        CHECK_FALSE(q.client.info.signature_scheme);
        CHECK(q.client.info.extended_main_secret);
        CHECK(q.server.info.server_name == "example.com");
        CHECK(w.source->asked.size() == chosen);
        CHECK(w.verdict->asked.size() == verified);
        // The same main secret, other keys.
        CHECK(q.client.sink.secret("CLIENT_RANDOM") == p.client.sink.secret("CLIENT_RANDOM"));
        CHECK(q.client.sink.read_secret != p.client.sink.read_secret);
        CHECK(exported(q.client) == exported(q.server));
        CHECK(exported(q.client) != exported(p.client));
        // What the peer had shown is known again.
        CHECK(q.client.info.peer_certificates == p.client.info.peer_certificates);
        CHECK(q.client.info.peer_certificate_sha256 == p.client.info.peer_certificate_sha256);
        CHECK(q.client.info.peer_certificate_sha256.size() == 32);
      }
}

TEST_CASE("RFC 5246 §7.3: the abbreviated flights, the server's Finished first") {
  World12 w;
  prepare(w, Way::session_id);
  first(w);
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  CHECK(p.server.sink.log ==
        std::vector<std::string>{"send server_hello", "ccs", "write keys", "send finished", "read keys"});
  CHECK(p.client.sink.log ==
        std::vector<std::string>{"send client_hello", "read keys", "ccs", "write keys", "send finished"});
}

TEST_CASE("RFC 6066 §3: a resumed session's ServerHello does not answer server_name; RFC 5077 §3.4: it echoes the ID") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    first(w);
    ByteVector sent, echoed;
    w.client_replay.rewrite = [&](ByteVector& m) {
      if (m[0] == 1) sent.assign(m.begin() + 38, m.begin() + 39 + m[38]);
    };
    w.server_replay.rewrite = [&](ByteVector& m) {
      if (m[0] != 2) return;
      CHECK_FALSE(Edit(m).find(0));
      echoed.assign(m.begin() + 38, m.begin() + 39 + m[38]);
    };
    check_resumed(w, way);
    CHECK(sent.size() == 33);
    CHECK(sent == echoed);
  }
}

TEST_CASE("RFC 5077 §3.4: a server that gives a ticket names no session ID, and keeps nothing") {
  World12 w;
  w.resume_by(true, true);
  first(w);
  CHECK(w.drawer->kept.empty());
  CHECK(w.stamper->made.size() == 1);
  CHECK(w.held().session_id.empty());
  check_resumed(w, Way::ticket);
  // A client that takes no tickets is kept.
  w.client.tickets(false);
  check_full(w);
  CHECK(w.drawer->kept.size() == 1);
  CHECK(w.drawer->kept.begin()->first.size() == 32);
  check_resumed(w, Way::session_id);
}

TEST_CASE("answers that come later give the handshakes that they give at once") {
  for (const Way way : kWays) {
    World12 now, later;
    prepare(now, way), prepare(later, way);
    later.drawer->later = later.stamper->later = true;
    first(now), first(later);
    Pair p(now), q(later);
    std::size_t operations = 0;
    q.on_operation = [&](Side& side, const Operation& operation) {
      ++operations;
      (void)side.complete(answer_to(operation, later.random));
    };
    p.run(), q.run();
    check_agreement(p), check_agreement(q);
    CHECK(operations == 1);
    CHECK(q.client.info.resumed == resumption(way));
    CHECK(p.client.sink.read_secret == q.client.sink.read_secret);
  }
}

TEST_CASE("no session, no resumption: on the client's side alone, on the server's side alone") {
  World12 w;
  w.client.sessions(w.pocket);
  check_full(w);
  CHECK(w.pocket->kept.empty());
  World12 v;
  v.server.session_cache(v.drawer).tickets(v.stamper);
  check_full(v);
  check_full(v);
  CHECK(v.drawer->kept.size() == 2);  // the server cannot know what the client will do
}

TEST_CASE("never across server names, whatever the client believes") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    first(w, "example.com");
    check_full(w, "www.example.com");  // another key: not even offered
    CHECK(w.pocket->kept.size() == 2);
    // A client that mixes its sessions up.
    const ClientSession mixed = w.pocket->kept.begin()->second;
    REQUIRE(w.pocket->kept.begin()->first.server_name == "example.com");
    for (auto& [key, session] : w.pocket->kept) session = mixed;
    check_full(w, "www.example.com");
    for (auto& [key, session] : w.pocket->kept) session = mixed;
    check_resumed(w, way, "example.com");
  }
}

TEST_CASE("what a session is bound to: another policy, suite, age or EMS state makes a full handshake") {
  struct Row {
    std::string_view what;
    void (*before)(World12&);
    void (*after)(World12&);
  };
  // clang-format off
  static constexpr Row kRows[] = {
      {"expired", [](World12& w) { w.server.ticket_lifetime(std::chrono::seconds(100)); },
       [](World12& w) { w.clock.advance(std::chrono::seconds(100)); }},
      {"a clock that was set back by more than a minute", [](World12&) {},
       [](World12& w) { w.clock.step_wall(-limits::kMaxClockDifference - Clock::Milliseconds(1)); }},
      {"the suite is no longer configured", [](World12&) {},
       [](World12& w) { w.server.cipher_suites({CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}); }},
      {"another service", [](World12& w) { w.server.session_context("mail"); },
       [](World12& w) { w.server.session_context("news"); }},
      {"a service that has learnt who it is", [](World12&) {}, [](World12& w) { w.server.session_context("mail"); }},
      {"clients are asked for certificates", [](World12&) {},
       [](World12& w) { w.server.client_auth(ClientAuth::request, w.client_verdict); }},
      {"clients must have certificates", [](World12& w) { w.client.credentials(std::make_shared<Source>(credential(KeyKind::ed25519))); },
       [](World12& w) { w.server.client_auth(ClientAuth::require, w.client_verdict); }},
      {"another verifier of clients", [](World12& w) { w.server.client_auth(ClientAuth::request, w.client_verdict); },
       [](World12& w) { w.server.client_auth(ClientAuth::request, std::make_shared<Verdict>()); }},
      {"the cache and the keys are gone", [](World12&) {}, [](World12& w) { w.drawer->kept.clear(), w.stamper->made.clear(); }},
      {"the cache is out of reach", [](World12&) {}, [](World12& w) { w.drawer->out_of_reach = w.stamper->out_of_reach = true; }},
      {"what is kept is garbage", [](World12&) {},
       [](World12& w) {
         for (auto& [id, entry] : w.drawer->kept) entry.state = SessionState(ByteVector(80, 0xEE));
         for (auto& [ticket, state] : w.stamper->made) state = SessionState(ByteVector(80, 0xEE));
       }},
      {"a session of TLS 1.3", [](World12&) {},
       [](World12& w) {
         auto upgrade = [](SessionState& s) {
           auto state = session::State::decode(s);
           state->version = ProtocolVersion::tls13;
           s = state->encode();
         };
         for (auto& [id, entry] : w.drawer->kept) upgrade(entry.state);
         for (auto& [ticket, state] : w.stamper->made) upgrade(state);
       }},
  };
  // clang-format on
  for (const Way way : kWays)
    for (const Row& row : kRows) {
      CAPTURE(row.what);
      World12 w;
      prepare(w, way);
      row.before(w);
      first(w);
      row.after(w);
      check_full(w);
    }
}

TEST_CASE("a session is resumed until the last second of its lifetime") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    w.server.ticket_lifetime(std::chrono::seconds(100));
    first(w);
    w.clock.advance(std::chrono::seconds(100) - Clock::Milliseconds(1));
    check_resumed(w, way);
  }
}

TEST_CASE("clocks disagree and are set back: a session from the future is resumed, up to a minute") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    first(w);
    w.clock.step_wall(-limits::kMaxClockDifference);
    check_resumed(w, way);
  }
}

TEST_CASE("tickets that are forged, cut, longer or of somebody else: a full handshake and a new ticket") {
  constexpr void (*kChanges[])(ByteVector&) = {
      [](ByteVector& t) { t[0] ^= 1; },       [](ByteVector& t) { t.back() ^= 1; },
      [](ByteVector& t) { t.pop_back(); },    [](ByteVector& t) { t.push_back(0); },
      [](ByteVector& t) { t.resize(1); },     [](ByteVector& t) { t.resize(5000); },
      [](ByteVector& t) { t.assign(16, 7); },
  };
  for (const auto change : kChanges) {
    World12 w;
    w.resume_by(true, true);
    first(w);
    for (auto& [key, session] : w.pocket->kept) {
      auto state = std::make_shared<session::ClientState>();
      const session::ClientState& old = session.state();
      state->suite = old.suite;
      state->extended_main_secret = old.extended_main_secret;
      state->secret = session::ResumptionKey(old.secret.expose());
      state->received = old.received, state->lifetime = old.lifetime, state->authenticated = old.authenticated;
      state->ticket = old.ticket;
      change(state->ticket);
      session = ClientSession(std::move(state));
    }
    check_full(w);
    CHECK(w.drawer->asked == 0);  // RFC 5077 §3.4: the session ID beside a ticket names nothing
    check_resumed(w, Way::ticket);
  }
}

TEST_CASE("RFC 7627 §5.3: a session with extended_main_secret, a ClientHello without: the server aborts") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    w.server.extended_main_secret(Require::if_offered);
    first(w);
    w.client_replay.rewrite = [](ByteVector& m) {
      if (m[0] == 1) m = Edit(m).remove(23).message();
    };
    Pair p(w);
    p.run();
    CHECK(p.server.code() == Code::session_lost_extended_main_secret);
    CHECK(p.server.error->alert() == Alert::handshake_failure);
  }
}

TEST_CASE("RFC 7627 §5.3: without extended_main_secret no session is given, kept or offered") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    const auto without = [](ByteVector& m) {
      if (m[0] == 1) m = Edit(m).remove(23).message();
    };
    w.client_replay.rewrite = without;
    for (int connection = 0; connection < 2; ++connection) {
      check_full(w);
      CHECK(w.pocket->kept.empty());
      CHECK(w.drawer->kept.empty());
      CHECK(w.stamper->made.empty());
      CHECK(w.drawer->asked == 0);
    }
  }
}

TEST_CASE("RFC 7627 §5.3: a session without extended_main_secret in an old cache or ticket is not resumed") {
  for (const Way way : kWays)
    for (const bool offered : {true, false}) {
      World12 w;
      prepare(w, way);
      first(w);
      const auto forget = [](SessionState& s) {
        auto state = session::State::decode(s);
        REQUIRE(state);
        state->extended_main_secret = false;
        s = state->encode();
      };
      for (auto& [id, entry] : w.drawer->kept) forget(entry.state);
      for (auto& [ticket, state] : w.stamper->made) forget(state);
      if (!offered)
        w.client_replay.rewrite = [](ByteVector& m) {
          if (m[0] == 1) m = Edit(m).remove(23).message();
        };
      check_full(w);
    }
}

TEST_CASE("client certificates: a resumed session knows the certificate that was shown, and is good where one is due") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    w.authenticate_client();
    Pair p(w);
    p.run();
    REQUIRE(p.connected());
    CHECK(p.server.info.peer_certificate_sha256.size() == 32);
    Pair q(w);
    q.run();
    check_agreement(q);
    CHECK(q.server.info.resumed == resumption(way));
    CHECK(q.server.info.peer_certificates == p.server.info.peer_certificates);
    CHECK(q.server.info.peer_certificate_sha256 == p.server.info.peer_certificate_sha256);
    CHECK(w.client_verdict->asked.size() == 1);
    // A session without one is refused where one is required.
    const auto forget = [](SessionState& kept) {
      auto state = session::State::decode(kept);
      REQUIRE(state);
      state->notes = nullptr;
      kept = state->encode();
    };
    for (auto& [id, entry] : w.drawer->kept) forget(entry.state);
    for (auto& [ticket, state] : w.stamper->made) forget(state);
    check_full(w);
  }
}

TEST_CASE("RFC 7301 §3.1: the application protocol is negotiated anew, and so is record_size_limit") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    w.client.alpn({"h2", "http/1.1"}).record_size_limit(1000);
    w.server.alpn({"h2"}).record_size_limit(2000);
    first(w);
    w.client.alpn({"http/1.1"}).record_size_limit(500);
    w.server.alpn({"http/1.1"}).record_size_limit(3000);
    Pair p(w);
    p.run();
    check_agreement(p);
    CHECK(p.client.info.resumed == resumption(way));
    CHECK(p.client.info.alpn == "http/1.1");
    CHECK(p.server.info.alpn == "http/1.1");
    CHECK(p.server.sink.record_limit == 500);
    CHECK(p.client.sink.record_limit == 3000);
  }
}

TEST_CASE("a ticket is renewed where its key will soon be gone; a chain of renewals ends after seven days") {
  World12 w;
  prepare(w, Way::ticket);
  w.server.ticket_lifetime(limits::kMaxSessionLifetime);
  first(w);
  const auto authenticated = w.held().authenticated;
  w.stamper->renew = true;
  const auto old = w.held().ticket;
  w.clock.advance(std::chrono::hours(6 * 24));
  check_resumed(w, Way::ticket);
  CHECK(w.held().ticket != old);
  CHECK(w.held().authenticated == authenticated);
  CHECK(w.held().received == w.clock.wall());
  CHECK(w.held().lifetime == std::chrono::hours(24));  // the rest of the seven days
  w.clock.advance(std::chrono::hours(24) - Clock::Milliseconds(1));
  check_resumed(w, Way::ticket);
  w.clock.advance(Clock::Milliseconds(1));
  check_full(w);
  CHECK(w.held().authenticated == w.clock.wall());
}

TEST_CASE("a session that was resumed by ID gets a ticket from a server that has learnt to give them") {
  World12 w;
  w.resume_by(true, false);
  w.client.tickets(true);
  first(w);
  w.server.tickets(w.stamper);
  check_resumed(w, Way::session_id);
  CHECK(w.held().session_id.empty());
  CHECK(w.held().ticket.size() == 16);
  check_resumed(w, Way::ticket);
}

TEST_CASE("RFC 5077 §3.3: a server without a ticket to give says so, and nothing is kept") {
  World12 w;
  prepare(w, Way::ticket);
  w.stamper->empty = true;
  check_full(w);
  CHECK(w.pocket->puts == 0);
  check_full(w);
}

TEST_CASE("the server's lifetime holds on both sides; a session ID without one is kept for a day") {
  World12 w;
  prepare(w, Way::ticket);
  w.server.ticket_lifetime(std::chrono::seconds(321));
  first(w);
  CHECK(w.held().lifetime == std::chrono::seconds(321));
  World12 v;
  prepare(v, Way::session_id);
  v.server.ticket_lifetime(std::chrono::seconds(321));
  first(v);
  CHECK(v.held().lifetime == limits::kAssumedSessionLifetime);
  CHECK(v.drawer->kept.begin()->second.expires == v.clock.wall() + std::chrono::seconds(321));
}

TEST_CASE("a full handshake is kept once the client's Finished has shown itself, not before") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    Pair p(w);
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (from_client && static_cast<On>(m[0]) == On::finished) m.back() ^= 1;
    };
    p.run();
    CHECK(p.server.code() == Code::bad_finished);
    CHECK(w.drawer->kept.empty());
    CHECK(w.stamper->made.empty());
    CHECK(w.pocket->kept.empty());
  }
}

TEST_CASE("both versions offered: a session of TLS 1.2 is offered with the rest, and resumed") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    w.client.versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
    first(w);
    check_resumed(w, way);
    // A server that has TLS 1.3 by now makes a full handshake of that.
    w.server.versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
    Pair p(w);
    p.run();
    REQUIRE(p.connected());
    CHECK(p.client.info.version == ProtocolVersion::tls13);
    CHECK(p.client.info.resumed == Resumption::none);
  }
}

TEST_CASE("RFC 7918: False Start never on resumption: data waits for Finished both ways") {
  for (const Way way : kWays) {
    World12 w;
    prepare(w, way);
    w.client.false_start(FalseStart::without_alpn);
    first(w);
    Pair p(w);
    bool wrote = false;
    do {
      if (p.client.handshake) wrote |= p.client.handshake->permissions().write_data;
      if (p.server.handshake) wrote |= p.server.handshake->permissions().write_data;
    } while (p.step());
    check_agreement(p);
    CHECK_FALSE(wrote);
  }
}

TEST_CASE("verify_resumed: the chain of the session is judged again, before our Finished") {
  for (const Way way : kWays)
    for (const bool refused : {false, true}) {
      World12 w;
      prepare(w, way);
      w.client.verify_resumed(true);
      first(w);
      const std::size_t asked = w.verdict->asked.size();
      if (refused) w.verdict->refusal = Code::certificate_revoked;
      Pair p(w);
      p.run();
      REQUIRE(w.verdict->asked.size() == asked + 1);
      CHECK(w.verdict->asked.back().chain == w.verdict->asked.front().chain);
      CHECK(w.verdict->asked.back().server_name == "example.com");
      CHECK(w.verdict->asked.back().staples == StaplePolicy::ignore);  // that of then is old by now
      if (!refused) {
        check_agreement(p);
        CHECK(p.client.info.resumed == resumption(way));
        continue;
      }
      CHECK(p.client.code() == Code::certificate_revoked);
      CHECK_FALSE(p.server.connected());
      CHECK(p.client.sink.log.back() == "read keys");  // neither ChangeCipherSpec nor Finished
    }
}
