// The messages of one or two fields, of both versions, alerts, and the header in front of every handshake message.
#include <doctest/doctest.h>

#include "base/limits.h"
#include "wire/alert.h"
#include "wire/build.h"
#include "wire/certificate_request12.h"
#include "wire/certificate_verify.h"
#include "wire/client_key_exchange.h"
#include "wire/empty_message.h"
#include "wire/finished.h"
#include "wire/key_update.h"
#include "wire/new_session_ticket12.h"
#include "wire/server_key_exchange.h"

using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;

namespace {

/// Parses, encodes to the same bytes, and fails for every prefix of them and for a byte more. `body` must outlive the
/// message.
template <class Message>
Message check_whole(const ByteVector& body) {
  const auto parsed = Message::parse(body);
  REQUIRE(parsed);
  CHECK(body_of(*parsed) == body);
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK(failure(Message::parse(Bytes(body).first(size))) == Code::decode_error);
  CHECK(failure(Message::parse(joined({body, unhex("00")}))) == Code::decode_error);
  return *parsed;
}

}  // namespace

TEST_CASE("CertificateVerify (RFC 9846 §4.5.2)") {
  const ByteVector body = unhex("0403 0003 aabbcc");
  const auto message = check_whole<CertificateVerify>(body);
  CHECK(message.algorithm == SignatureScheme::ecdsa_secp256r1_sha256);
  CHECK(hex(message.signature) == "aabbcc");
  CHECK(CertificateVerify::parse(unhex("08070000"))->signature.empty());  // signature<0..2^16-1>
}

TEST_CASE("Finished holds what the hash or the version says, and nothing else (RFC 9846 §4.5.3)") {
  for (std::size_t size : {12u, 32u, 48u}) {
    const ByteVector body(size, 0x5A);
    const auto message = Finished::parse(body, size);
    REQUIRE(message);
    CHECK(body_of(*message) == body);
    for (std::size_t other : {size - 1, size + 1}) {
      CHECK(failure(Finished::parse(ByteVector(other), size)) == Code::decode_error);
      CHECK(why(Finished::parse(ByteVector(other), size)) ==
            "verify_data of Finished has " + std::to_string(other) + " bytes instead of " + std::to_string(size));
    }
  }
}

TEST_CASE("KeyUpdate (RFC 9846 §4.7.3)") {
  CHECK(check_whole<KeyUpdate>(unhex("00")).request_update == KeyUpdateRequest::update_not_requested);
  CHECK(check_whole<KeyUpdate>(unhex("01")).request_update == KeyUpdateRequest::update_requested);
  for (unsigned value = 2; value <= 0xFF; ++value)  // any other value MUST be illegal_parameter
    CHECK(failure(KeyUpdate::parse(ByteVector{static_cast<std::uint8_t>(value)})) == Code::illegal_parameter);
}

TEST_CASE("messages without a body") {
  CHECK(EndOfEarlyData::parse({}));
  CHECK(HelloRequest::parse({}));
  CHECK(ServerHelloDone::parse({}));
  const ByteVector one(1);
  CHECK(failure(EndOfEarlyData::parse(one)) == Code::decode_error);
  CHECK(why(ServerHelloDone::parse(one)) == "the body of ServerHelloDone should be empty");
  CHECK(failure(HelloRequest::parse(one)) == Code::decode_error);
  CHECK(hex(handshake_message(ServerHelloDone{})) == "0e000000");
}

TEST_CASE("ServerKeyExchange of ECDHE (RFC 8422 §5.4)") {
  const ByteVector body = unhex("03 001d 02 aabb 0804 0003 112233");
  const auto message = check_whole<ServerKeyExchange>(body);
  CHECK(message.namedcurve == NamedGroup::x25519);
  CHECK(hex(message.point) == "aabb");
  CHECK(message.algorithm == SignatureScheme::rsa_pss_rsae_sha256);
  CHECK(hex(message.signature) == "112233");

  ByteVector params;
  Writer w(params);
  message.encode_params(w);
  CHECK(hex(params) == "03001d02aabb");

  CHECK(failure(ServerKeyExchange::parse(unhex("03 001d 00 0804 0000"))) == Code::decode_error);
  for (const char* curve_type : {"00", "01", "02", "04"}) {
    const auto other = ServerKeyExchange::parse(unhex(std::string(curve_type) + "001d02aabb08040003112233"));
    CHECK(failure(other) == Code::illegal_parameter);
  }
}

TEST_CASE("ClientKeyExchange of ECDHE (RFC 8422 §5.7)") {
  CHECK(hex(check_whole<ClientKeyExchange>(unhex("03 aabbcc")).ecdh_Yc) == "aabbcc");
  CHECK(check_whole<ClientKeyExchange>(unhex("ff" + times(255, "01"))).ecdh_Yc.size() == 255);
  CHECK(failure(ClientKeyExchange::parse(unhex("00"))) == Code::decode_error);
}

TEST_CASE("CertificateRequest of TLS 1.2 (RFC 5246 §7.4.4)") {
  const ByteVector body = unhex("02 0140 0004 04030804 0008 00023000 00023001");
  const auto request = check_whole<CertificateRequest12>(body);
  CHECK(request.accepts(ClientCertificateType::rsa_sign));
  CHECK(request.accepts(ClientCertificateType::ecdsa_sign));
  CHECK(request.supported_signature_algorithms.contains(SignatureScheme::rsa_pss_rsae_sha256));
  CHECK(request.certificate_authorities.size() == 2);

  const ByteVector without_authorities = unhex("01 01 0002 0401 0000");
  const auto rsa = check_whole<CertificateRequest12>(without_authorities);
  CHECK_FALSE(rsa.accepts(ClientCertificateType::ecdsa_sign));
  CHECK(rsa.certificate_authorities.empty());

  for (const char* text : {"00 0002 0401 0000", "01 01 0000 0000", "01 01 0003 040108 0000",
                           "01 01 0002 0401 0002 0000", "01 01 0002 0401 0003 000230"})
    CHECK(failure(CertificateRequest12::parse(unhex(text))) == Code::decode_error);
}

TEST_CASE("NewSessionTicket of TLS 1.2 (RFC 5077 §3.3)") {
  const ByteVector body = unhex("00001c20 0003 aabbcc");
  const auto message = check_whole<NewSessionTicket12>(body);
  CHECK(message.ticket_lifetime_hint == 7200);
  CHECK(hex(message.ticket) == "aabbcc");
  CHECK(check_whole<NewSessionTicket12>(unhex("00000000 0000")).ticket.empty());
}

TEST_CASE("an alert is two bytes (RFC 9846 §6)") {
  const auto alert = AlertMessage::parse(unhex("0232"));
  REQUIRE(alert);
  CHECK(alert->level == AlertLevel::fatal);
  CHECK(alert->description == Alert::decode_error);
  CHECK(hex(body_of(*alert)) == "0232");
  CHECK(AlertMessage::parse(unhex("01ff")));  // a description that nobody knows is not its to judge
  for (const char* text : {"0000", "0300", "ff00"})
    CHECK(failure(AlertMessage::parse(unhex(text))) == Code::illegal_parameter);
  for (const char* text : {"", "02", "023200", "01000100"})
    CHECK(failure(AlertMessage::parse(unhex(text))) == Code::bad_alert);
}

TEST_CASE("the header of a handshake message (RFC 9846 §4)") {
  const ByteVector message = handshake_message(KeyUpdate{KeyUpdateRequest::update_requested});
  CHECK(hex(message) == "1800000101");
  const auto header = HandshakeHeader::peek(message);
  REQUIRE(header);
  CHECK(header->msg_type == HandshakeType::key_update);
  CHECK(header->length == 1);
  CHECK(message_type(message) == HandshakeType::key_update);
  CHECK(hex(message_body(message)) == "01");
  CHECK(HandshakeHeader::peek(unhex("01ffffff"))->length == 0xFFFFFF);
  for (std::size_t size = 0; size < kHandshakeHeaderSize; ++size)
    CHECK_FALSE(HandshakeHeader::peek(Bytes(message).first(size)));
}

TEST_CASE("every handshake type has its name") {
  CHECK(name(HandshakeType::client_hello) == "ClientHello");
  CHECK(name(HandshakeType::end_of_early_data) == "EndOfEarlyData");
  std::size_t known = 0;
  for (unsigned type = 0; type <= 0xFF; ++type) known += name(static_cast<HandshakeType>(type)) != "unknown message";
  CHECK(known == 16);
}

TEST_CASE("ShortBytes own what a view would lose") {
  ByteVector bytes = unhex("aabbcc");
  const ShortBytes<kMaxSessionId> kept{bytes};
  bytes.assign(3, 0);
  CHECK(hex(kept.bytes()) == "aabbcc");
  CHECK(kept.size() == 3);
  CHECK(kept != ShortBytes<kMaxSessionId>{});
  CHECK(ShortBytes<kMaxSessionId>{}.empty());
}
