// Abbreviated handshakes that go wrong: what a peer may not do, and what becomes of the session afterwards.
#include "handshake/edit.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

namespace {

void first(World12& w) {
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  REQUIRE(w.pocket->kept.size() == 1);
}

constexpr std::size_t kSessionId = 38;
void put_suite(ByteVector& m, CipherSuite suite) {
  const std::size_t at = kSessionId + 1 + m[kSessionId];
  m[at] = static_cast<std::uint8_t>(static_cast<unsigned>(suite) >> 8);
  m[at + 1] = static_cast<std::uint8_t>(static_cast<unsigned>(suite));
}

}  // namespace

TEST_CASE("what a server that resumes may not say") {
  struct Row {
    std::string_view rule;
    void (*change)(ByteVector& server_hello);
    Code code;
    Alert alert;
  };
  constexpr Row kRows[] = {
      {"RFC 5246 §7.4.1.3: another suite",
       [](ByteVector& m) { put_suite(m, CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256); },
       Code::session_changed_cipher, Alert::illegal_parameter},
      {"a suite that was not offered", [](ByteVector& m) { put_suite(m, static_cast<CipherSuite>(0xC013)); },
       Code::wrong_cipher, Alert::illegal_parameter},
      {"RFC 7627 §5.3: extended_main_secret is gone", [](ByteVector& m) { m = Edit(m).remove(23).message(); },
       Code::session_lost_extended_main_secret, Alert::handshake_failure},
      {"RFC 5746 §3.4: renegotiation_info is gone", [](ByteVector& m) { m = Edit(m).remove(0xFF01).message(); },
       Code::no_secure_renegotiation, Alert::handshake_failure},
      {"RFC 7301 §3.2: a protocol that was not offered",
       [](ByteVector& m) { m = Edit(m).append(16, "0003026833").message(); }, Code::bad_alpn_answer,
       Alert::illegal_parameter},
      {"a session ID that is not the one that was offered, and no certificate", [](ByteVector& m) { m[39] ^= 1; },
       Code::unexpected_message, Alert::unexpected_message},
  };
  for (const bool ticket : {false, true})
    for (const Row& row : kRows) {
      CAPTURE(row.rule);
      World12 w;
      w.client.alpn({"h2"});
      w.resume_by(!ticket, ticket);
      first(w);
      Pair p(w);
      p.on_the_way = [&](bool from_client, ByteVector& m) {
        if (!from_client && static_cast<On>(m[0]) == On::server_hello) row.change(m);
      };
      p.run();
      if (row.code == Code::unexpected_message) {
        // ChangeCipherSpec, where a Certificate was due.
        CHECK_FALSE(p.client.connected());
        CHECK(p.client.error->alert() == Alert::unexpected_message);
      } else {
        CHECK(p.client.code() == row.code);
        CHECK(p.client.error->alert() == row.alert);
      }
      CHECK(w.pocket->kept.empty());  // the next connection is a full one
    }
}

TEST_CASE("a server echoes a session ID that was for middleboxes: there is nothing that it could resume") {
  World12 w;
  w.client.versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
  ByteVector id;
  w.client_replay.rewrite = [&](ByteVector& m) {
    if (m[0] == 1) id.assign(m.begin() + 39, m.begin() + 39 + m[38]);
  };
  w.server_replay.rewrite = [&](ByteVector& m) {
    if (m[0] != 2) return;
    m[38] = 32;
    m.insert(m.begin() + 39, id.begin(), id.end());
    fix_length(m);
  };
  Pair p(w);
  p.run();
  CHECK(p.client.code() == Code::unexpected_session_id);
}

TEST_CASE("the server resumes a TLS 1.3 session in TLS 1.2: refused") {
  World12 w;
  w.resume_by(true, false);
  first(w);
  // The same session, which pretends to be one of TLS 1.3.
  auto state = std::make_shared<session::ClientState>();
  state->version = ProtocolVersion::tls13;
  state->suite = CipherSuite::TLS_AES_128_GCM_SHA256;
  state->secret = session::ResumptionKey(ByteVector(32, 1));
  state->received = state->authenticated = w.clock.wall();
  state->lifetime = std::chrono::seconds(100);
  state->ticket = ByteVector(16, 2);
  w.pocket->kept.begin()->second = ClientSession(std::move(state));
  w.client.versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
  ByteVector id;
  w.client_replay.rewrite = [&](ByteVector& m) {
    if (m[0] == 1) id.assign(m.begin() + 39, m.begin() + 39 + m[38]);
  };
  w.server_replay.rewrite = [&](ByteVector& m) {
    if (m[0] != 2) return;
    m.erase(m.begin() + 39, m.begin() + 39 + m[38]);
    m[38] = 32;
    m.insert(m.begin() + 39, id.begin(), id.end());
    fix_length(m);
  };
  Pair p(w);
  p.run();
  CHECK(p.client.code() == Code::session_changed_version);
  CHECK(p.client.error->alert() == Alert::illegal_parameter);
}

TEST_CASE("a wrong Finished, either way: RFC 5246 §7.2.2, the session is not resumed again") {
  for (const bool ticket : {false, true})
    for (const bool clients : {false, true}) {
      World12 w;
      w.resume_by(!ticket, ticket);
      first(w);
      Pair p(w);
      p.on_the_way = [&](bool from_client, ByteVector& m) {
        if (from_client == clients && static_cast<On>(m[0]) == On::finished) m.back() ^= 1;
      };
      p.run();
      CHECK((clients ? p.server : p.client).code() == Code::bad_finished);
      CHECK((clients ? p.server : p.client).error->alert() == Alert::decrypt_error);
      if (clients && !ticket) CHECK(w.drawer->kept.empty());
      if (!clients) CHECK(w.pocket->kept.empty());
      Pair q(w);
      q.run();
      REQUIRE(q.connected());
      if (!ticket || !clients) CHECK(q.client.info.resumed == Resumption::none);
    }
}

TEST_CASE("a transport that breaks costs no session") {
  World12 w;
  w.resume_by(true, false);
  first(w);
  Pair p(w);
  REQUIRE(p.step());  // the ClientHello has arrived
  p.server.handshake->failed(Error(Code::truncated));
  p.client.handshake->failed(Error(Code::truncated));
  CHECK(w.drawer->kept.size() == 1);
  CHECK(w.pocket->kept.size() == 1);
  p.server.handshake->failed(Error(Code::bad_record_mac));
  p.client.handshake->failed(Error(Code::bad_record_mac));
  CHECK(w.drawer->kept.empty());
  CHECK(w.pocket->kept.empty());
}
