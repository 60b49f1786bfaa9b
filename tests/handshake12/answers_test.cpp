// TLS 1.2: what a server may answer, and how long a client keeps what it is given, where both ends are ours and would
// not think of anything else. What is rewritten enters both transcripts.
#include "handshake/edit.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

namespace {

std::function<void(ByteVector&)> rewriting(On type, std::function<void(ByteVector&)> change) {
  return [=](ByteVector& m) {
    if (static_cast<On>(m[0]) == type) change(m);
  };
}
std::optional<Code> client_code(World& w) {
  Pair p(w);
  p.run();
  return p.client.code();
}

}  // namespace

TEST_CASE("RFC 5246 §7.4.1.3: a suite that is ours, and that was not offered") {
  World12 w;
  w.client.cipher_suites({CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256});
  w.client_replay.rewrite = rewriting(On::client_hello, [](ByteVector& m) {
    const std::size_t suites = 4 + 2 + 32 + 1 + m[38] + 2;
    m[suites] = 0xCC, m[suites + 1] = 0xA9;  // TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
  });
  CHECK(client_code(w) == Code::wrong_cipher);
}

TEST_CASE("RFC 8422 §5.4: a group that has no points is none of TLS 1.2, though it is offered for TLS 1.3") {
  World12 w;
  w.client.versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
  Pair p(w);
  p.on_the_way = [](bool from_client, ByteVector& m) {
    if (!from_client && static_cast<On>(m[0]) == On::server_key_exchange) m[5] = 0x11, m[6] = 0xEC;  // X25519MLKEM768
  };
  p.run();
  CHECK(p.client.code() == Code::wrong_group);
}

TEST_CASE("RFC 7627 §5.3: no session is kept without extended_main_secret, even if the server names one") {
  World12 w;
  w.client.sessions(w.pocket).tickets(false).extended_main_secret(Require::if_offered);
  w.server.session_cache(w.drawer).extended_main_secret(Require::if_offered);
  w.client_replay.rewrite = rewriting(On::client_hello, [](ByteVector& m) { m = Edit(m).remove(23).message(); });
  w.server_replay.rewrite = rewriting(On::server_hello, [](ByteVector& m) {
    REQUIRE(m[38] == 0);  // no session ID
    m[38] = 32;
    m.insert(m.begin() + 39, 32, 0x5E);
    fix_length(m);
  });
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  CHECK(w.pocket->puts == 0);
}

TEST_CASE("RFC 5746 §3.4: renegotiation_info of a resumed handshake is empty, too") {
  World12 w;
  w.resume_by(true, false);
  CHECK(client_code(w) == std::nullopt);
  w.server_replay.rewrite =
      rewriting(On::server_hello, [](ByteVector& m) { m = Edit(m).set(0xFF01, "0101").message(); });
  CHECK(client_code(w) == Code::renegotiation_mismatch);
}

TEST_CASE("RFC 5077 §3.3: a lifetime hint is kept up to seven days, and 0 leaves it to the client") {
  const auto kept = [](std::uint32_t hint) {
    World12 w;
    w.resume_by(false, true);
    w.server_replay.rewrite = rewriting(On::new_session_ticket, [=](ByteVector& m) {
      for (unsigned i = 0; i < 4; ++i) m[4 + i] = static_cast<std::uint8_t>(hint >> (24 - 8 * i));
    });
    CHECK(client_code(w) == std::nullopt);
    return w.held().lifetime;
  };
  const auto most = static_cast<std::uint32_t>(limits::kMaxSessionLifetime.count());
  CHECK(kept(most - 1) == limits::kMaxSessionLifetime - std::chrono::seconds(1));
  CHECK(kept(most) == limits::kMaxSessionLifetime);
  CHECK(kept(most + 1) == limits::kMaxSessionLifetime);
  CHECK(kept(0) == limits::kAssumedSessionLifetime);
}

TEST_CASE("a session that is renewed ends with the sooner of both verdicts on its chain") {
  World12 w;
  w.resume_by(false, true);
  w.stamper->renew = true;
  w.client.verify_resumed(true);
  const auto now = w.clock.wall();
  w.verdict->not_after = now + std::chrono::minutes(50);
  CHECK(client_code(w) == std::nullopt);
  CHECK(w.held().not_after == now + std::chrono::minutes(50));
  w.verdict->not_after = now + std::chrono::minutes(40);
  CHECK(client_code(w) == std::nullopt);
  CHECK(w.held().not_after == now + std::chrono::minutes(40));
  w.verdict->not_after = now + std::chrono::minutes(60);
  CHECK(client_code(w) == std::nullopt);
  CHECK(w.held().not_after == now + std::chrono::minutes(40));
}

TEST_CASE("a Certificate is as long as is configured, a Finished as the protocol has it, on both sides") {
  World12 w;
  w.authenticate_client();
  w.client.max_certificate_message(5000);
  w.server.max_certificate_message(6000);
  Pair p(w);
  int seen = 0;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    const auto most = (from_client ? p.server : p.client).handshake->max_message(m[0]);
    REQUIRE(most);
    const On type = static_cast<On>(m[0]);
    if (type != On::certificate && type != On::finished) return;
    ++seen;
    CHECK(*most == (type == On::finished ? limits::kMaxFinished : from_client ? 6000 : 5000));
  };
  p.run();
  CHECK(p.connected());
  CHECK(seen == 4);
}
