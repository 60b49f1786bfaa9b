// Certificate of both versions, and CertificateStatus (RFC 9846 §4.5.1, RFC 5246 §7.4.2, RFC 6066 §8).
#include "wire/certificate.h"

#include <doctest/doctest.h>

#include "wire/build.h"
#include "wire/certificate12.h"
#include "wire/certificate_status.h"

using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;
using enum tls::wire::ExtensionType;

namespace {

const std::string kStaple = "01 000003 a1b2c3", kScts = "0006 0004 aabbccdd";

/// CertificateEntry as hex.
std::string entry(std::string_view der, const ByteVector& extensions = {}) {
  return be24(der.size() / 2) + std::string(der) + hex(block16(extensions));
}
/// Certificate without a context, of these entries.
ByteVector message_of(const std::string& entries) { return unhex("00" + be24(entries.size() / 2) + entries); }

}  // namespace

TEST_CASE("Certificate comes back as it was said") {
  const ByteVector context = {9, 8}, leaf(300, 1), issuer(400, 2), staple(10, 3), scts = unhex(kScts);
  Certificate message;
  message.certificate_request_context = context;
  REQUIRE(message.certificate_list.push_back({leaf, staple, scts}));
  REQUIRE(message.certificate_list.push_back({issuer, {}, {}}));
  const ByteVector body = body_of(message);
  const auto parsed = Certificate::parse(body, {status_request, signed_certificate_timestamp});
  REQUIRE(parsed);
  CHECK(*parsed == message);
  CHECK(parsed->certificate_list.size() == 2);
  CHECK(*parsed->certificate_list[0].status_request == Opaque(staple));
}

TEST_CASE("an empty certificate_list parses: whether it may be empty is the machine's to say") {
  const auto parsed = Certificate::parse(message_of(""), {});
  REQUIRE(parsed);
  CHECK(parsed->certificate_list.empty());
  CHECK(Certificate12::parse(unhex("000000"))->certificate_list.empty());
}

TEST_CASE("kMaxCertificates, at, below and above, in both versions") {
  for (std::size_t n : {limits::kMaxCertificates - 1, limits::kMaxCertificates, limits::kMaxCertificates + 1}) {
    const bool too_many = n > limits::kMaxCertificates;
    const auto expected = too_many ? std::optional(Code::certificate_list_too_long) : std::nullopt;
    CHECK(failure(Certificate::parse(message_of(times(n, entry("30"))), {})) == expected);
    CHECK(failure(Certificate12::parse(unhex(be24(4 * n) + times(n, "00000130")))) == expected);
  }
}

TEST_CASE("Certificate that is malformed is a decode_error") {
  const ByteVector body = message_of(entry("3000") + entry("3001"));
  REQUIRE(Certificate::parse(body, {}));
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK(failure(Certificate::parse(Bytes(body).first(size), {})) == Code::decode_error);
  CHECK(failure(Certificate::parse(joined({body, unhex("00")}), {})) == Code::decode_error);
  CHECK(failure(Certificate::parse(message_of(entry("")), {})) == Code::decode_error);   // cert_data<1..2^24-1>
  CHECK(failure(Certificate::parse(message_of("00000230"), {})) == Code::decode_error);  // cert_data ends early
  CHECK(failure(Certificate::parse(message_of("00000130"), {})) == Code::decode_error);  // no extensions
  CHECK(failure(Certificate::parse(message_of("00000130 0001"), {})) == Code::decode_error);
}

TEST_CASE("the extensions of a CertificateEntry answer what was offered (RFC 9846 §4.5.1)") {
  const ByteVector staple = extension(status_request, unhex(kStaple)),
                   scts = extension(signed_certificate_timestamp, unhex(kScts));
  const auto parse = [](const ByteVector& extensions, ExtensionSet offered) {
    return Certificate::parse(message_of(entry("3000", extensions)), offered);
  };
  CHECK_FALSE(failure(parse(joined({staple, scts}), {status_request, signed_certificate_timestamp})));
  CHECK(failure(parse(joined({staple, scts}), {status_request})) == Code::unsolicited_extension);
  CHECK(failure(parse(staple, {})) == Code::unsolicited_extension);
  CHECK(failure(parse(joined({staple, staple}), {status_request})) == Code::duplicate_extension);
  CHECK(failure(parse(extension(server_name, {}), kAllExtensions)) == Code::extension_not_allowed);
  CHECK(failure(parse(extension(static_cast<ExtensionType>(0x0A0A), {}), kAllExtensions)) ==
        Code::unsolicited_extension);

  SUBCASE("each entry has extensions of its own") {
    CHECK_FALSE(
        failure(Certificate::parse(message_of(entry("3000", staple) + entry("3001", staple)), {status_request})));
    CHECK(failure(Certificate::parse(message_of(entry("3000") + entry("3001", staple)), {})) ==
          Code::unsolicited_extension);
  }
}

TEST_CASE("a stapled OCSP response is a CertificateStatus (RFC 9846 §4.5.1.1)") {
  const auto parse = [](std::string_view data) {
    return Certificate::parse(message_of(entry("3000", extension(status_request, unhex(data)))), {status_request});
  };
  CHECK(why(parse(kStaple)) == "parsed");
  CHECK(why(parse("")) == "status_request: the CertificateStatus is malformed");
  CHECK(why(parse("01 000000")) == "status_request: the CertificateStatus is malformed");
  CHECK(why(parse("01 000002 aa")) == "status_request: the CertificateStatus is malformed");
  CHECK(why(parse(kStaple + "00")) == "status_request: the CertificateStatus is malformed");
  CHECK(why(parse("02 000003 a1b2c3")) == "status_request: the CertificateStatus is of type 2, not OCSP");
  CHECK(failure(parse("")) == Code::bad_extension);
}

TEST_CASE("signed certificate timestamps are a list of one or more (RFC 6962 §3.3)") {
  const auto parse = [](std::string_view data) {
    return Certificate::parse(message_of(entry("3000", extension(signed_certificate_timestamp, unhex(data)))),
                              kAllExtensions);
  };
  const std::string name = "signed_certificate_timestamp: ";
  CHECK(why(parse(kScts)) == "parsed");
  CHECK(why(parse("")) == name + "is shorter than its length says");
  CHECK(why(parse("0000")) == name + "should not be empty");
  CHECK(why(parse("0002 0000")) == name + "an entry of the list is malformed");
  CHECK(why(parse("0003 0002aa")) == name + "an entry of the list is malformed");
  CHECK(why(parse(kScts + "00")) == name + "1 bytes are left over");
}

TEST_CASE("Certificate of TLS 1.2") {
  const ByteVector leaf(300, 1), issuer(400, 2);
  Certificate12 message;
  REQUIRE(message.certificate_list.push_back(leaf));
  REQUIRE(message.certificate_list.push_back(issuer));
  const ByteVector body = body_of(message);
  const auto parsed = Certificate12::parse(body);
  REQUIRE(parsed);
  CHECK(*parsed == message);
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK(failure(Certificate12::parse(Bytes(body).first(size))) == Code::decode_error);
  for (const char* text : {"00000000", "000003 000000", "000004 00000230"})
    CHECK(failure(Certificate12::parse(unhex(text))) == Code::decode_error);
}

TEST_CASE("CertificateStatus, the message of TLS 1.2") {
  const auto parsed = CertificateStatus::parse(unhex(kStaple));
  REQUIRE(parsed);
  CHECK(parsed->response.size() == 3);
  CHECK(hex(body_of(CertificateStatus{Opaque(as_bytes("abc"))})) == "01000003616263");
  for (const char* text : {"", "01", "01000000", "01000001", "010000010000", "00000001aa"})
    CHECK(failure(CertificateStatus::parse(unhex(text))) == Code::decode_error);
}
