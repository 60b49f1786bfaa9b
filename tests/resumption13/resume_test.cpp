// PSK resumption (RFC 9846 §2.2, §4.3.11, §4.7.1), both roles: what resumes, what falls back to a full handshake, and
// the little that fails.
#include "handshake/edit.h"
#include "resumption13/resuming.h"
#include "wire/message.h"
#include "wire/new_session_ticket.h"

using namespace tls;
using namespace tls::test;
using namespace std::chrono_literals;

namespace {
constexpr unsigned kPreSharedKey = 41, kModes = 45;
}  // namespace

TEST_CASE("the second connection resumes: no certificate goes over the wire, and both know whom they talk to") {
  Resuming r;
  r.first();
  const auto p = r.meet();
  check_resumed(*p, true);
  CHECK(p->client.info.peer_certificates == credential(KeyKind::ecdsa_p256)->chain);
  CHECK(p->client.info.peer_certificate_sha256.size() == 32);
  CHECK(p->client.info.group);
  CHECK(r.world.verdict->asked.size() == 1);
  CHECK_FALSE(p->client.info.signature_scheme);
}

TEST_CASE(
    "sessions are chained: each resumption gives new tickets, but never beyond seven days after the certificate") {
  Resuming r;
  r.world.server.ticket_lifetime(limits::kMaxSessionLifetime);
  r.first();
  for (int day = 1; day <= 6; ++day) {
    r.world.clock.advance(24h);
    check_resumed(*r.meet(), true);
  }
  r.world.clock.advance(24h - 1s);
  check_resumed(*r.meet(), true);
  r.world.clock.advance(1s);
  check_resumed(*r.meet(), false);
}

TEST_CASE("a ticket is used once") {
  Resuming r;
  r.world.server.new_tickets(1);
  r.first();
  CHECK(r.store->size() == 1);
  r.world.server.new_tickets(0);
  check_resumed(*r.meet(), true);
  CHECK(r.store->size() == 0);
  check_resumed(*r.meet(), false);
}

TEST_CASE("RFC 9846 §6: the tickets of a connection that a fatal alert ended are discarded, of one that closed kept") {
  struct Ending {
    const char* what;
    bool fatal;
    void (*end)(EarlyWire&);
  };
  constexpr Ending kEndings[] = {
      {"we close", false, [](EarlyWire& w) { CHECK(w.client.connection->close(w.client.out)); }},
      {"the transport breaks", false, [](EarlyWire&) {}},
      {"we send an alert", true, [](EarlyWire& w) { w.client.connection->abort(Alert::internal_error, w.client.out); }},
      {"the server sends one", true,
       [](EarlyWire& w) {
         w.server.connection->abort(Alert::internal_error, w.server.out);
         w.client.take(w.server.out.bytes());
       }},
      {"a record is forged", true, [](EarlyWire& w) {
         const ByteVector forged = unhex("1703030020" + std::string(64, '5'));
         w.client.take(forged);
       }}};
  for (const Ending& ending : kEndings) {
    CAPTURE(ending.what);
    Resuming r;
    EarlyWire wire(r);
    wire.run();
    REQUIRE(wire.client.done);
    REQUIRE(r.store->size() > 0);
    ending.end(wire);
    CHECK((r.store->size() == 0) == ending.fatal);
  }
}

TEST_CASE("RFC 9846 §6: a failure that sent no alert, and got none, costs no tickets") {
  for (const Code code : {Code::truncated, Code::bad_record_mac}) {
    Resuming r;
    const auto p = r.meet();
    REQUIRE(p->connected());
    REQUIRE(r.store->size() > 0);
    const Error error(code);
    p->client.post->failed(error);
    CHECK((r.store->size() == 0) == error.alert().has_value());
    CHECK(error.alert().has_value() == (code == Code::bad_record_mac));
  }
}

TEST_CASE("every suite and both hashes; another suite with the same hash resumes, another hash does not") {
  for (CipherSuite suite : {CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384,
                            CipherSuite::TLS_CHACHA20_POLY1305_SHA256}) {
    Resuming r;
    r.world.client.cipher_suites({suite});
    r.first();
    check_resumed(*r.meet(), true);
  }
  Resuming r;
  r.world.server.cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256});
  r.first();
  r.world.server.cipher_suites({CipherSuite::TLS_AES_256_GCM_SHA384, CipherSuite::TLS_CHACHA20_POLY1305_SHA256});
  const auto p = r.meet();
  check_resumed(*p, true);
  CHECK(p->client.info.suite == CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
  r.world.server.cipher_suites({CipherSuite::TLS_AES_256_GCM_SHA384});
  check_resumed(*r.meet(), false);
}

TEST_CASE("after a HelloRetryRequest the binder is made anew and the session still resumes") {
  Resuming r;
  r.first();
  r.world.server.groups({NamedGroup::secp256r1});
  const auto p = r.meet();
  check_resumed(*p, true);
  CHECK(p->client.info.hello_retry);
  r.world.server.always_retry(true);
  check_resumed(*r.meet(), true);
}

TEST_CASE("RFC 9846 §4.2.4: the suite stays that of the HelloRetryRequest, whichever the session had") {
  using enum CipherSuite;
  Resuming r;
  r.world.server.cipher_suites({TLS_CHACHA20_POLY1305_SHA256});
  r.first();
  r.world.server.cipher_suites({TLS_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256}).always_retry(true);
  const auto p = r.meet();
  check_resumed(*p, true);
  CHECK(p->client.info.suite == TLS_AES_128_GCM_SHA256);
}

namespace {

/// Only psk_ke is offered, without any share, for a ticket that nobody knows any more.
struct Shareless : Resuming {
  Shareless() {
    first();
    sealer->states.clear();
    world.client.psk_without_key_exchange(true).key_shares({});
    world.server.psk_without_key_exchange(true);
    world.client_replay.rewrite = [](ByteVector& m) {
      if (m[0] == 1) m = Edit(m).set(kModes, "0100").message();
    };
  }
};

}  // namespace

TEST_CASE("a PSK that needed no key exchange and is unknown: a share is asked for, but not a second time") {
  Shareless once;
  const auto p = once.meet();
  check_resumed(*p, false);
  CHECK(p->client.info.hello_retry);
  Shareless retried;  // for a cookie, while the ticket might have been known
  retried.world.server.always_retry(true);
  const auto q = retried.meet();
  CHECK(q->server.code() == Code::missing_key_share);
  CHECK(q->server.error->alert() == Alert::missing_extension);
}

TEST_CASE("an unknown PSK, and a ClientHello that can do no handshake with a certificate: unknown_psk_identity") {
  Resuming r;
  r.first();
  r.sealer->states.clear();
  r.world.client_replay.rewrite = [](ByteVector& m) {
    if (m[0] == 1) m = Edit(m).remove(13).message();  // signature_algorithms
  };
  const auto p = r.meet();
  CHECK(p->server.code() == Code::unknown_psk_identity);
}

TEST_CASE("after a HelloRetryRequest with another hash the PSK is not offered again") {
  Resuming r;
  r.world.server.cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256});
  r.first();
  r.world.server.cipher_suites({CipherSuite::TLS_AES_256_GCM_SHA384}).groups({NamedGroup::secp256r1});
  Pair p(r.world);
  std::vector<bool> offered;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (from_client && m[0] == 1) offered.push_back(Edit(m).find(kPreSharedKey) != nullptr);
  };
  p.run();
  check_resumed(p, false);
  CHECK(offered == std::vector<bool>{true, false});
}

TEST_CASE("unknown, forged, truncated, foreign and expired tickets: a full handshake, never a failure") {
  for (int what = 0; what < 9; ++what) {
    CAPTURE(what);
    Resuming r;
    r.first();
    switch (what) {
      case 0:
        r.sealer->states.clear();
        break;
      case 1:
        for (auto& [ticket, state] : r.sealer->states) state = SessionState(state.expose().first(state.size() - 1));
        break;
      case 2:
        for (auto& [ticket, state] : r.sealer->states) state = SessionState();
        break;
      case 3:
        r.sealer->change([](session::State& s) { s.binding[0] ^= 1; });
        break;
      case 4:
        r.sealer->change([](session::State& s) { s.lifetime = 0s; });
        break;
      case 5:
        r.sealer->change([](session::State& s) { s.issued += 1h; });
        break;
      case 6:
        r.sealer->change([](session::State& s) { s.version = ProtocolVersion::tls12; });
        break;
      case 7:
        r.sealer->change([](session::State& s) { s.authenticated -= limits::kMaxSessionLifetime; });
        break;
      case 8:
        r.sealer->fails = true;
        break;
    }
    check_resumed(*r.meet(), false);
  }
}

TEST_CASE("expiry at its edge, on both sides") {
  for (const bool server_alone : {false, true}) {
    Resuming r;
    r.world.server.ticket_lifetime(server_alone ? 1h : 100s);
    r.first();
    // The client believes in a longer life than the server does.
    if (server_alone) r.sealer->change([](session::State& state) { state.lifetime = 100s; });
    r.world.clock.advance(100s - 1ms);
    check_resumed(*r.meet(), true);
    if (server_alone) r.sealer->change([](session::State& state) { state.lifetime = 100s; });
    r.world.clock.advance(100s);
    check_resumed(*r.meet(), false);
  }
}

TEST_CASE("clocks disagree and are set back: a session from the future resumes, up to a minute") {
  static_assert(limits::kMaxClockDifference == 60s);
  const Clock::Milliseconds most = limits::kMaxClockDifference;
  struct Row {
    Clock::Milliseconds ahead;
    void (*by)(session::State&);
    bool resumed;
  };
  const Row rows[] = {{most - 1ms, [](session::State& s) { s.issued += 60s - 1ms; }, true},
                      {most, [](session::State& s) { s.issued += 60s; }, true},
                      {most + 1ms, [](session::State& s) { s.issued += 60s + 1ms; }, false}};
  for (const Row& row : rows) {
    CAPTURE(row.ahead.count());
    {  // the clock of the server that gave the ticket is ahead
      Resuming r;
      r.first();
      r.sealer->change(row.by);
      const auto p = r.meet();
      check_resumed(*p, row.resumed);
      // Its age counts as none.
      if (row.resumed) CHECK(p->server.info.ticket_age_skew == 0ms);
    }
    {  // the clock of both sides is set back
      Resuming r;
      r.first();
      r.world.clock.step_wall(-row.ahead);
      const auto p = r.meet();
      check_resumed(*p, row.resumed);
      if (row.resumed) CHECK(p->server.info.ticket_age_skew == 0ms);
    }
  }
}

TEST_CASE("a session is bound to the server name and to what is asked of clients") {
  Resuming r;
  r.first();
  // The same tickets under another name: the client would not do it, a foreign one might.
  auto& lists = r.store->kept;
  REQUIRE(lists.size() == 1);
  auto node = lists.extract(lists.begin());
  node.key().server_name = "www.example.com";
  lists.insert(std::move(node));
  check_resumed(*r.meet("www.example.com"), false);

  Resuming q;
  q.first();
  q.world.server.client_auth(ClientAuth::request, q.world.client_verdict);
  check_resumed(*q.meet(), false);
}

TEST_CASE("services that share ticket keys and a name resume each other's sessions, unless their contexts differ") {
  struct Row {
    std::string_view of, other;
  };
  for (const Row& row : {Row{"", "mail"}, Row{"mail", ""}, Row{"mail", "news"}, Row{"mail", "mail2"}}) {
    Resuming r;
    r.world.server.session_context(std::string(row.of));
    r.first();
    r.world.server.session_context(std::string(row.other));
    check_resumed(*r.meet(), false);
    // Each goes on with its own. The newest ticket is the other service's now.
    check_resumed(*r.meet(), true);
    // The certificate is not what counts.
    r.world.source->answer = credential(KeyKind::ecdsa_p384);
    check_resumed(*r.meet(), true);
  }
}

TEST_CASE("client certificates: the session carries that one was shown, and of whom") {
  Resuming r;
  r.world.server.client_auth(ClientAuth::require, r.world.client_verdict);
  r.world.client.credentials(std::make_shared<Source>(credential(KeyKind::ed25519)));
  const auto first = r.meet();
  REQUIRE(first->connected());
  const auto p = r.meet();
  check_resumed(*p, true);
  CHECK(p->server.info.peer_certificate_sha256 == first->server.info.peer_certificate_sha256);
  CHECK(p->server.info.peer_certificate_sha256.size() == 32);
  CHECK(p->server.info.peer_identity == PeerIdentity::leaf);
  CHECK(p->server.info.peer_certificates == first->server.info.peer_certificates);
  // A session without one is refused where one is required.
  r.sealer->change([](session::State& s) { s.notes = nullptr; });
  check_resumed(*r.meet(), false);
}

TEST_CASE("RFC 9846 §4.3.11: a binder that is wrong is fatal, and the client's sessions are forgotten") {
  Resuming r;
  r.first();
  Pair p(r.world);
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (from_client && m[0] == 1) m.back() ^= 1;
  };
  p.run();
  CHECK(p.server.code() == Code::bad_binder);
  CHECK(p.server.error->alert() == Alert::decrypt_error);
}

TEST_CASE("every byte of a resuming ClientHello changed: nobody is connected, and no failure is internal") {
  Resuming r;
  r.world.server.new_tickets(1);
  for (std::size_t byte = 4;; ++byte) {
    r.store->kept.clear();
    r.first();
    Pair p(r.world);
    bool beyond = false;
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (!from_client || m[0] != 1) return;
      beyond = byte >= m.size();
      if (!beyond) m[byte] ^= static_cast<std::uint8_t>(1u << (byte % 8));
    };
    p.run();
    if (beyond) break;
    CAPTURE(byte);
    CHECK_FALSE(p.connected());
    if (p.server.error) CHECK(p.server.code() != Code::internal_error);
    r.sealer->states.clear();
  }
}

TEST_CASE("tickets by number: as configured, as the client asks (RFC 9149), capped, none without the modes") {
  auto count = [](auto prepare) {
    Resuming r;
    prepare(r);
    const auto p = r.meet();
    REQUIRE(p->connected());
    return r.sealer->states.size();
  };
  CHECK(count([](Resuming&) {}) == 2);
  CHECK(count([](Resuming& r) { r.world.server.new_tickets(0); }) == 0);
  CHECK(count([](Resuming& r) { r.world.server.new_tickets(5); }) == 5);
  CHECK(count([](Resuming& r) { r.world.client.ticket_request(1, 0); }) == 1);
  CHECK(count([](Resuming& r) { r.world.client.ticket_request(15, 0); }) == 15);
  CHECK(count([](Resuming& r) { r.world.client.ticket_request(16, 0); }) == 16);
  CHECK(count([](Resuming& r) { r.world.client.ticket_request(17, 0); }) == 16);
  CHECK(count([](Resuming& r) { r.world.client.ticket_request(255, 0); }) == 16);
  CHECK(count([](Resuming& r) { r.world.client.sessions(nullptr); }) == 0);
  Resuming r;
  r.world.client.ticket_request(3, 1);
  r.first();
  CHECK(r.sealer->states.size() == 3);
  check_resumed(*r.meet(), true);
  CHECK(r.sealer->states.size() == 4);
}

TEST_CASE("tickets of a resumed connection are as old as the certificate, in what the server seals, too") {
  Resuming r;
  r.first();
  r.world.clock.advance(10min);
  check_resumed(*r.meet(), true);
  std::set<Clock::Milliseconds> issued, authenticated;
  for (const auto& [ticket, state] : r.sealer->states) {
    issued.insert(session::State::decode(state)->issued);
    authenticated.insert(session::State::decode(state)->authenticated);
  }
  CHECK(issued.size() == 2);
  CHECK(authenticated == std::set{*issued.begin()});
}

TEST_CASE("no ticket is sealed of a session that has ended, and none is sent that cannot be: below, at and above") {
  Resuming ended;
  ended.world.server.client_auth(ClientAuth::require, ended.world.client_verdict);
  ended.world.client.credentials(std::make_shared<Source>(credential(KeyKind::ed25519)));
  ended.world.client_verdict->not_after = ended.world.clock.wall();
  REQUIRE(ended.meet()->connected());
  CHECK(ended.sealer->states.empty());
  for (const std::size_t size : {0u, 1u, 0xFFFEu, 0xFFFFu, 0x10000u}) {
    CAPTURE(size);
    Resuming r;
    const auto stamper = std::make_shared<Stamper>();
    stamper->size = size;
    r.world.server.tickets(stamper).new_tickets(1);
    Pair p(r.world);
    std::size_t sent = 0;
    p.on_the_way = [&](bool, ByteVector& m) {
      sent += static_cast<handshake::On>(m[0]) == handshake::On::new_session_ticket;
    };
    p.run();
    REQUIRE(p.connected());
    CHECK(sent == (size >= 1 && size <= 0xFFFF ? 1 : 0));
  }
}

TEST_CASE("a ticket whose key will soon be gone is renewed on use, unless the client asks for none") {
  // How many tickets a connection gives that resumes by one that has to be renewed, or not.
  auto count = [](bool renew, auto prepare) {
    Resuming r;
    r.first();
    prepare(r);
    r.sealer->renew = renew;
    const std::size_t before = r.sealer->states.size();
    check_resumed(*r.meet(), true);
    return r.sealer->states.size() - before;
  };
  for (const bool renew : {false, true}) {
    CAPTURE(renew);
    CHECK(count(renew, [](Resuming&) {}) == 2);
    CHECK(count(renew, [](Resuming& r) { r.world.server.new_tickets(0); }) == (renew ? 1 : 0));
    CHECK(count(renew, [](Resuming& r) { r.world.server.new_tickets(1); }) == 1);
    CHECK(count(renew, [](Resuming& r) { r.world.client.ticket_request(3, 0); }) == 0);
    CHECK(count(renew, [](Resuming& r) { r.world.client.ticket_request(3, 2); }) == 2);
    CHECK(count(renew, [](Resuming& r) {
            r.world.server.new_tickets(0);
            r.world.client.ticket_request(3, 1);
          }) == 1);
  }
  // So a client may go on resuming although the server gives new tickets to nobody.
  Resuming r;
  r.world.server.new_tickets(1);
  r.first();
  r.world.server.new_tickets(0);
  r.sealer->renew = true;
  for (int i = 0; i < 5; ++i) check_resumed(*r.meet(), true);
  r.sealer->renew = false;
  check_resumed(*r.meet(), true);
  check_resumed(*r.meet(), false);
}

TEST_CASE("tickets of one connection have distinct nonces, and each has a PSK of its own") {
  Resuming r;
  r.world.server.new_tickets(16);
  r.first();
  std::set<std::string> secrets, tickets, ages;
  for (const auto& [key, list] : r.store->kept)
    for (const ClientSession& s : list) {
      secrets.insert(hex(s.state().secret.expose()));
      tickets.insert(hex(s.state().ticket));
      ages.insert(std::to_string(s.state().age_add));
    }
  CHECK(secrets.size() == 16);
  CHECK(tickets.size() == 16);
  CHECK(ages.size() == 16);
}

TEST_CASE("what a client keeps: lifetimes of zero and beyond seven days, and at most so many tickets") {
  auto ticket = [](std::uint32_t lifetime, std::uint8_t nonce) {
    const std::uint8_t n[] = {nonce};
    wire::NewSessionTicket t;
    t.ticket_lifetime = lifetime;
    t.ticket_nonce = Bytes(n);
    t.ticket = Bytes(n);
    return wire::handshake_message(t);
  };
  Resuming r;
  r.world.server.new_tickets(0);
  const auto p = r.meet();
  REQUIRE(p->connected());
  Side& client = p->client;
  REQUIRE(client.receive(ticket(0, 0), true));
  CHECK(r.store->size() == 0);
  REQUIRE(client.receive(ticket(604801, 1), true));
  REQUIRE(r.store->size() == 1);
  CHECK(r.store->kept.begin()->second[0].expires() == r.world.clock.wall() + limits::kMaxSessionLifetime);
  for (std::uint8_t i = 2; i < 40; ++i) REQUIRE(client.receive(ticket(100, i), true));
  CHECK(r.store->size() == limits::kMaxNewTickets);
}

TEST_CASE("a ticket that arrives is kept up to the size that fits our next ClientHello") {
  for (const std::size_t size : {limits::kMaxTicket - 1, limits::kMaxTicket, limits::kMaxTicket + 1}) {
    CAPTURE(size);
    Resuming r;
    r.world.server.new_tickets(0);
    const auto p = r.meet();
    REQUIRE(p->connected());
    const ByteVector ticket(size, 7);
    wire::NewSessionTicket t;
    t.ticket_lifetime = 100;
    t.ticket = Bytes(ticket);
    REQUIRE(p->client.receive(wire::handshake_message(t), true));
    const bool fits = size <= limits::kMaxTicket;
    REQUIRE(r.store->size() == (fits ? 1 : 0));
    if (fits) CHECK(r.store->kept.begin()->second[0].state().ticket == ticket);
    check_resumed(*r.meet(), false);  // the server does not know it; too large a hello would have been refused
  }
}

TEST_CASE("the answer about a ticket comes later: the hello waits with all that it held") {
  for (const bool fails : {false, true}) {
    Resuming r;
    r.first();
    r.sealer->later = true;
    Pair p(r.world);
    p.on_operation = [&](Side& side, const Operation& operation) {
      const auto& open = std::get<TicketToOpen>(operation);
      r.sealer->fails = fails;
      (void)side.complete(OperationResult(r.sealer->answer(open.ticket)));
    };
    p.run();
    check_resumed(p, !fails);
  }
}

TEST_CASE("RFC 9846 §4.3.11: what a client checks of the server's choice") {
  auto run = [](auto change) {
    Resuming r;
    r.first();
    Pair p(r.world);
    r.world.server_replay = {};
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (from_client || m[0] != 2) return;
      Edit hello(m);
      change(hello);
      m = hello.message();
    };
    p.run();
    return p.client.code();
  };
  CHECK(run([](Edit& e) { e.set(kPreSharedKey, "0001"); }) == Code::psk_identity_not_found);
  CHECK(run([](Edit& e) { e.set(kPreSharedKey, "ffff"); }) == Code::psk_identity_not_found);
  CHECK(run([](Edit& e) { e.remove(51); }) == Code::missing_key_share);
}

TEST_CASE("a server that selects a PSK of another hash than its suite's is refused") {
  Resuming r;
  r.world.server.cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256});
  r.first();
  Pair p(r.world);
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (from_client || m[0] != 2) return;
    Edit hello(m);
    hello.prefix[hello.prefix.size() - 2] = 0x02;  // TLS_AES_256_GCM_SHA384
    m = hello.message();
  };
  p.run();
  CHECK(p.client.code() == Code::wrong_cipher);
}

TEST_CASE("RFC 9846 §4.3.9: pre_shared_key without psk_key_exchange_modes MUST abort") {
  Resuming r;
  r.first();
  Pair p(r.world);
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (from_client && m[0] == 1) m = Edit(m).remove(kModes).message();
  };
  p.run();
  CHECK(p.server.code() == Code::no_psk_key_exchange_mode);
}

TEST_CASE("psk_ke only where both sides name it, and only where no key exchange can be had") {
  for (const bool client_allows : {false, true})
    for (const bool server_allows : {false, true}) {
      Resuming r;
      r.first();
      r.world.client.psk_without_key_exchange(client_allows);
      r.world.server.psk_without_key_exchange(server_allows);
      // Only psk_ke is offered.
      r.world.client_replay.rewrite = [](ByteVector& m) {
        if (m[0] == 1) m = Edit(m).set(kModes, "0100").message();
      };
      Pair p(r.world);
      p.run();
      if (!server_allows) {
        check_resumed(p, false);
      } else if (client_allows) {
        check_resumed(p, true);
        CHECK_FALSE(p.client.info.group);
        CHECK_FALSE(p.server.info.group);
      } else {
        CHECK(p.client.code() == Code::missing_key_share);
      }
    }
  // Both modes: the one with an exchange.
  Resuming r;
  r.world.client.psk_without_key_exchange(true);
  r.world.server.psk_without_key_exchange(true);
  r.first();
  const auto p = r.meet();
  check_resumed(*p, true);
  CHECK(p->server.info.group);
}

TEST_CASE("resumed sides agree on what they export, and both may go on to talk") {
  Resuming r;
  r.first();
  EarlyWire w(r);
  w.run();
  REQUIRE(w.connected());
  CHECK(w.client.connection->info().resumed == Resumption::psk);
  CHECK(w.client.connection->info().early_data == EarlyDataStatus::none);
  std::uint8_t x[32], y[32];
  REQUIRE(w.client.connection->export_keying_material("EXPORTER-x", {}, x));
  REQUIRE(w.server.connection->export_keying_material("EXPORTER-x", {}, y));
  CHECK(hex(x) == hex(y));
  REQUIRE(w.client.connection->send(as_bytes("hello"), w.client.out));
  w.run();
  CHECK(as_text(w.server.data) == "hello");
}

TEST_CASE("verify_resumed: the verifier is asked again about the chain that the session's peer has shown") {
  for (const When when : {When::now, When::later}) {
    Resuming r;
    r.world.client.verify_resumed(true);
    r.first();
    CHECK(r.world.verdict->asked.size() == 1);
    r.world.clock.advance(1h);
    r.world.verdict->when = when;
    check_resumed(*r.meet(), true);
    REQUIRE(r.world.verdict->asked.size() == 2);
    const ChainToVerify& again = r.world.verdict->asked.back();
    CHECK(again.peer_is_server);
    CHECK(again.server_name == "example.com");
    CHECK(again.chain == credential(KeyKind::ecdsa_p256)->chain);
    CHECK(again.now == r.world.clock.wall());
    CHECK(again.staples == StaplePolicy::ignore);  // that of then is old by now
  }
}

TEST_CASE("verify_resumed: a refusal ends the handshake before our Finished, and forgets the session") {
  Resuming r;
  r.world.client.verify_resumed(true);
  r.first();
  r.world.verdict->refusal = Code::certificate_revoked;
  const auto p = r.meet();
  CHECK(p->client.code() == Code::certificate_revoked);
  CHECK(p->client.error->alert() == Alert::certificate_revoked);
  CHECK_FALSE(p->server.connected());
  CHECK(r.store->size() == 0);
}

TEST_CASE("verify_resumed: a session of an external key has no chain to ask about") {
  World w;
  auto key = std::make_shared<ExternalPsk>();
  key->identity = {'i'};
  key->key = Secret<ExternalPskRole, 64>(ByteVector(32, 7));
  w.client.external_psks({key}).verify_resumed(true);
  w.server.external_psks({key});
  check_resumed(Pair(w).run(), true);
  CHECK(w.verdict->asked.empty());
}
