// The extensions of a ClientHello, one by one: what parses, and what is said of what does not.
#include <doctest/doctest.h>
#include <algorithm>
#include <cctype>

#include "base/limits.h"
#include "wire/build.h"
#include "wire/client_hello.h"

using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;
using enum tls::wire::ExtensionType;

namespace {

/// A ClientHello with these extensions. Holds the memory of the views.
struct Hello {
  explicit Hello(const ByteVector& extensions)
      : body(joined({unhex("0303" + std::string(64, 'a') + "00" + "00021301" + "0100"), block16(extensions)})),
        result(ClientHello::parse(body)) {}
  Hello(ExtensionType type, std::string_view data) : Hello(extension(type, unhex(data))) {}

  ByteVector body;
  Result<ClientHello> result;
};

struct Refused {
  ExtensionType type;
  std::string data;
  std::string why;
  Code code = Code::bad_extension;
};

void check_refused(std::initializer_list<Refused> cases) {
  for (const Refused& c : cases) {
    CAPTURE(c.data);
    const Hello hello(c.type, c.data);
    CHECK(failure(hello.result) == c.code);
    CHECK(why(hello.result) == c.why);
  }
}

/// Whatever is refused of a list of 16-bit numbers behind a length of two bytes.
void check_u16_list(ExtensionType type) {
  const std::string name = wire::name(type);
  check_refused({
      {type, "", name + ": is shorter than its length says"},
      {type, "00", name + ": is shorter than its length says"},
      {type, "0002", name + ": is shorter than its length says"},
      {type, "000200", name + ": is shorter than its length says"},
      {type, "0000", name + ": should not be empty"},
      {type, "000100", name + ": should hold 2 bytes or more"},
      {type, "0003001d00", name + ": the list has an odd number of bytes"},
      {type, "0002001d00", name + ": 1 bytes are left over"},
  });
}

void check_flag(ExtensionType type, bool ClientHello::* member) {
  const Hello hello(type, "");
  REQUIRE(hello.result);
  CHECK((*hello.result).*member);
  check_refused({{type, "00", wire::name(type) + ": should be empty"}});
}

}  // namespace

TEST_CASE("server_name (RFC 6066 §3)") {
  const Hello hello(server_name, "000e 00 000b 6578616d706c652e636f6d");
  REQUIRE(hello.result);
  CHECK(hello.result->server_name == "example.com");

  SUBCASE("names of other types are skipped") {
    const Hello other(server_name, "0009 07 0001 ff 00 0002 6162");
    REQUIRE(other.result);
    CHECK(other.result->server_name == "ab");
  }
  SUBCASE("RFC 1035 §2.3.4: 253 characters at most") {
    CHECK(Hello(server_name, "0100 00 00fd" + times(253, "61")).result);
    check_refused({{server_name, "0101 00 00fe" + times(254, "61"),
                    "server_name: the host name has more than 253 bytes", Code::illegal_parameter}});
  }
  check_refused({
      {server_name, "", "server_name: is shorter than its length says"},
      {server_name, "0000", "server_name: should not be empty"},
      {server_name, "000400000161 00", "server_name: 1 bytes are left over"},
      {server_name, "0003 00 0000", "server_name: a name is malformed"},
      {server_name, "0004 00 0002 61", "server_name: a name is malformed"},
      {server_name, "0004 07 0001 61", "server_name: holds no host name"},
      {server_name, "0008 00 0001 61 00 0001 62", "server_name: holds two host names", Code::illegal_parameter},
  });
}

TEST_CASE("server_name: what is well-formed and no host name is illegal_parameter (RFC 9846 §6.2)") {
  for (unsigned c = 0; c < 256; ++c) {
    const bool visible = c > 0x20 && c < 0x7F;
    for (const std::string& name : {"61" + be16(c).substr(2), be16(c).substr(2) + "61"}) {
      const Hello hello(server_name, "0005 00 0002 " + name);
      CAPTURE(c);
      CHECK(hello.result.has_value() == visible);
      if (visible) continue;
      CHECK(failure(hello.result) == Code::illegal_parameter);
      CHECK(hello.result.error().alert() == Alert::illegal_parameter);
      CHECK(why(hello.result) == "server_name: the host name holds a character that is not visible ASCII");
    }
  }
}

TEST_CASE("status_request (RFC 6066 §8)") {
  CHECK(Hello(status_request, "01 0000 0000").result->status_request);
  CHECK(Hello(status_request, "01 0003aabbcc 0002ddee").result->status_request);
  SUBCASE("a type of status that nobody has is not asked of us") {
    const Hello hello(status_request, "02 ffff");
    REQUIRE(hello.result);
    CHECK_FALSE(hello.result->status_request);
  }
  check_refused({
      {status_request, "", "status_request: the CertificateStatusRequest is malformed"},
      {status_request, "01", "status_request: the CertificateStatusRequest is malformed"},
      {status_request, "01 0000", "status_request: the CertificateStatusRequest is malformed"},
      {status_request, "01 0000 0001", "status_request: the CertificateStatusRequest is malformed"},
      {status_request, "01 0000 0000 00", "status_request: the CertificateStatusRequest is malformed"},
  });
}

TEST_CASE(
    "supported_groups, signature_algorithms, signature_algorithms_cert: lists of numbers (RFC 9846 §4.3.7, §4.3.3)") {
  const Hello groups(supported_groups,
                     "0006 0a0a 001d fe00");  // GREASE, X25519, private use
  REQUIRE(groups.result);
  CHECK(groups.result->supported_groups->size() == 3);
  CHECK(groups.result->supported_groups->contains(NamedGroup::x25519));
  CHECK((*groups.result->supported_groups)[2] == static_cast<NamedGroup>(0xFE00));

  const Hello schemes(signature_algorithms, "0004 0807 0403");
  REQUIRE(schemes.result);
  CHECK((*schemes.result->signature_algorithms)[0] == SignatureScheme::ed25519);
  CHECK_FALSE(schemes.result->signature_algorithms_cert);

  const Hello cert(signature_algorithms_cert, "0002 0401");
  REQUIRE(cert.result);
  CHECK(cert.result->signature_algorithms_cert->contains(SignatureScheme::rsa_pkcs1_sha256));

  for (ExtensionType type : {supported_groups, signature_algorithms, signature_algorithms_cert}) check_u16_list(type);
}

TEST_CASE("application_layer_protocol_negotiation (RFC 7301 §3.1)") {
  const Hello hello(application_layer_protocol_negotiation, "000c 02 6832 08 687474702f312e31");
  REQUIRE(hello.result);
  std::vector<std::string> names;
  for (const ProtocolName& p : *hello.result->alpn) names.emplace_back(as_text(p.name));
  CHECK(names == std::vector<std::string>{"h2", "http/1.1"});

  const std::string name = "application_layer_protocol_negotiation: ";
  check_refused({
      {application_layer_protocol_negotiation, "", name + "is shorter than its length says"},
      {application_layer_protocol_negotiation, "0000", name + "should not be empty"},
      {application_layer_protocol_negotiation, "000100", name + "an entry of the list is malformed"},
      {application_layer_protocol_negotiation, "0004 026832 00", name + "an entry of the list is malformed"},
      {application_layer_protocol_negotiation, "0003 036832", name + "an entry of the list is malformed"},
      {application_layer_protocol_negotiation, "0003 026832 00", name + "1 bytes are left over"},
  });
}

TEST_CASE("supported_versions (RFC 9846 §4.3.1)") {
  const Hello hello(supported_versions, "06 5a5a 0304 0303");
  REQUIRE(hello.result);
  CHECK(hello.result->supported_versions->contains(ProtocolVersion::tls13));
  CHECK(hello.result->supported_versions->size() == 3);
  CHECK(Hello(supported_versions, "fe" + times(127, "0304")).result);
  check_refused({
      {supported_versions, "", "supported_versions: is shorter than its length says"},
      {supported_versions, "00", "supported_versions: should not be empty"},
      {supported_versions, "0103", "supported_versions: should hold 2 bytes or more"},
      {supported_versions, "03030403", "supported_versions: the list has an odd number of bytes"},
      {supported_versions, "0203", "supported_versions: is shorter than its length says"},
      {supported_versions, "02030400", "supported_versions: 1 bytes are left over"},
      {supported_versions, "0304", "supported_versions: is shorter than its length says"},  // the server's form
  });
}

TEST_CASE("key_share (RFC 9846 §4.3.8)") {
  const Hello hello(key_share, "000b 001d 0002 aabb 0017 0001 04");
  REQUIRE(hello.result);
  const KeyShareList& shares = *hello.result->key_share;
  CHECK(shares.size() == 2);
  CHECK(shares[0].group == NamedGroup::x25519);
  CHECK(hex(shares[0].key_exchange) == "aabb");
  CHECK(shares[1].group == NamedGroup::secp256r1);

  SUBCASE("an empty list asks for a HelloRetryRequest") {
    const Hello empty(key_share, "0000");
    REQUIRE(empty.result);
    REQUIRE(empty.result->key_share);
    CHECK(empty.result->key_share->empty());
  }
  SUBCASE("shares of groups that nobody knows, however many; a group that comes twice is still found") {
    const auto upper_hex = [](std::size_t n) {
      std::string digits = be16(n);
      std::ranges::transform(digits, digits.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      return digits;
    };
    const auto shares_of = [](std::size_t n, std::size_t last) {
      std::string list;
      for (std::size_t i = 0; i + 1 < n; ++i) list += be16(0x1000 + i) + "0001 07";
      return be16(5 * n) + list + be16(last) + "0001 07";
    };
    for (const std::size_t n : {std::size_t{15}, std::size_t{16}, std::size_t{17}, std::size_t{1000}}) {
      const Hello many(key_share, shares_of(n, 0x001D));
      REQUIRE(many.result);
      CHECK(many.result->key_share->size() == n);
      for (const std::size_t again : {std::size_t{0}, n / 2, n - 2})
        check_refused({{key_share, shares_of(n, 0x1000 + again), "group 0x" + upper_hex(0x1000 + again),
                        Code::duplicate_key_share}});
    }
  }
  check_refused({
      {key_share, "", "key_share: is shorter than its length says"},
      {key_share, "0004 001d 0000", "key_share: an entry of the list is malformed"},
      {key_share, "0005 001d 0002 aa", "key_share: an entry of the list is malformed"},
      {key_share, "0001 00", "key_share: an entry of the list is malformed"},
      {key_share, "0005 001d 0001 aa 00", "key_share: 1 bytes are left over"},
      {key_share, "000a 001d 0001 aa 001d 0001 bb", "x25519", Code::duplicate_key_share},
  });
}

TEST_CASE("cookie (RFC 9846 §4.3.2)") {
  CHECK(hex(*Hello(cookie, "0002 abcd").result->cookie) == "abcd");
  for (std::size_t size : {limits::kMaxCookie - 1, limits::kMaxCookie})
    CHECK(Hello(cookie, be16(size) + times(size, "cc")).result);
  check_refused({
      {cookie, be16(limits::kMaxCookie + 1) + times(limits::kMaxCookie + 1, "cc"),
       "cookie: 1025 bytes, at most 1024 are accepted"},
      {cookie, "", "cookie: is shorter than its length says"},
      {cookie, "0000", "cookie: should not be empty"},
      {cookie, "000100 00", "cookie: 1 bytes are left over"},
  });
}

TEST_CASE("psk_key_exchange_modes (RFC 9846 §4.3.9)") {
  const Hello hello(psk_key_exchange_modes, "02 0b01");
  REQUIRE(hello.result);
  CHECK(hello.result->offers(PskKeyExchangeMode::psk_dhe_ke));
  CHECK_FALSE(hello.result->offers(PskKeyExchangeMode::psk_ke));
  check_refused({
      {psk_key_exchange_modes, "", "psk_key_exchange_modes: is shorter than its length says"},
      {psk_key_exchange_modes, "00", "psk_key_exchange_modes: should not be empty"},
      {psk_key_exchange_modes, "0201", "psk_key_exchange_modes: is shorter than its length says"},
      {psk_key_exchange_modes, "010100", "psk_key_exchange_modes: 1 bytes are left over"},
  });
}

TEST_CASE("certificate_authorities (RFC 9846 §4.3.4)") {
  const Hello hello(certificate_authorities, "0008 0002 3000 0002 3001");
  REQUIRE(hello.result);
  CHECK(hello.result->certificate_authorities->size() == 2);
  CHECK(hex((*hello.result->certificate_authorities)[1].name) == "3001");
  check_refused({
      {certificate_authorities, "0000", "certificate_authorities: should not be empty"},
      {certificate_authorities, "0002 0000", "certificate_authorities: an entry of the list is malformed"},
      {certificate_authorities, "0003 000230", "certificate_authorities: an entry of the list is malformed"},
      {certificate_authorities, "0003 000130 00", "certificate_authorities: 1 bytes are left over"},
  });
}

TEST_CASE("extensions that say all by being there") {
  check_flag(signed_certificate_timestamp, &ClientHello::signed_certificate_timestamp);  // RFC 6962 §3.3.1
  check_flag(extended_main_secret, &ClientHello::extended_main_secret);                  // RFC 7627 §5.1
  check_flag(early_data, &ClientHello::early_data);                                      // RFC 9846 §4.3.10
  check_flag(post_handshake_auth, &ClientHello::post_handshake_auth);                    // RFC 9846 §4.3.6
}

TEST_CASE("record_size_limit (RFC 8449 §4)") {
  CHECK(Hello(record_size_limit, "0040").result->record_size_limit == 64);
  CHECK(Hello(record_size_limit, "0041").result->record_size_limit == 65);
  CHECK(Hello(record_size_limit, "ffff").result->record_size_limit == 0xFFFF);
  check_refused({
      {record_size_limit, "003f", "the limit is 63 bytes", Code::bad_record_size_limit},
      {record_size_limit, "0000", "the limit is 0 bytes", Code::bad_record_size_limit},
      {record_size_limit, "40", "record_size_limit: holds 1 bytes instead of 2"},
      {record_size_limit, "004000", "record_size_limit: holds 3 bytes instead of 2"},
  });
}

TEST_CASE("ticket_request (RFC 9149 §3)") {
  CHECK(Hello(ticket_request, "0201").result->ticket_request == TicketRequest{2, 1});
  check_refused({{ticket_request, "02", "ticket_request: should hold two counts"},
                 {ticket_request, "020100", "ticket_request: should hold two counts"}});
}

TEST_CASE("session_ticket, ec_point_formats, renegotiation_info of TLS 1.2") {
  CHECK(Hello(session_ticket, "").result->session_ticket->empty());  // RFC 5077 §3.2: supported, none at hand
  CHECK(hex(*Hello(session_ticket, "aabb").result->session_ticket) == "aabb");
  CHECK(hex(*Hello(ec_point_formats, "020001").result->ec_point_formats) == "0001");
  CHECK(Hello(renegotiation_info, "00").result->renegotiation_info->empty());
  CHECK(hex(*Hello(renegotiation_info, "02aabb").result->renegotiation_info) == "aabb");
  check_refused({
      {ec_point_formats, "", "ec_point_formats: is shorter than its length says"},
      {ec_point_formats, "00", "ec_point_formats: should not be empty"},
      {ec_point_formats, "010001", "ec_point_formats: 1 bytes are left over"},
      {renegotiation_info, "", "renegotiation_info: is shorter than its length says"},
      {renegotiation_info, "0000", "renegotiation_info: 1 bytes are left over"},
  });
}

TEST_CASE("padding (RFC 7685 §3)") {
  CHECK(Hello(padding, "").result->padding == 0);
  CHECK(Hello(padding, "000000").result->padding == 3);
}

TEST_CASE("max_fragment_length and what else is not implemented is not even parsed (RFC 9846 §4.3)") {
  for (ExtensionType type : {max_fragment_length, use_srtp, heartbeat, encrypt_then_mac, compress_certificate,
                             delegated_credential, encrypted_client_hello, quic_transport_parameters}) {
    const Hello hello(type, "ffffff");
    REQUIRE(hello.result);
    CHECK(hello.result->offered().empty());
  }
}

TEST_CASE("pre_shared_key (RFC 9846 §4.3.11)") {
  const std::string identity = "0001 aa 00000005", binder = "20" + times(32, "bb");
  const auto psks = [&](std::size_t identities, std::size_t binders) {
    return be16(7 * identities) + times(identities, identity) + be16(33 * binders) + times(binders, binder);
  };
  const Hello hello(pre_shared_key, psks(1, 1));
  REQUIRE(hello.result);
  CHECK(hex(hello.result->pre_shared_key->identities[0].identity) == "aa");
  CHECK(hello.result->pre_shared_key->identities[0].obfuscated_ticket_age == 5);
  CHECK(hello.result->pre_shared_key->binders[0].binder.size() == 32);
  CHECK(hello.result->binders_size() == 35);

  SUBCASE("a server looks at the first identities only") {
    for (auto [offered, considered] : {std::pair{limits::kMaxPskIdentities - 1, limits::kMaxPskIdentities - 1},
                                       {limits::kMaxPskIdentities, limits::kMaxPskIdentities},
                                       {limits::kMaxPskIdentities + 1, limits::kMaxPskIdentities}}) {
      const Hello many(pre_shared_key, psks(offered, offered));
      REQUIRE(many.result);
      CHECK(many.result->pre_shared_key->identities.size() == offered);
      CHECK(many.result->pre_shared_key->considered() == considered);
    }
  }
  SUBCASE("it MUST be the last extension") {
    const Hello last(joined({extension(early_data, {}), extension(pre_shared_key, unhex(psks(1, 1)))}));
    CHECK(last.result);
    const Hello first(joined({extension(pre_shared_key, unhex(psks(1, 1))), extension(early_data, {})}));
    REQUIRE(first.result);
    CHECK(first.result->bad_psks->code == Code::psk_not_last);
    CHECK_FALSE(first.result->pre_shared_key);
    const Hello unknown(
        joined({extension(pre_shared_key, unhex(psks(1, 1))), extension(static_cast<ExtensionType>(0x1A1A), {})}));
    CHECK(unknown.result->bad_psks->code == Code::psk_not_last);
  }
  // Refused where TLS 1.3 is negotiated; until then it is noted, and the rest of the message is read.
  const auto check_bad = [](std::initializer_list<Refused> cases) {
    for (const Refused& c : cases) {
      CAPTURE(c.data);
      const Hello bad(c.type, c.data);
      REQUIRE(bad.result);
      CHECK_FALSE(bad.result->pre_shared_key);
      REQUIRE(bad.result->bad_psks);
      CHECK(bad.result->bad_psks->code == c.code);
      CHECK(bad.result->bad_psks->detail == c.why);
      CHECK(bad.result->binders_size() == 0);
    }
  };
  check_bad({
      {pre_shared_key, "", "pre_shared_key: the lists of identities and binders do not fit it"},
      {pre_shared_key, psks(0, 1), "pre_shared_key: the lists of identities and binders do not fit it"},
      {pre_shared_key, psks(1, 0), "pre_shared_key: the lists of identities and binders do not fit it"},
      {pre_shared_key, psks(1, 1) + "00", "pre_shared_key: the lists of identities and binders do not fit it"},
      {pre_shared_key, psks(1, 2), "1 identities and 2 binders", Code::binder_count_mismatch},
      {pre_shared_key, psks(2, 1), "2 identities and 1 binders", Code::binder_count_mismatch},
      {pre_shared_key, "0007 0000 aa00000005" + be16(33) + binder, "pre_shared_key: an identity is malformed"},
      {pre_shared_key, "0007" + identity + "0021 1f" + times(32, "bb"), "pre_shared_key: a binder is malformed"},
      {pre_shared_key, "0007" + identity + "0021 21" + times(32, "bb"), "pre_shared_key: a binder is malformed"},
      {pre_shared_key, "0000",
       "pre_shared_key: the lists of identities and binders do not fit it"},  // the server's form
  });
}

TEST_CASE("an extension twice, one that belongs elsewhere, and many that nobody knows") {
  CHECK(failure(Hello(joined({extension(early_data, {}), extension(early_data, {})})).result) ==
        Code::duplicate_extension);
  CHECK(failure(Hello(oid_filters, "0000").result) == Code::extension_not_allowed);
  const auto unknown = [](std::size_t n) {
    ByteVector extensions;
    Writer w(extensions);
    for (std::size_t i = 0; i < n; ++i) Extension{static_cast<ExtensionType>(0x4000 + i), {}}.write(w);
    return extensions;
  };
  for (const std::size_t n : {std::size_t{1}, std::size_t{200}, std::size_t{4000}}) {
    // What is known is read behind them.
    const Hello known(joined({unknown(n), extension(record_size_limit, unhex("0040"))}));
    REQUIRE(known.result);
    CHECK(known.result->record_size_limit == 64);
  }
}
