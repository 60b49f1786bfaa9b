// What RFC 9846 §4 says that a peer MUST NOT do, one row each: a field of one message is changed on its way, and the
// receiver must end the handshake with the right code. Every row is one handshake that would have completed otherwise.
#include <set>

#include "handshake/edit.h"
#include "handshake/pair.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

namespace {

enum class From { client, server };
/// The n-th message of a type from one side.
struct Spot {
  From from;
  On type;
  int occurrence = 0;  // 1: the second of its type
};
constexpr Spot kClientHello{From::client, On::client_hello}, kSecondClientHello{From::client, On::client_hello, 1},
    kServerHello{From::server, On::server_hello}, kRetry{From::server, On::server_hello},
    kRetriedServerHello{From::server, On::server_hello, 1},
    kEncryptedExtensions{From::server, On::encrypted_extensions},
    kCertificateRequest{From::server, On::certificate_request}, kCertificate{From::server, On::certificate},
    kCertificateVerify{From::server, On::certificate_verify}, kFinished{From::server, On::finished},
    kClientCertificate{From::client, On::certificate}, kClientCertificateVerify{From::client, On::certificate_verify},
    kClientFinished{From::client, On::finished};

void plain(World&) {}
void retried(World& w) {
  w.client.groups({NamedGroup::x25519, NamedGroup::secp256r1}), w.server.groups({NamedGroup::secp256r1});
}
void authenticated(World& w) {
  w.server.client_auth(ClientAuth::require, w.client_verdict);
  w.client.credentials(std::make_shared<Source>(credential(KeyKind::ed25519)));
}
void two_shares(World& w) { w.client.key_shares({NamedGroup::x25519, NamedGroup::secp256r1}); }
void rsa_server(World& w) { w.source->answer = credential(KeyKind::rsa); }
void with_alpn(World& w) { w.client.alpn({"h2"}), w.server.alpn({"h2"}); }
void with_limit(World& w) { w.client.record_size_limit(1000), w.server.record_size_limit(1000); }
void cookie_alone(World& w) { w.server.always_retry(true); }
void with_psk_ke(World& w) { w.client.psk_without_key_exchange(true); }

struct Row {
  std::string_view rule;
  void (*setup)(World&);
  Spot spot;
  void (*change)(ByteVector& message);
  Code code;
  Alert alert;
};

// Where fields of a hello begin in the message: 4 bytes of header, 2 of version, 32 of random, then the session ID.
constexpr std::size_t kVersion = 4, kSessionId = 38;
std::size_t after_session_id(const ByteVector& m) { return kSessionId + 1 + m[kSessionId]; }
void put16(ByteVector& m, std::size_t at, unsigned value) {
  m[at] = static_cast<std::uint8_t>(value >> 8), m[at + 1] = static_cast<std::uint8_t>(value);
}
/// Changes the extensions of a message.
template <auto Change>
void edit(ByteVector& m) {
  Edit e(m);
  Change(e);
  m = e.message();
}
#define EDIT(...) edit<[](Edit& e) { __VA_ARGS__; }>
#define BYTES(...) [](ByteVector& m) { __VA_ARGS__; }
void flip_last(ByteVector& m) { m.back() ^= 1; }

// clang-format off
const Row kRows[] = {
  // ---- ClientHello
  {"§4.2.2: legacy_compression_methods is one zero byte", plain, kClientHello,
   BYTES(m[after_session_id(m) + 2 + (std::size_t{m[after_session_id(m)]} << 8 | m[after_session_id(m) + 1]) + 1] = 1), Code::bad_compression, Alert::illegal_parameter},
  {"§4.2.2: legacy_version is that of TLS 1.2", plain, kClientHello, BYTES(put16(m, kVersion, 0x0304)), Code::wrong_legacy_version, Alert::protocol_version},
  {"§4.2.2: legacy_version is no older one", plain, kClientHello, BYTES(put16(m, kVersion, 0x0301)), Code::wrong_legacy_version, Alert::protocol_version},
  {"§4.3.1: no version in common", plain, kClientHello, EDIT(e.set(43, "020303")), Code::unsupported_version, Alert::protocol_version},
  {"§4.3.1: only versions that nobody knows", plain, kClientHello, EDIT(e.set(43, "047f1c0305")), Code::unsupported_version, Alert::protocol_version},
  {"§4.3.1: without supported_versions it is TLS 1.2 at best", plain, kClientHello, EDIT(e.remove(43)), Code::unsupported_version, Alert::protocol_version},
  {"§4.2.1: no suite in common", plain, kClientHello, BYTES(const auto at = after_session_id(m); for (std::size_t i = at + 2; i < at + 2 + m[at + 1]; i += 2) put16(m, i, 0x1304)), Code::no_shared_cipher, Alert::handshake_failure},
  {"§4.2.1: no group in common", plain, kClientHello, EDIT(e.set(10, "00020019"); e.set(51, "0000")), Code::no_shared_group, Alert::handshake_failure},
  {"§4.5.2: no scheme that a certificate of ours can sign with", plain, kClientHello, EDIT(e.set(13, "00020807")), Code::no_shared_signature_scheme, Alert::handshake_failure},
  {"§9.2: supported_groups is missing", plain, kClientHello, EDIT(e.remove(10)), Code::missing_extension, Alert::missing_extension},
  {"§9.2: key_share is missing", plain, kClientHello, EDIT(e.remove(51)), Code::missing_key_share, Alert::missing_extension},
  {"§9.2: signature_algorithms is missing", plain, kClientHello, EDIT(e.remove(13)), Code::missing_extension, Alert::missing_extension},
  {"§4.3.8: a share for a group that supported_groups lacks", plain, kClientHello, EDIT(e.set(10, "00020017")), Code::wrong_group, Alert::illegal_parameter},
  {"§4.3.8: shares in another order than the groups", two_shares, kClientHello, EDIT(e.set(10, "00040017001d")), Code::wrong_group, Alert::illegal_parameter},
  {"§4.3.8: two shares for one group", plain, kClientHello, EDIT(ByteVector& d = *e.find(51); ByteVector share(d.begin() + 2, d.end()); d.insert(d.end(), share.begin(), share.end()); put16(d, 0, static_cast<unsigned>(d.size() - 2))), Code::duplicate_key_share, Alert::illegal_parameter},
  {"§4.3.8.2: a share of the wrong length", plain, kClientHello, EDIT(e.set(51, "0005001d000107")), Code::bad_key_share, Alert::illegal_parameter},
  {"§7.4.2: an x25519 share of small order", plain, kClientHello, EDIT(e.set(51, "0024001d00200000000000000000000000000000000000000000000000000000000000000000")), Code::bad_key_share, Alert::illegal_parameter},
  {"§4.3: the same extension twice", plain, kClientHello, EDIT(e.append(10, "00020017")), Code::duplicate_extension, Alert::illegal_parameter},
  {"§4.3: an extension where it is not allowed", plain, kClientHello, EDIT(e.append(48, "0000")), Code::extension_not_allowed, Alert::illegal_parameter},
  {"§4.3.11: pre_shared_key must be last", plain, kClientHello, EDIT(e.set(41, "000a000474657374000000000021" "20" "0000000000000000000000000000000000000000000000000000000000000000")), Code::psk_not_last, Alert::illegal_parameter},
  {"§4.3.9: pre_shared_key without psk_key_exchange_modes", plain, kClientHello, EDIT(e.append(41, "000a000474657374000000000021" "20" "0000000000000000000000000000000000000000000000000000000000000000")), Code::no_psk_key_exchange_mode, Alert::missing_extension},
  {"§4.3: a body that is cut short", plain, kClientHello, EDIT(e.find(10)->pop_back()), Code::bad_extension, Alert::decode_error},
  {"§4.2.2: bytes after the extensions", plain, kClientHello, BYTES(m.push_back(0); fix_length(m)), Code::decode_error, Alert::decode_error},
  {"§4.2.2: a session ID above 32 bytes", plain, kClientHello, BYTES(m[kSessionId] = 33; m.insert(m.begin() + 39, 0); fix_length(m)), Code::decode_error, Alert::decode_error},
  {"RFC 8449 §4: a record_size_limit below 64", plain, kClientHello, EDIT(e.append(28, "003f")), Code::bad_record_size_limit, Alert::illegal_parameter},
  {"RFC 7301 §3.2: no protocol in common", with_alpn, kClientHello, EDIT(e.set(16, "00030268" "33")), Code::no_application_protocol, Alert::no_application_protocol},

  // ---- the second ClientHello: RFC 9846 §4.2.2 lists all that may change
  {"§4.2.2: another random", retried, kSecondClientHello, BYTES(m[6] ^= 1), Code::bad_second_hello, Alert::illegal_parameter},
  {"§4.2.2: another session ID", retried, kSecondClientHello, BYTES(m[kSessionId + 1] ^= 1), Code::bad_second_hello, Alert::illegal_parameter},
  {"§4.2.2: other suites", retried, kSecondClientHello, BYTES(put16(m, after_session_id(m) + 2 + 2, 0x1305)), Code::bad_second_hello, Alert::illegal_parameter},
  {"§4.2.2: another server name", retried, kSecondClientHello, EDIT(e.find(0)->back() ^= 1), Code::bad_second_hello, Alert::illegal_parameter},
  {"§4.2.2: other groups", retried, kSecondClientHello, EDIT(e.set(10, "0006001d00170018")), Code::bad_second_hello, Alert::illegal_parameter},
  {"§4.2.2: other signature schemes", retried, kSecondClientHello, EDIT(e.set(13, "00020403")), Code::bad_second_hello, Alert::illegal_parameter},
  {"§4.2.2: an extension less", retried, kSecondClientHello, EDIT(e.remove(5)), Code::bad_second_hello, Alert::illegal_parameter},
  {"§4.2.2: an extension more", retried, kSecondClientHello, EDIT(e.append(28, "0400")), Code::bad_second_hello, Alert::illegal_parameter},
  {"§4.2.2: other versions", retried, kSecondClientHello, EDIT(e.set(43, "0403040303")), Code::bad_second_hello, Alert::illegal_parameter},
  {"§4.3.2: the cookie is changed", retried, kSecondClientHello, EDIT(e.find(44)->back() ^= 1), Code::bad_cookie, Alert::illegal_parameter},
  {"§4.3.2: the cookie is left out", retried, kSecondClientHello, EDIT(e.remove(44)), Code::bad_cookie, Alert::illegal_parameter},
  {"§4.2.2: the share is still not for the group that was asked for", retried, kSecondClientHello, EDIT(e.set(51, "0000")), Code::wrong_group, Alert::illegal_parameter},
  {"§4.2.2: another share beside the one that was asked for", retried, kSecondClientHello, EDIT(ByteVector& d = *e.find(51); const ByteVector more = unhex("001d00200900000000000000000000000000000000000000000000000000000000000000"); d.insert(d.begin() + 2, more.begin(), more.end()); put16(d, 0, static_cast<unsigned>(d.size() - 2))), Code::wrong_group, Alert::illegal_parameter},
  {"§4.2.2: no share, where that of the first was not refused", cookie_alone, kSecondClientHello, EDIT(e.set(51, "0000")), Code::wrong_group, Alert::illegal_parameter},

  // ---- ServerHello
  {"§4.2.3: the session ID is not echoed", plain, kServerHello, BYTES(m[kSessionId + 1] ^= 1), Code::session_id_not_echoed, Alert::illegal_parameter},
  {"§4.2.3: a suite that was not offered", plain, kServerHello, BYTES(put16(m, after_session_id(m), 0x1304)), Code::wrong_cipher, Alert::illegal_parameter},
  {"§4.2.3: a suite of TLS 1.2", plain, kServerHello, BYTES(put16(m, after_session_id(m), 0xC02F)), Code::wrong_cipher, Alert::illegal_parameter},
  {"§4.2.3: legacy_compression_method is zero", plain, kServerHello, BYTES(m[after_session_id(m) + 2] = 1), Code::bad_compression, Alert::illegal_parameter},
  {"§4.2.3: legacy_version is that of TLS 1.2", plain, kServerHello, BYTES(put16(m, kVersion, 0x0304)), Code::wrong_legacy_version, Alert::protocol_version},
  {"§4.2.3: legacy_version is no older one", plain, kServerHello, BYTES(put16(m, kVersion, 0x0302)), Code::wrong_legacy_version, Alert::protocol_version},
  {"§4.2.4: legacy_version of a HelloRetryRequest", retried, kRetry, BYTES(put16(m, kVersion, 0x0304)), Code::wrong_legacy_version, Alert::protocol_version},
  {"§4.2.3: legacy_version after a HelloRetryRequest", retried, kRetriedServerHello, BYTES(put16(m, kVersion, 0x0301)), Code::wrong_legacy_version, Alert::protocol_version},
  {"§4.3.1: a version that was not offered", plain, kServerHello, EDIT(e.set(43, "0305")), Code::version_not_offered, Alert::illegal_parameter},
  {"§4.3.1: a version below TLS 1.3 in supported_versions", plain, kServerHello, EDIT(e.set(43, "0303")), Code::version_not_offered, Alert::illegal_parameter},
  {"§4.3.1: TLS 1.2, which is not configured", plain, kServerHello, EDIT(e.remove(43); e.remove(51)), Code::unsupported_version, Alert::protocol_version},
  {"§4.3.8: no key_share", plain, kServerHello, EDIT(e.remove(51)), Code::missing_key_share, Alert::missing_extension},
  {"§4.3.9: no key_share and no PSK, though psk_ke is allowed", with_psk_ke, kServerHello, EDIT(e.remove(51)), Code::missing_key_share, Alert::missing_extension},
  {"§4.3.8: a share for a group without a share of ours", plain, kServerHello, EDIT(put16(*e.find(51), 0, 0x0017)), Code::wrong_group, Alert::illegal_parameter},
  {"§4.3.8: a share for a group that was not offered", plain, kServerHello, EDIT(put16(*e.find(51), 0, 0x0019)), Code::wrong_group, Alert::illegal_parameter},
  {"§4.3.8.2: a share of the wrong length", plain, kServerHello, EDIT(e.set(51, "001d000107")), Code::bad_key_share, Alert::illegal_parameter},
  {"§7.4.2: a share of small order", plain, kServerHello, EDIT(e.set(51, "001d00200000000000000000000000000000000000000000000000000000000000000000")), Code::bad_key_share, Alert::illegal_parameter},
  {"§4.3: an extension that was not offered", plain, kServerHello, EDIT(e.append(41, "0000")), Code::unsolicited_extension, Alert::unsupported_extension},
  {"§4.3: an extension that belongs elsewhere", with_alpn, kServerHello, EDIT(e.append(16, "0003026832")), Code::extension_not_allowed, Alert::illegal_parameter},
  {"§4.3: the same extension twice", plain, kServerHello, EDIT(e.append(43, "0304")), Code::duplicate_extension, Alert::illegal_parameter},

  // ---- HelloRetryRequest
  {"§4.2.4: it would change nothing", retried, kRetry, EDIT(e.remove(51); e.remove(44)), Code::empty_retry, Alert::illegal_parameter},
  {"§4.3.8: it asks for a group that was not offered", retried, kRetry, EDIT(e.set(51, "0018")), Code::wrong_group, Alert::illegal_parameter},
  {"§4.3.8: it asks for a share that was sent already", retried, kRetry, EDIT(e.set(51, "001d")), Code::wrong_group, Alert::illegal_parameter},
  {"§4.2.4: its version is missing", retried, kRetry, EDIT(e.remove(43)), Code::missing_extension, Alert::missing_extension},
  {"§4.3.1: its version is another", retried, kRetry, EDIT(e.set(43, "0303")), Code::version_not_offered, Alert::illegal_parameter},
  {"§4.2.3: the session ID is not echoed", retried, kRetry, BYTES(m[kSessionId + 1] ^= 1), Code::session_id_not_echoed, Alert::illegal_parameter},
  {"§4.2.3: its suite was not offered", retried, kRetry, BYTES(put16(m, after_session_id(m), 0x1304)), Code::wrong_cipher, Alert::illegal_parameter},
  {"§4.3: an extension that was not offered", retried, kRetry, EDIT(e.append(10, "00020017")), Code::extension_not_allowed, Alert::illegal_parameter},
  {"§4.2.4: the suite changes after it", retried, kRetriedServerHello, BYTES(put16(m, after_session_id(m), m[after_session_id(m) + 1] == 1 ? 0x1303 : 0x1301)), Code::wrong_cipher, Alert::illegal_parameter},
  {"§4.2.4: the version changes after it", retried, kRetriedServerHello, EDIT(e.remove(43); e.remove(51)), Code::version_not_offered, Alert::illegal_parameter},
  {"§4.3.8: the share is not of the group that it asked for", retried, kRetriedServerHello, EDIT(put16(*e.find(51), 0, 0x001d)), Code::wrong_group, Alert::illegal_parameter},

  // ---- EncryptedExtensions
  {"§4.4.1: an extension that was not offered", plain, kEncryptedExtensions, EDIT(e.append(16, "0003026832")), Code::unsolicited_extension, Alert::unsupported_extension},
  {"§4.4.1: an extension that belongs elsewhere", plain, kEncryptedExtensions, EDIT(e.append(43, "0304")), Code::extension_not_allowed, Alert::illegal_parameter},
  {"§4.3: the same extension twice", with_alpn, kEncryptedExtensions, EDIT(e.append(16, "0003026832")), Code::duplicate_extension, Alert::illegal_parameter},
  {"RFC 7301 §3.2: a protocol that was not offered", with_alpn, kEncryptedExtensions, EDIT(e.set(16, "0003026833")), Code::bad_alpn_answer, Alert::illegal_parameter},
  {"RFC 7301 §3.1: two protocols", with_alpn, kEncryptedExtensions, EDIT(e.set(16, "0006026832026832")), Code::bad_extension, Alert::decode_error},
  {"RFC 8449 §4: a record_size_limit below 64", with_limit, kEncryptedExtensions, EDIT(e.set(28, "003f")), Code::bad_record_size_limit, Alert::illegal_parameter},
  {"RFC 6066 §3: server_name is answered empty", plain, kEncryptedExtensions, EDIT(e.set(0, "00")), Code::bad_extension, Alert::decode_error},
  {"§4.2.10: early_data that was not offered", plain, kEncryptedExtensions, EDIT(e.append(42, "")), Code::unsolicited_extension, Alert::unsupported_extension},

  // ---- CertificateRequest
  {"§4.4.2: a context in the main handshake", authenticated, kCertificateRequest, BYTES(m[4] = 1; m.insert(m.begin() + 5, 7); fix_length(m)), Code::illegal_parameter, Alert::illegal_parameter},
  {"§4.4.2: without signature_algorithms", authenticated, kCertificateRequest, EDIT(e.remove(13)), Code::missing_extension, Alert::missing_extension},

  // ---- Certificate
  {"§4.5.1.4: an empty list from the server", plain, kCertificate, BYTES(m = unhex("0b00000400000000")), Code::no_certificate, Alert::decode_error},
  {"§4.5.1: a context in the main handshake", plain, kCertificate, BYTES(m[4] = 1; m.insert(m.begin() + 5, 7); fix_length(m)), Code::illegal_parameter, Alert::illegal_parameter},
  {"§4.5.1: an empty entry", plain, kCertificate, BYTES(m = unhex("0b000009" "00000005" "000000" "0000")), Code::decode_error, Alert::decode_error},
  {"§4.5.1: an extension that was not offered", plain, kCertificate, BYTES(m[m.size() - 1] = 6; for (int b : {0, 18, 0, 2, 0, 0}) m.push_back(static_cast<std::uint8_t>(b)); m[7] = static_cast<std::uint8_t>(m[7] + 6); fix_length(m)), Code::unsolicited_extension, Alert::unsupported_extension},
  {"§4.5.1.4: a certificate that is no certificate", plain, kCertificate, BYTES(m[11] ^= 0xFF), Code::bad_certificate, Alert::bad_certificate},
  {"§4.5.1: a context from the client", authenticated, kClientCertificate, BYTES(m[4] = 1; m.insert(m.begin() + 5, 7); fix_length(m)), Code::illegal_parameter, Alert::illegal_parameter},
  {"§4.5.1.4: an empty list where one is required", authenticated, kClientCertificate, BYTES(m = unhex("0b00000400000000")), Code::client_certificate_required, Alert::certificate_required},

  // ---- CertificateVerify
  {"§4.5.2: the signature does not verify", plain, kCertificateVerify, flip_last, Code::bad_signature, Alert::decrypt_error},
  {"§4.5.2: a scheme that was not offered", plain, kCertificateVerify, BYTES(put16(m, 4, 0x0603)), Code::wrong_signature_scheme, Alert::illegal_parameter},
  {"§4.5.2: a scheme that nobody knows", plain, kCertificateVerify, BYTES(put16(m, 4, 0x0A0A)), Code::wrong_signature_scheme, Alert::illegal_parameter},
  {"§4.5.2: a scheme that does not fit the key", plain, kCertificateVerify, BYTES(put16(m, 4, 0x0804)), Code::wrong_signature_scheme, Alert::illegal_parameter},
  {"§4.3.3: RSA PKCS#1 v1.5 is for certificates alone", rsa_server, kCertificateVerify, BYTES(put16(m, 4, 0x0401)), Code::wrong_signature_scheme, Alert::illegal_parameter},
  {"§4.5.2: a signature that is cut short", plain, kCertificateVerify, BYTES(m.pop_back(); fix_length(m)), Code::decode_error, Alert::decode_error},
  {"§4.5.2: an empty signature", plain, kCertificateVerify, BYTES(m.resize(6); m.push_back(0); m.push_back(0); fix_length(m)), Code::bad_signature, Alert::decrypt_error},
  {"§4.5.2: the client's does not verify", authenticated, kClientCertificateVerify, flip_last, Code::bad_signature, Alert::decrypt_error},
  {"§4.5.2: the client's scheme was not offered", authenticated, kClientCertificateVerify, BYTES(put16(m, 4, 0x0603)), Code::wrong_signature_scheme, Alert::illegal_parameter},

  // ---- Finished
  {"§4.5.3: the server's does not verify", plain, kFinished, flip_last, Code::bad_finished, Alert::decrypt_error},
  {"§4.5.3: the client's does not verify", plain, kClientFinished, flip_last, Code::bad_finished, Alert::decrypt_error},
  {"§4.5.3: it is too short", plain, kFinished, BYTES(m.pop_back(); fix_length(m)), Code::decode_error, Alert::decode_error},
  {"§4.5.3: it is too long", plain, kClientFinished, BYTES(m.push_back(0); fix_length(m)), Code::decode_error, Alert::decode_error},
};
// clang-format on

/// Runs one handshake with a change of one message; the two sides.
std::pair<std::optional<Error>, std::optional<Error>> run(void (*setup)(World&), Spot spot,
                                                          void (*change)(ByteVector&)) {
  World w;
  setup(w);
  Pair p(w);
  int seen = 0, changed = 0;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (from_client != (spot.from == From::client) || static_cast<On>(m[0]) != spot.type || seen++ != spot.occurrence)
      return;
    change(m);
    ++changed;
  };
  p.run();
  CHECK(changed == 1);
  // The other side cannot be connected to somebody who failed before it was.
  if (p.client.error) CHECK_FALSE(p.server.connected());
  return {p.client.error, p.server.error};
}

}  // namespace

TEST_CASE("each broken rule ends the handshake with its code and its alert") {
  for (const Row& row : kRows) {
    CAPTURE(row.rule);
    const auto [client, server] = run(row.setup, row.spot, row.change);
    const auto& receiver = row.spot.from == From::client ? server : client;
    REQUIRE(receiver);
    CHECK_MESSAGE(receiver->code() == row.code, receiver->message());
    CHECK(receiver->alert() == row.alert);
    CHECK_FALSE((row.spot.from == From::client ? client : server));
  }
}

namespace {
struct Tolerated {
  std::string_view rule;
  void (*setup)(World&);
  Spot spot;
  void (*change)(ByteVector& message);
};
}  // namespace

TEST_CASE("what RFC 9846 says to ignore is ignored: only the Finished, which covers it, fails") {
  // The change is made on the way, so the two transcripts differ: the receiver accepted it when it got as far as the
  // signature or the Finished.
  static const Tolerated kRowsToIgnore[] = {
      {"§4.2.2: suites that nobody knows", plain, kClientHello, BYTES(put16(m, after_session_id(m) + 4, 0x9999))},
      {"§4.3: extensions that nobody knows", plain, kClientHello, EDIT(e.set(0x9999, "00112233"))},
      {"RFC 8701 §3: GREASE extensions, empty and not", plain, kClientHello,
       EDIT(e.set(0x1A1A, ""); e.append(0xFAFA, "00"))},
      {"RFC 8701 §3: a GREASE version", plain, kClientHello, EDIT(e.set(43, "041a1a0304"))},
      {"RFC 8701 §3: a GREASE group and share", plain, kClientHello,
       EDIT(e.set(10, "0004aaaa001d"); ByteVector& d = *e.find(51); const ByteVector g = unhex("aaaa000100");
            d.insert(d.begin() + 2, g.begin(), g.end()); put16(d, 0, static_cast<unsigned>(d.size() - 2)))},
      {"RFC 8701 §3: a GREASE scheme", plain, kClientHello, EDIT(e.set(13, "00060a0a04030804"))},
      {"§4.2.2: padding", plain, kClientHello, EDIT(e.append(21, "0000000000000000"))},
      {"§4.2.2: padding in the second hello alone", retried, kSecondClientHello, EDIT(e.append(21, "00000000"))},
      {"§4.4.1: supported_groups of the server", plain, kEncryptedExtensions, EDIT(e.append(10, "00020017"))},
      {"§4.4.2: extensions of a CertificateRequest that nobody knows", authenticated, kCertificateRequest,
       EDIT(e.append(0x9999, "00"))},
  };
  for (const Tolerated& row : kRowsToIgnore) {
    CAPTURE(row.rule);
    const auto [client, server] = run(row.setup, row.spot, row.change);
    REQUIRE(client);  // it is the client that sees the signature over another transcript
    CHECK_MESSAGE(client->code() == Code::bad_signature, client->message());
    CHECK_FALSE(server);
  }
}

TEST_CASE("a message may be as long as its limit and no longer: judged by its header") {
  World w;
  w.client.max_certificate_message(700);
  w.server.max_certificate_message(900).client_auth(ClientAuth::request, w.client_verdict);
  Pair p(w);
  CHECK(p.client.handshake->max_message(2) == limits::kMaxHandshakeMessage);
  CHECK(p.server.handshake->max_message(1) == limits::kMaxHandshakeMessage);
  std::set<std::string> seen;
  while (p.step()) {
    for (const Side* side : {&p.client, &p.server}) {
      if (!side->handshake) continue;
      if (auto most = side->handshake->max_message(11)) {
        CHECK(*most == (side == &p.client ? 700 : 900));
        seen.insert("certificate");
      }
      if (auto most = side->handshake->max_message(20)) {
        CHECK(*most == limits::kMaxFinished);
        seen.insert("finished");
      }
      if (auto most = side->handshake->max_message(8)) {
        CHECK(*most == limits::kMaxHandshakeMessage);
        seen.insert("encrypted_extensions");
      }
    }
  }
  CHECK(p.connected());
  CHECK(seen.size() == 3);
}

TEST_CASE("RFC 9846 §4.3.10: refused early data is skipped where it was offered, up to the second ClientHello") {
  for (const bool offered : {false, true}) {
    for (const bool retry : {false, true}) {
      CAPTURE(offered);
      CAPTURE(retry);
      World w;
      if (retry) retried(w);
      Pair p(w);
      int hellos = 0;
      p.on_the_way = [&](bool from_client, ByteVector& m) {
        if (!from_client || static_cast<On>(m[0]) != On::client_hello || ++hellos != 1 || !offered) return;
        Edit e(m);
        e.append(42, "");
        m = e.message();
      };
      bool after_first = false, after_second = false;
      while (p.step()) {
        if (!p.server.handshake) continue;
        const bool skips = p.server.handshake->permissions().skip_early_data;
        if (hellos == 1) after_first |= skips;
        if (hellos == 2) after_second |= skips;
      }
      CHECK(after_first == offered);
      CHECK_FALSE(after_second);
      CHECK(hellos == (retry ? 2 : 1));
    }
  }
}
