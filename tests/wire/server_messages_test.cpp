// EncryptedExtensions, CertificateRequest and NewSessionTicket of TLS 1.3 (RFC 9846 §4.4, §4.7.1).
#include <doctest/doctest.h>

#include "wire/build.h"
#include "wire/certificate_request.h"
#include "wire/encrypted_extensions.h"
#include "wire/new_session_ticket.h"

using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;
using enum tls::wire::ExtensionType;

namespace {

void check_encrypted_extensions_refused(ExtensionType type, std::string_view data, std::string_view words,
                                        Code code = Code::bad_extension) {
  CAPTURE(data);
  const auto message = EncryptedExtensions::parse(block16(extension(type, unhex(data))), kAllExtensions);
  CHECK(failure(message) == code);
  CHECK(why(message) == words);
}

const ByteVector kSchemes = extension(signature_algorithms, unhex("00020403"));

/// CertificateRequest with signature_algorithms and `more`.
ByteVector request_with(const ByteVector& more) { return joined({unhex("00"), block16(joined({kSchemes, more}))}); }

}  // namespace

TEST_CASE("EncryptedExtensions comes back as it was said") {
  EncryptedExtensions message;
  const ByteVector empty = body_of(message);
  CHECK(hex(empty) == "0000");
  CHECK(*EncryptedExtensions::parse(empty, {}) == message);

  ByteVector groups;
  message.server_name = message.early_data = true;
  message.supported_groups = NamedGroupList::write(groups, std::to_array({NamedGroup::secp384r1, NamedGroup::x25519}));
  message.alpn = as_bytes("h2");
  message.record_size_limit = std::uint16_t{64};
  message.ticket_request = std::uint8_t{2};
  const ByteVector body = body_of(message);
  const auto parsed = EncryptedExtensions::parse(body, kAllExtensions);
  REQUIRE(parsed);
  CHECK(*parsed == message);
}

TEST_CASE("EncryptedExtensions: the block is the whole body") {
  for (const char* text : {"", "00", "0001", "000000", "0004001000"}) {
    const auto message = EncryptedExtensions::parse(unhex(text), kAllExtensions);
    CHECK(failure(message) == Code::decode_error);
  }
}

TEST_CASE("the extensions of EncryptedExtensions") {
  check_encrypted_extensions_refused(server_name, "00", "server_name: should be empty");
  check_encrypted_extensions_refused(early_data, "00000000", "early_data: should be empty");
  check_encrypted_extensions_refused(supported_groups, "0000", "supported_groups: should not be empty");
  check_encrypted_extensions_refused(record_size_limit, "40", "record_size_limit: holds 1 bytes instead of 2");
  check_encrypted_extensions_refused(record_size_limit, "003f", "the limit is 63 bytes", Code::bad_record_size_limit);
  check_encrypted_extensions_refused(ticket_request, "", "ticket_request: holds 0 bytes instead of 1");
  check_encrypted_extensions_refused(ticket_request, "0201", "ticket_request: holds 2 bytes instead of 1");
  check_encrypted_extensions_refused(key_share, "001d", "key_share in EncryptedExtensions",
                                     Code::extension_not_allowed);
  const std::string alpn = "application_layer_protocol_negotiation: ";
  check_encrypted_extensions_refused(application_layer_protocol_negotiation, "0006026832026833",
                                     alpn + "an answer should hold one protocol");
  check_encrypted_extensions_refused(application_layer_protocol_negotiation, "000100",
                                     alpn + "an entry of the list is malformed");
  CHECK(failure(EncryptedExtensions::parse(block16(extension(early_data, {})), {server_name})) ==
        Code::unsolicited_extension);
}

TEST_CASE("CertificateRequest comes back as it was said") {
  ByteVector schemes, cert_schemes, authorities;
  const ByteVector context = {1, 2, 3}, name = unhex("3000");
  CertificateRequest request;
  request.certificate_request_context = context;
  request.signature_algorithms = SignatureSchemeList::write(schemes, std::to_array({SignatureScheme::ed25519}));
  CHECK(request.offered().empty());
  request.signature_algorithms_cert =
      SignatureSchemeList::write(cert_schemes, std::to_array({SignatureScheme::rsa_pkcs1_sha256}));
  request.certificate_authorities =
      DistinguishedNameList::write(authorities, std::to_array<DistinguishedName>({{name}}));
  request.status_request = request.signed_certificate_timestamp = true;
  const ByteVector body = body_of(request);
  const auto parsed = CertificateRequest::parse(body);
  REQUIRE(parsed);
  CHECK(*parsed == request);
  CHECK(parsed->offered() == ExtensionSet{status_request, signed_certificate_timestamp});
}

TEST_CASE("CertificateRequest MUST name signature_algorithms (RFC 9846 §4.4.2)") {
  CHECK(CertificateRequest::parse(request_with({})));
  for (const char* text : {"000000", "0000043039003000"}) CHECK(failure(CertificateRequest::parse(unhex(text))));
  CHECK(failure(CertificateRequest::parse(unhex("000000"))) == Code::missing_extension);
  CHECK(failure(CertificateRequest::parse(
            joined({unhex("00"), block16(extension(signature_algorithms, unhex("0000")))}))) == Code::bad_extension);
}

TEST_CASE("the extensions of CertificateRequest: what is not known is ignored, what is misplaced is not") {
  CHECK(CertificateRequest::parse(request_with(extension(static_cast<ExtensionType>(0x3A3A), unhex("00")))));
  CHECK(CertificateRequest::parse(request_with(extension(oid_filters, unhex("0000")))));
  const auto misplaced = CertificateRequest::parse(request_with(extension(key_share, {})));
  CHECK(failure(misplaced) == Code::extension_not_allowed);
  CHECK(why(misplaced) == "key_share in CertificateRequest");
  CHECK(why(CertificateRequest::parse(request_with(extension(status_request, unhex("0100000000"))))) ==
        "status_request: should be empty");
  CHECK(why(CertificateRequest::parse(request_with(extension(certificate_authorities, unhex("0000"))))) ==
        "certificate_authorities: should not be empty");
  CHECK(failure(CertificateRequest::parse(request_with(kSchemes))) == Code::duplicate_extension);
}

TEST_CASE("CertificateRequest that is cut short or too long is refused") {
  const ByteVector body = request_with({});
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK(failure(CertificateRequest::parse(Bytes(body).first(size))) == Code::decode_error);
  CHECK(failure(CertificateRequest::parse(joined({body, unhex("00")}))) == Code::decode_error);
}

TEST_CASE("NewSessionTicket comes back as it was said") {
  const ByteVector nonce = {0}, ticket(200, 0x42);
  NewSessionTicket message;
  message.ticket_lifetime = 604800;
  message.ticket_age_add = 0xFFFFFFFF;
  message.ticket_nonce = nonce;
  message.ticket = ticket;
  for (std::optional<std::uint32_t> early : {std::optional<std::uint32_t>{}, {0u}, {0xFFFFFFFFu}}) {
    message.early_data = early;
    const ByteVector body = body_of(message);
    const auto parsed = NewSessionTicket::parse(body);
    REQUIRE(parsed);
    CHECK(*parsed == message);
  }
}

TEST_CASE("NewSessionTicket: nonce<0..255>, ticket<1..2^16-1>, extensions") {
  const std::string start = "00000001 00000002";
  const auto parse = [&](const std::string& rest) { return NewSessionTicket::parse(unhex(start + rest)); };
  CHECK_FALSE(failure(parse("00 0001aa 0000")));
  CHECK_FALSE(failure(parse("ff" + times(255, "01") + "ffff" + times(0xFFFF, "02") + "0000")));
  CHECK(failure(parse("00 0000 0000")) == Code::decode_error);
  CHECK(failure(parse("00 0001aa")) == Code::decode_error);
  CHECK(failure(parse("00 0001aa 0000 00")) == Code::decode_error);
  CHECK(failure(parse("00 0001aa 0001 00")) == Code::decode_error);
  CHECK(why(parse("00 0001aa 0004 002a0000")) == "early_data: holds 0 bytes instead of 4");
  CHECK(failure(parse("00 0001aa 0004 00000000")) == Code::extension_not_allowed);
  CHECK_FALSE(failure(parse("00 0001aa 0005 9999000177")));
}
