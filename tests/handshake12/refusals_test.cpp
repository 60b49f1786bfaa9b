// What a peer of TLS 1.2 MUST NOT do, one row each: one message is changed on its way, or before its sender hashes it,
// and the receiver must end the handshake with the right code and alert.
#include "handshake/edit.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

namespace {

enum class From { client, server };
/// Who notices: an attacker changes the message on its way; a lying peer changes what it says and hashes.
enum class By { attacker, peer };

void plain(World12&) {}
void authenticated(World12& w) { w.authenticate_client(); }
void rsa_server(World12& w) { w.source->answer = credential(KeyKind::rsa); }
void stapled(World12& w) {
  auto c = *credential(KeyKind::ecdsa_p256);
  c.ocsp_response = unhex("3003020101");
  w.source->answer = std::make_shared<const Credential>(std::move(c));
}
void with_alpn(World12& w) { w.client.alpn({"h2"}), w.server.alpn({"h2"}); }
void with_limit(World12& w) { w.client.record_size_limit(1000), w.server.record_size_limit(1000); }

struct Row {
  std::string_view rule;
  void (*setup)(World12&);
  From from;
  On message;
  By by;
  void (*change)(ByteVector& message);
  Code code;
  Alert alert;
};

constexpr std::size_t kSessionId = 38;
std::size_t after_session_id(const ByteVector& m) { return kSessionId + 1 + m[kSessionId]; }
void put16(ByteVector& m, std::size_t at, unsigned value) {
  m[at] = static_cast<std::uint8_t>(value >> 8), m[at + 1] = static_cast<std::uint8_t>(value);
}
template <auto Change>
void edit(ByteVector& m) {
  Edit e(m);
  Change(e);
  m = e.message();
}
#define EDIT(...) edit<[](Edit& e) { __VA_ARGS__; }>
#define BYTES(...) [](ByteVector& m) { __VA_ARGS__; }
void flip_last(ByteVector& m) { m.back() ^= 1; }
void shorten(ByteVector& m) { m.pop_back(), fix_length(m); }
void lengthen(ByteVector& m) { m.push_back(0), fix_length(m); }
/// Where signature schemes stand in a ServerKeyExchange.
std::size_t scheme_at(const ByteVector& m) { return 4 + 3 + 1 + m[7]; }

constexpr auto C = From::client, S = From::server;
constexpr auto A = By::attacker, P = By::peer;

// clang-format off
const Row kRows[] = {
  // ---- ServerHello
  {"RFC 5246 §7.4.1.3: a suite that was not offered", plain, S, On::server_hello, A, BYTES(put16(m, after_session_id(m), 0xC013)), Code::wrong_cipher, Alert::illegal_parameter},
  {"RFC 5246 §7.4.1.3: a suite of TLS 1.3", plain, S, On::server_hello, A, BYTES(put16(m, after_session_id(m), 0x1301)), Code::wrong_cipher, Alert::illegal_parameter},
  {"RFC 5246 §7.4.1.3: compression", plain, S, On::server_hello, A, BYTES(m[after_session_id(m) + 2] = 1), Code::bad_compression, Alert::illegal_parameter},
  {"RFC 5246 §7.4.1.4: an extension that was not offered", plain, S, On::server_hello, A, EDIT(e.append(16, "0003026832")), Code::unsolicited_extension, Alert::unsupported_extension},
  {"RFC 5246 §7.4.1.4: an extension of TLS 1.3, not offered", plain, S, On::server_hello, A, EDIT(e.append(51, "0017")), Code::unsolicited_extension, Alert::unsupported_extension},
  {"RFC 5246 §7.4.1.4: an extension that nobody knows", plain, S, On::server_hello, A, EDIT(e.append(0x7777, "")), Code::unsolicited_extension, Alert::unsupported_extension},
  {"RFC 9846 §4.3: an extension that was offered and has no answer", plain, S, On::server_hello, A, EDIT(e.append(13, "00020403")), Code::extension_not_allowed, Alert::illegal_parameter},
  {"RFC 5246 §7.4.1.4: the same extension twice", plain, S, On::server_hello, A, EDIT(e.append(23, "")), Code::duplicate_extension, Alert::illegal_parameter},
  {"RFC 7627 §5.1: a body in extended_main_secret", plain, S, On::server_hello, A, EDIT(e.set(23, "00")), Code::bad_extension, Alert::decode_error},
  {"RFC 8422 §5.2: point formats without uncompressed", plain, S, On::server_hello, A, EDIT(e.set(11, "0101")), Code::bad_point_formats, Alert::illegal_parameter},
  {"RFC 7301 §3.2: a protocol that was not offered", with_alpn, S, On::server_hello, A, EDIT(e.set(16, "0003026833")), Code::bad_alpn_answer, Alert::illegal_parameter},
  {"RFC 8449 §4: a record_size_limit below 64", with_limit, S, On::server_hello, A, EDIT(e.set(28, "003f")), Code::bad_record_size_limit, Alert::illegal_parameter},
  {"RFC 5246 §7.4.1.3: the random is another", plain, S, On::server_hello, A, BYTES(m[10] ^= 1), Code::bad_signature, Alert::decrypt_error},

  // ---- Certificate
  {"RFC 5246 §7.4.2: an empty list from the server", plain, S, On::certificate, P, BYTES(m = unhex("0b000003000000")), Code::no_certificate, Alert::decode_error},
  {"RFC 5246 §7.4.2: an empty certificate", plain, S, On::certificate, P, BYTES(m = unhex("0b000006000003000000")), Code::decode_error, Alert::decode_error},
  {"RFC 5246 §7.4.2: no certificate at all", plain, S, On::certificate, P, BYTES(m[10] ^= 0xFF), Code::bad_certificate, Alert::bad_certificate},
  {"RFC 5246 §7.4.2: bytes behind it", plain, S, On::certificate, P, lengthen, Code::decode_error, Alert::decode_error},
  {"RFC 5246 §7.4.6: the client's is no certificate", authenticated, C, On::certificate, P, BYTES(m[10] ^= 0xFF), Code::bad_certificate, Alert::bad_certificate},

  // ---- CertificateStatus
  {"RFC 6066 §8: an empty response", stapled, S, On::certificate_status, P, BYTES(m = unhex("1600000401000000")), Code::decode_error, Alert::decode_error},
  {"RFC 6066 §8: a status of another type", stapled, S, On::certificate_status, P, BYTES(m[4] = 2), Code::decode_error, Alert::decode_error},

  // ---- ServerKeyExchange
  {"RFC 8422 §5.4: a curve that is not named", plain, S, On::server_key_exchange, P, BYTES(m[4] = 1), Code::illegal_parameter, Alert::illegal_parameter},
  {"RFC 8422 §5.4: a curve that was not offered", plain, S, On::server_key_exchange, P, BYTES(put16(m, 5, 0x0019)), Code::wrong_group, Alert::illegal_parameter},
  {"RFC 5246 §7.4.3: another point than was signed", plain, S, On::server_key_exchange, P, BYTES(m[9] ^= 1), Code::bad_signature, Alert::decrypt_error},
  {"RFC 5246 §7.4.3: another curve than was signed", plain, S, On::server_key_exchange, P, BYTES(put16(m, 5, 0x0017)), Code::bad_signature, Alert::decrypt_error},
  {"RFC 5246 §7.4.3: the signature does not verify", plain, S, On::server_key_exchange, P, flip_last, Code::bad_signature, Alert::decrypt_error},
  {"RFC 5246 §7.4.3: a scheme that was not offered", plain, S, On::server_key_exchange, P, BYTES(put16(m, scheme_at(m), 0x0603)), Code::wrong_signature_scheme, Alert::illegal_parameter},
  {"RFC 9155 §4: SHA-1", plain, S, On::server_key_exchange, P, BYTES(put16(m, scheme_at(m), 0x0203)), Code::wrong_signature_scheme, Alert::illegal_parameter},
  {"RFC 5246 §7.4.3: a scheme that does not fit the key", plain, S, On::server_key_exchange, P, BYTES(put16(m, scheme_at(m), 0x0804)), Code::wrong_signature_scheme, Alert::illegal_parameter},
  {"RFC 5246 §7.4.3: a scheme that fits the key but did not sign", rsa_server, S, On::server_key_exchange, P, BYTES(put16(m, scheme_at(m), 0x0401)), Code::bad_signature, Alert::decrypt_error},
  {"RFC 5246 §7.4.3: cut short", plain, S, On::server_key_exchange, P, shorten, Code::decode_error, Alert::decode_error},

  // ---- CertificateRequest, ServerHelloDone
  {"RFC 5246 §7.4.4: no certificate types", authenticated, S, On::certificate_request, P, BYTES(m.erase(m.begin() + 5, m.begin() + 7); m[4] = 0; fix_length(m)), Code::decode_error, Alert::decode_error},
  {"RFC 5246 §7.4.5: a body", plain, S, On::server_hello_done, P, lengthen, Code::decode_error, Alert::decode_error},

  // ---- ClientKeyExchange
  {"RFC 8422 §5.7: a point of the wrong size", plain, C, On::client_key_exchange, P, BYTES(m.pop_back(); --m[4]; fix_length(m)), Code::bad_key_share, Alert::illegal_parameter},
  {"RFC 8422 §5.11: an x25519 point of small order", plain, C, On::client_key_exchange, P, BYTES(std::fill(m.begin() + 5, m.end(), std::uint8_t{0})), Code::bad_key_share, Alert::illegal_parameter},
  {"RFC 8422 §5.7: an empty point", plain, C, On::client_key_exchange, P, BYTES(m = unhex("1000000100")), Code::decode_error, Alert::decode_error},
  {"RFC 5246 §7.4.9: another point than the client's", plain, C, On::client_key_exchange, A, BYTES(m[9] ^= 1), Code::bad_finished, Alert::decrypt_error},

  // ---- CertificateVerify
  {"RFC 5246 §7.4.8: the signature does not verify", authenticated, C, On::certificate_verify, P, flip_last, Code::bad_signature, Alert::decrypt_error},
  {"RFC 5246 §7.4.8: a scheme that was not asked for", authenticated, C, On::certificate_verify, P, BYTES(put16(m, 4, 0x0603)), Code::wrong_signature_scheme, Alert::illegal_parameter},
  {"RFC 9155 §5: SHA-1", authenticated, C, On::certificate_verify, P, BYTES(put16(m, 4, 0x0201)), Code::wrong_signature_scheme, Alert::illegal_parameter},

  // ---- Finished
  {"RFC 5246 §7.4.9: the client's does not verify", plain, C, On::finished, P, flip_last, Code::bad_finished, Alert::decrypt_error},
  {"RFC 5246 §7.4.9: the server's does not verify", plain, S, On::finished, P, flip_last, Code::bad_finished, Alert::decrypt_error},
  {"RFC 5246 §7.4.9: too short", plain, C, On::finished, P, shorten, Code::decode_error, Alert::decode_error},
  {"RFC 5246 §7.4.9: too long", plain, S, On::finished, P, lengthen, Code::decode_error, Alert::decode_error},
  {"RFC 5246 §7.4.9: another ClientHello", plain, C, On::client_hello, A, BYTES(put16(m, after_session_id(m) + 2, 0xC0FF)), Code::bad_finished, Alert::decrypt_error},
};
// clang-format on

}  // namespace

TEST_CASE("each broken rule ends the handshake with its code and its alert") {
  for (const Row& row : kRows) {
    CAPTURE(row.rule);
    World12 w;
    row.setup(w);
    int changed = 0;
    auto change = [&](ByteVector& m) {
      if (static_cast<On>(m[0]) == row.message) row.change(m), ++changed;
    };
    if (row.by == By::peer) (row.from == From::client ? w.client_replay : w.server_replay).rewrite = change;
    Pair p(w);
    if (row.by == By::attacker)
      p.on_the_way = [&](bool from_client, ByteVector& m) {
        if (from_client == (row.from == From::client)) change(m);
      };
    p.run();
    CHECK(changed == 1);
    const std::optional<Error>& error = p.client.error ? p.client.error : p.server.error;
    REQUIRE(error);
    CHECK(facts(error->code()).name == facts(row.code).name);
    CHECK(error->alert() == row.alert);
    CHECK_FALSE(p.connected());
  }
}

TEST_CASE("a server whose certificate does not fit its suite is refused: RSA in an ECDSA suite, and the other way") {
  for (const KeyKind other : {KeyKind::rsa, KeyKind::ecdsa_p256}) {
    World12 w;
    w.source->answer = credential(other == KeyKind::rsa ? KeyKind::ecdsa_p256 : KeyKind::rsa);
    w.server_replay.rewrite = [&](ByteVector& m) {
      if (static_cast<On>(m[0]) != On::certificate) return;
      m = {11, 0, 0, 0};
      Writer list(m);
      list.prefixed(3, [&] { list.vector24(credential(other)->chain[0]); });
      fix_length(m);
    };
    Pair p(w);
    p.run();
    CHECK(p.client.code() == Code::wrong_certificate_type);
    CHECK(p.client.error->alert() == Alert::illegal_parameter);
  }
}

TEST_CASE("RFC 9846 Appendix E.4: a server that echoes the session ID for middleboxes resumes what never was") {
  World w;
  w.client.versions(ProtocolVersion::tls12, ProtocolVersion::tls13);
  w.server.versions(ProtocolVersion::tls12, ProtocolVersion::tls12);
  Pair p(w);
  ByteVector session_id;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (from_client && m[0] == 1) session_id.assign(m.begin() + kSessionId, m.begin() + kSessionId + 33);
    if (from_client || m[0] != 2) return;
    m.erase(m.begin() + kSessionId);
    m.insert(m.begin() + kSessionId, session_id.begin(), session_id.end());
    fix_length(m);
  };
  p.run();
  CHECK(p.client.code() == Code::unexpected_session_id);
  CHECK(p.client.error->alert() == Alert::illegal_parameter);
}

TEST_CASE("RFC 6066 §8: a server may announce a staple and leave it out, but not staple unannounced") {
  World12 w;
  stapled(w);
  w.client_replay.rewrite = nullptr;
  Pair p(w);
  p.on_the_way = [](bool from_client, ByteVector& m) {
    if (!from_client && static_cast<On>(m[0]) == On::certificate_status) m.clear();
  };
  p.run();
  CHECK_FALSE(p.client.error);                   // the client goes on without
  CHECK(p.server.code() == Code::bad_finished);  // the server had sent one
  CHECK(w.verdict->asked.at(0).ocsp_response.empty());

  World12 v;
  Pair q(v);
  int seen = 0;
  q.on_the_way = [&](bool from_client, ByteVector& m) {
    if (!from_client && static_cast<On>(m[0]) == On::server_key_exchange && seen++ == 0)
      m = unhex(
          "16000009"
          "01000005"
          "3003020101");
  };
  q.run();
  CHECK(q.client.code() == Code::unexpected_message);
}

TEST_CASE("RFC 5246 §7.3: the record of a flight's last message holds nothing of what follows its answer") {
  World12 w;
  Pair p(w);
  CHECK_FALSE(p.server.receive(p.client.sink.outbox.front().bytes, false));
  CHECK(p.server.code() == Code::excess_handshake_data);
  Pair q(w);
  const auto done_is_next = [&] {
    const auto& outbox = q.server.sink.outbox;
    return !outbox.empty() && static_cast<On>(outbox.front().bytes[0]) == On::server_hello_done;
  };
  while (!done_is_next()) REQUIRE(q.step());
  CHECK_FALSE(q.client.receive(q.server.sink.outbox.front().bytes, false));
  CHECK(q.client.code() == Code::excess_handshake_data);
  CHECK(q.client.error->alert() == Alert::unexpected_message);
}
