// ServerHello of both versions, and HelloRetryRequest (RFC 9846 §4.2.3, §4.2.4; RFC 5246 §7.4.1.3).
#include "wire/server_hello.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "wire/hello_retry_request.h"
#include "wire/samples.h"

using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;
using enum tls::wire::ExtensionType;

namespace {

/// A body of a message of type server_hello, as hex.
struct Body {
  std::string legacy_version = "0303", random = std::string(64, 'b'), legacy_session_id_echo = "00",
              cipher_suite = "1301", legacy_compression_method = "00";
  ByteVector extensions = extension(supported_versions, unhex("0304"));
  [[nodiscard]] ByteVector bytes() const {
    return joined({unhex(legacy_version + random + legacy_session_id_echo + cipher_suite + legacy_compression_method),
                   block16(extensions)});
  }
};

const std::string kRetryRandom = hex(kHelloRetryRequestRandom);
const ByteVector kVersion13 = extension(supported_versions, unhex("0304"));

/// Both kinds fail alike, with these extensions behind supported_versions.
void check_refused(ExtensionType type, std::string_view data, Code code, std::string_view words) {
  CAPTURE(data);
  const ByteVector extensions = joined({kVersion13, extension(type, unhex(data))});
  const auto hello = ServerHello::parse(Body{.extensions = extensions}.bytes(), kAllExtensions);
  CHECK(failure(hello) == code);
  CHECK(why(hello) == words);
}
void check_refused12(ExtensionType type, std::string_view data, Code code, std::string_view words) {
  CAPTURE(data);
  const auto hello = ServerHello::parse(Body{.extensions = extension(type, unhex(data))}.bytes(), kAllExtensions);
  CHECK(failure(hello) == code);
  CHECK(why(hello) == words);
}
void check_retry_refused(ExtensionType type, std::string_view data, Code code, std::string_view words) {
  CAPTURE(data);
  const ByteVector extensions = joined({kVersion13, extension(type, unhex(data))});
  const auto retry =
      HelloRetryRequest::parse(Body{.random = kRetryRandom, .extensions = extensions}.bytes(), kAllExtensions);
  CHECK(failure(retry) == code);
  CHECK(why(retry) == words);
}

}  // namespace

TEST_CASE("a ServerHello of TLS 1.3 comes back as it was said") {
  const ByteVector session_id(32, 0x77), share(32, 0x88);
  ServerHello hello;
  hello.random.fill(0x12);
  hello.legacy_session_id_echo = session_id;
  hello.cipher_suite = CipherSuite::TLS_AES_256_GCM_SHA384;
  hello.supported_versions = ProtocolVersion::tls13;
  hello.key_share = KeyShareEntry{NamedGroup::x25519, share};
  hello.pre_shared_key = std::uint16_t{1};
  const ByteVector body = body_of(hello);
  const auto parsed = ServerHello::parse(body, kAllExtensions);
  REQUIRE(parsed);
  CHECK(*parsed == hello);
  CHECK(server_hello_kind(body) == ServerHelloKind::server_hello);
}

TEST_CASE("a ServerHello of TLS 1.2 comes back as it was said") {
  const ByteVector id(16, 0x77), formats = {0}, scts = unhex("00050003aabbcc"), info;
  ServerHello hello;
  hello.random.fill(0x12);
  hello.legacy_session_id_echo = id;
  hello.cipher_suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  hello.server_name = hello.status_request = hello.extended_main_secret = hello.session_ticket = true;
  hello.ec_point_formats = formats;
  hello.alpn = as_bytes("h2");
  hello.signed_certificate_timestamp = scts;
  hello.record_size_limit = std::uint16_t{1024};
  hello.renegotiation_info = info;
  const ByteVector body = body_of(hello);
  const auto parsed = ServerHello::parse(body, kAllExtensions);
  REQUIRE(parsed);
  CHECK(*parsed == hello);
}

TEST_CASE("a ServerHello of TLS 1.2 without extensions has no block of them (RFC 5246 §7.4.1.3)") {
  ServerHello hello;
  hello.cipher_suite = CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
  const ByteVector body = body_of(hello);
  CHECK(body.size() == 2 + 32 + 1 + 2 + 1);
  const auto parsed = ServerHello::parse(body, {});
  REQUIRE(parsed);
  CHECK(*parsed == hello);
  const auto empty_block = ServerHello::parse(joined({body, unhex("0000")}), {});
  REQUIRE(empty_block);
  CHECK(*empty_block == hello);
}

TEST_CASE("supported_versions decides which extensions belong into a ServerHello (RFC 9846 §4.3.1)") {
  for (const ExtensionFacts& row : kExtensions) {
    if (row.type == supported_versions) continue;
    CAPTURE(row.name);
    const auto refused_for_its_place = [](const Result<ServerHello>& hello) {
      return failure(hello) == Code::extension_not_allowed;
    };
    const ByteVector alone = extension(row.type, {});
    CHECK(refused_for_its_place(ServerHello::parse(Body{.extensions = alone}.bytes(), kAllExtensions)) ==
          !row.allowed_in(Place::server_hello12));
    for (const ByteVector& both : {joined({kVersion13, alone}), joined({alone, kVersion13})})
      CHECK(refused_for_its_place(ServerHello::parse(Body{.extensions = both}.bytes(), kAllExtensions)) ==
            !row.allowed_in(Place::server_hello));
  }
}

TEST_CASE("what was not offered is not answered") {
  const Body hello12{.extensions = extension(session_ticket, {})};
  CHECK(ServerHello::parse(hello12.bytes(), {session_ticket}));
  CHECK(failure(ServerHello::parse(hello12.bytes(), {server_name})) == Code::unsolicited_extension);
  CHECK(failure(ServerHello::parse(Body{}.bytes(), {})) == Code::unsolicited_extension);
  CHECK(ServerHello::parse(Body{}.bytes(), {supported_versions}));
}

TEST_CASE("the fields of a ServerHello before its extensions") {
  CHECK(ServerHello::parse(Body{.legacy_version = "0301"}.bytes(), kAllExtensions)->legacy_version ==
        static_cast<ProtocolVersion>(0x0301));
  CHECK(ServerHello::parse(Body{.legacy_session_id_echo = "20" + times(32, "01")}.bytes(), kAllExtensions));
  CHECK(failure(ServerHello::parse(Body{.legacy_session_id_echo = "21" + times(33, "01")}.bytes(), kAllExtensions)) ==
        Code::decode_error);
  for (const char* method : {"01", "ff"}) {  // RFC 9846 §4.2.3: MUST have the value 0
    const auto hello = ServerHello::parse(Body{.legacy_compression_method = method}.bytes(), kAllExtensions);
    CHECK(failure(hello) == Code::bad_compression);
    CHECK(hello.error().alert() == Alert::illegal_parameter);
  }
}

TEST_CASE("a ServerHello that is cut short or too long is refused") {
  const ByteVector body = Body{}.bytes();
  for (std::size_t size = 0; size < body.size(); ++size) {
    const bool without_extensions = size == body.size() - 2 - kVersion13.size();
    CHECK(ServerHello::parse(Bytes(body).first(size), kAllExtensions).has_value() == without_extensions);
  }
  CHECK(failure(ServerHello::parse(joined({body, unhex("00")}), kAllExtensions)) == Code::decode_error);
}

TEST_CASE("key_share of a ServerHello (RFC 9846 §4.3.8)") {
  const std::string words = "key_share: the KeyShareEntry is malformed";
  check_refused(key_share, "", Code::bad_extension, words);
  check_refused(key_share, "001d", Code::bad_extension, words);  // the form of a HelloRetryRequest
  check_refused(key_share, "001d0000", Code::bad_extension, words);
  check_refused(key_share, "001d0002aa", Code::bad_extension, words);
  check_refused(key_share, "001d0001aa00", Code::bad_extension, words);
  check_refused(key_share, "0005001d0001aa", Code::bad_extension, words);  // the client's form
}

TEST_CASE("supported_versions and pre_shared_key of a ServerHello are one number each") {
  for (const char* data : {"", "03", "020304", "030400"}) {
    const auto hello =
        ServerHello::parse(Body{.extensions = extension(supported_versions, unhex(data))}.bytes(), kAllExtensions);
    CHECK(failure(hello) == Code::bad_extension);
  }
  check_refused(pre_shared_key, "", Code::bad_extension, "pre_shared_key: holds 0 bytes instead of 2");
  check_refused(pre_shared_key, "000000", Code::bad_extension, "pre_shared_key: holds 3 bytes instead of 2");
}

TEST_CASE("the extensions of a ServerHello of TLS 1.2") {
  for (ExtensionType flag : {server_name, status_request, extended_main_secret, session_ticket})
    check_refused12(flag, "00", Code::bad_extension, name(flag) + ": should be empty");
  check_refused12(ec_point_formats, "00", Code::bad_extension, "ec_point_formats: should not be empty");
  check_refused12(renegotiation_info, "", Code::bad_extension, "renegotiation_info: is shorter than its length says");
  const std::string alpn = "application_layer_protocol_negotiation: ";
  check_refused12(application_layer_protocol_negotiation, "0000", Code::bad_extension, alpn + "should not be empty");
  check_refused12(application_layer_protocol_negotiation, "0006026832026833", Code::bad_extension,
                  alpn + "an answer should hold one protocol");
  const std::string sct = "signed_certificate_timestamp: ";
  check_refused12(signed_certificate_timestamp, "", Code::bad_extension, sct + "is shorter than its length says");
  check_refused12(signed_certificate_timestamp, "0000", Code::bad_extension, sct + "should not be empty");
  check_refused12(signed_certificate_timestamp, "00020000", Code::bad_extension,
                  sct + "an entry of the list is malformed");
  check_refused12(record_size_limit, "003f", Code::bad_record_size_limit, "the limit is 63 bytes");
}

TEST_CASE("an unasked list of groups in a ServerHello of TLS 1.2 is let pass, like other answers of no use to us") {
  const auto hello =
      ServerHello::parse(Body{.extensions = extension(supported_groups, unhex("ff"))}.bytes(), {supported_groups});
  CHECK(hello);
}

TEST_CASE("a HelloRetryRequest is told by its random alone (RFC 9846 §4.2.3)") {
  CHECK(kRetryRandom == "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
  const ByteVector body = Body{.random = kRetryRandom}.bytes();
  CHECK(server_hello_kind(body) == ServerHelloKind::hello_retry_request);
  for (std::size_t i = 2; i < 34; ++i) {
    ByteVector other = body;
    other[i] ^= 1;
    CHECK(server_hello_kind(other) == ServerHelloKind::server_hello);
  }
  CHECK(server_hello_kind(Bytes(body).first(34)) == ServerHelloKind::hello_retry_request);
  for (std::size_t size = 0; size < 34; ++size)
    CHECK(server_hello_kind(Bytes(body).first(size)) == ServerHelloKind::server_hello);
}

TEST_CASE("a HelloRetryRequest comes back as it was said") {
  const ByteVector session_id(32, 0x77), echo(100, 0x99);
  HelloRetryRequest retry;
  retry.legacy_session_id_echo = session_id;
  retry.cipher_suite = CipherSuite::TLS_AES_128_GCM_SHA256;
  for (bool with_cookie : {false, true})
    for (bool with_share : {false, true}) {
      retry.cookie = with_cookie ? std::optional<Opaque>(echo) : std::nullopt;
      retry.key_share = with_share ? std::optional(NamedGroup::secp384r1) : std::nullopt;
      const ByteVector body = body_of(retry);
      CHECK(server_hello_kind(body) == ServerHelloKind::hello_retry_request);
      const auto parsed = HelloRetryRequest::parse(body, {supported_versions, key_share});
      REQUIRE(parsed);
      CHECK(*parsed == retry);
    }
}

TEST_CASE("a HelloRetryRequest MUST contain supported_versions (RFC 9846 §4.2.4)") {
  const Body body{.random = kRetryRandom, .extensions = extension(key_share, unhex("0017"))};
  const auto retry = HelloRetryRequest::parse(body.bytes(), kAllExtensions);
  CHECK(failure(retry) == Code::missing_extension);
  CHECK(retry.error().alert() == Alert::missing_extension);
}

TEST_CASE("the extensions of a HelloRetryRequest") {
  check_retry_refused(key_share, "", Code::bad_extension, "key_share: holds 0 bytes instead of 2");
  check_retry_refused(key_share, "00170001aa", Code::bad_extension, "key_share: holds 5 bytes instead of 2");
  check_retry_refused(cookie, "0000", Code::bad_extension, "cookie: should not be empty");
  check_retry_refused(cookie, be16(limits::kMaxCookie + 1) + times(limits::kMaxCookie + 1, "cc"), Code::bad_extension,
                      "cookie: 1025 bytes, at most 1024 are accepted");
  check_retry_refused(pre_shared_key, "0000", Code::extension_not_allowed, "pre_shared_key in HelloRetryRequest");
  check_retry_refused(server_name, "", Code::extension_not_allowed, "server_name in HelloRetryRequest");
  const ByteVector largest =
      joined({kVersion13, extension(cookie, unhex(be16(limits::kMaxCookie) + times(limits::kMaxCookie, "cc")))});
  CHECK(HelloRetryRequest::parse(Body{.random = kRetryRandom, .extensions = largest}.bytes(), kAllExtensions));
  const ByteVector unasked = joined({kVersion13, extension(key_share, unhex("0017"))});
  CHECK(failure(HelloRetryRequest::parse(Body{.random = kRetryRandom, .extensions = unasked}.bytes(),
                                         {supported_versions})) == Code::unsolicited_extension);
}

TEST_CASE("the downgrade sentinels (RFC 9846 §4.2.3)") {
  HelloRandom random;
  random.fill(0x55);
  CHECK_FALSE(is_downgrade_marked(random));
  mark_downgrade_to_tls12(random);
  CHECK(hex(random) == times(24, "55") + "444f574e47524401");
  CHECK(is_downgrade_marked(random));
  random[31] = 0;
  CHECK(is_downgrade_marked(random));
  random[31] = 2;
  CHECK_FALSE(is_downgrade_marked(random));
}
