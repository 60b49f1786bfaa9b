// TLS 1.3: what a server may answer, and what is asked and kept, where both ends are ours and would not think of
// anything else. What is rewritten enters both transcripts.
#include "handshake/edit.h"
#include "handshake/pair.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

TEST_CASE("RFC 9846 §4.2.3: a suite that is ours, and that was not offered") {
  World w;
  w.client.cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256});
  w.client_replay.rewrite = [](ByteVector& m) {
    if (static_cast<On>(m[0]) != On::client_hello) return;
    m[4 + 2 + 32 + 1 + m[38] + 3] = 3;  // TLS_CHACHA20_POLY1305_SHA256
  };
  Pair p(w);
  p.run();
  CHECK(p.client.code() == Code::wrong_cipher);
}

TEST_CASE("RFC 9846 §4.5.1.4: a certificate whose key is too weak ends the handshake before the chain is judged") {
  for (const bool of_server : {true, false}) {
    World w;
    w.source->answer = credential(KeyKind::rsa);
    w.server.client_auth(ClientAuth::require, w.client_verdict);
    w.client.credentials(std::make_shared<Source>(credential(KeyKind::rsa)));
    (of_server ? w.client_replay : w.server_replay).min_rsa_bits = 2049;
    Pair p(w);
    p.run();
    CHECK((of_server ? p.client : p.server).code() == Code::unsupported_certificate);
    CHECK((of_server ? w.verdict : w.client_verdict)->asked.empty());
  }
}

TEST_CASE("a Certificate is as long as is configured, a Finished as the protocol has it, on both sides of TLS 1.3") {
  World w;
  w.server.client_auth(ClientAuth::require, w.client_verdict).max_certificate_message(6000);
  w.client.credentials(std::make_shared<Source>(credential(KeyKind::ecdsa_p256))).max_certificate_message(5000);
  Pair p(w);
  int seen = 0;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    const auto& to = from_client ? p.server : p.client;
    if (!to.handshake) return;
    const auto most = to.handshake->max_message(m[0]);
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

TEST_CASE("who chooses a client's credential is told which server asks") {
  for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
    World w;
    w.client.versions(version, version);
    w.server.versions(version, version).client_auth(ClientAuth::require, w.client_verdict);
    const auto source = std::make_shared<Source>(credential(KeyKind::ecdsa_p256));
    w.client.credentials(source).authorities_bind(true);
    Pair p(w);
    p.run();
    CHECK(p.connected());
    REQUIRE(source->asked.size() == 1);
    CHECK_FALSE(source->asked.front().for_server);
    CHECK(source->asked.front().server_name == "example.com");
    CHECK(source->asked.front().authorities_bind);
    CHECK(source->asked.front().version == version);
  }
}

TEST_CASE("a session that is resumed ends with the sooner of both verdicts on the server's chain") {
  World w;
  const auto store = std::make_shared<SessionMap>();
  w.client.sessions(store).verify_resumed(true);
  w.server.tickets(std::make_shared<TicketMap>());
  const auto now = w.clock.wall();
  const auto kept = [&](std::chrono::minutes verdict) {
    w.verdict->not_after = now + verdict;
    Pair p(w);
    p.run();
    REQUIRE(p.connected());
    REQUIRE(store->size() > 0);
    return store->kept.begin()->second.back().state().not_after - now;
  };
  CHECK(kept(std::chrono::minutes(50)) == std::chrono::minutes(50));
  CHECK(kept(std::chrono::minutes(40)) == std::chrono::minutes(40));
  CHECK(kept(std::chrono::minutes(60)) == std::chrono::minutes(40));
}
