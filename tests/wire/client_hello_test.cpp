// ClientHello (RFC 9846 §4.2.2): the fields before the extensions, and what the message says as a whole.
#include "wire/client_hello.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "wire/samples.h"

using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;

namespace {

/// The fields before the extensions, as hex.
struct Prefix {
  std::string legacy_version = "0303", random = std::string(64, 'a'), legacy_session_id = "00",
              cipher_suites = "00021301", legacy_compression_methods = "0100";
  [[nodiscard]] ByteVector bytes() const {
    return unhex(legacy_version + random + legacy_session_id + cipher_suites + legacy_compression_methods);
  }
};

}  // namespace

TEST_CASE("what a ClientHello says comes back as it was said") {
  const FullHello full;
  const ByteVector body = body_of(full.hello);
  const auto parsed = ClientHello::parse(body);
  REQUIRE(parsed);
  CHECK(*parsed == full.hello);
  CHECK(parsed->server_name == "example.com");
  CHECK(parsed->cipher_suites.size() == 2);
  CHECK(parsed->cipher_suites[1] == CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
  CHECK((*parsed->key_share)[0].group == NamedGroup::x25519);
  CHECK((*parsed->alpn)[1].name == Opaque(as_bytes("http/1.1")));
  CHECK(parsed->pre_shared_key->identities[0].obfuscated_ticket_age == 0x01020304);
  CHECK(parsed->supported_groups->contains(NamedGroup::secp256r1));
  CHECK_FALSE(parsed->supported_groups->contains(NamedGroup::secp384r1));
  CHECK(parsed->offers(PskKeyExchangeMode::psk_dhe_ke));
}

TEST_CASE("a ClientHello without extensions is one of TLS 1.2") {
  const ByteVector body = Prefix{}.bytes();
  const auto hello = ClientHello::parse(body);
  REQUIRE(hello);
  CHECK_FALSE(hello->supported_versions);
  CHECK(hello->offered().empty());
  CHECK(hello->binders_size() == 0);
  CHECK_FALSE(hello->offers(PskKeyExchangeMode::psk_ke));
  CHECK(body_of(*hello) == body);

  SUBCASE("and so is one whose block of extensions is empty") {
    const ByteVector empty = joined({body, unhex("0000")});
    const auto other = ClientHello::parse(empty);
    REQUIRE(other);
    CHECK(*other == *hello);
  }
}

TEST_CASE("any legacy_version parses: what to make of it is negotiation") {
  for (const char* version : {"0300", "0301", "0303", "0304", "7f1c", "ffff"}) {
    const auto hello = ClientHello::parse(Prefix{.legacy_version = version}.bytes());
    REQUIRE(hello);
    CHECK(static_cast<std::uint16_t>(hello->legacy_version) == std::stoi(version, nullptr, 16));
  }
}

TEST_CASE("legacy_session_id<0..32>") {
  for (std::size_t size : {0u, 1u, 31u, 32u}) {
    const ByteVector body =
        Prefix{.legacy_session_id = hex(ByteVector{static_cast<std::uint8_t>(size)}) + times(size, "5d")}.bytes();
    const auto hello = ClientHello::parse(body);
    REQUIRE(hello);
    CHECK(hello->legacy_session_id.size() == size);
  }
  CHECK(failure(ClientHello::parse(Prefix{.legacy_session_id = "21" + times(33, "5d")}.bytes())) == Code::decode_error);
}

TEST_CASE("cipher_suites<2..2^16-2>") {
  CHECK(ClientHello::parse(Prefix{.cipher_suites = "0002ffff"}.bytes()));
  CHECK(ClientHello::parse(Prefix{.cipher_suites = "fffe" + times(0x7FFF, "1301")}.bytes()));
  CHECK(failure(ClientHello::parse(Prefix{.cipher_suites = "0000"}.bytes())) == Code::decode_error);
  CHECK(failure(ClientHello::parse(Prefix{.cipher_suites = "000113"}.bytes())) == Code::decode_error);
  const ByteVector odd = Prefix{.cipher_suites = "0003130113"}.bytes();
  CHECK(failure(ClientHello::parse(odd)) == Code::decode_error);
  CHECK(why(ClientHello::parse(odd)) == "cipher_suites has an odd number of bytes");
}

TEST_CASE("legacy_compression_methods<1..2^8-1>: which ones is negotiation") {
  CHECK(ClientHello::parse(Prefix{.legacy_compression_methods = "020100"}.bytes()));
  CHECK(ClientHello::parse(Prefix{.legacy_compression_methods = "ff" + times(255, "00")}.bytes()));
  CHECK(failure(ClientHello::parse(Prefix{.legacy_compression_methods = "00"}.bytes())) == Code::decode_error);
}

TEST_CASE("a ClientHello that is cut short anywhere is refused") {
  const ByteVector body = body_of(FullHello{}.hello);
  const std::size_t without_extensions = Prefix{}.bytes().size() + 32 + 2;  // the sample's session ID and second suite
  for (std::size_t size = 0; size < body.size(); ++size) {
    const auto hello = ClientHello::parse(Bytes(body).first(size));
    CHECK_MESSAGE(hello.has_value() == (size == without_extensions), size);
    if (!hello) CHECK(hello.error().alert() == Alert::decode_error);
  }
}

TEST_CASE("nothing follows the extensions (RFC 9846 §4.2.2)") {
  ByteVector body = body_of(FullHello{}.hello);
  body.push_back(0);
  CHECK(failure(ClientHello::parse(body)) == Code::decode_error);
}

TEST_CASE("offered() is what the ClientHello holds, as far as anybody may answer it") {
  const FullHello full;
  const ByteVector body = body_of(full.hello);
  const std::size_t before = Prefix{}.bytes().size() + 32 + 2 + 2;  // and the length of the block
  const auto sent = ExtensionList::parse(Bytes(body).subspan(before));
  REQUIRE(sent);
  ExtensionSet expected;
  for (const Extension& e : *sent) expected.insert(e.extension_type);
  CHECK(full.hello.offered() == expected);
  CHECK(sent->size() == 23);  // every member of the struct, and GREASE
}

TEST_CASE("EMPTY_RENEGOTIATION_INFO_SCSV offers renegotiation_info (RFC 5746 §3.3)") {
  const ByteVector body = Prefix{.cipher_suites = "0004c02b00ff"}.bytes();
  const auto hello = ClientHello::parse(body);
  REQUIRE(hello);
  CHECK_FALSE(hello->renegotiation_info);
  CHECK(hello->offered() == ExtensionSet{ExtensionType::renegotiation_info});
}

TEST_CASE("Truncate(ClientHello) ends before the binders list (RFC 9846 §4.3.11.2)") {
  FullHello full;
  const ByteVector body = body_of(full.hello);
  CHECK(full.hello.binders_size() == 2 + 1 + 32);
  const auto truncated = Bytes(body).first(body.size() - full.hello.binders_size());
  CHECK(hex(truncated.last(4)) == "01020304");  // obfuscated_ticket_age ends the identities

  // The lengths are as if binders were there: other binders of the same size change nothing before them.
  std::ranges::fill(full.binders, std::uint8_t{0x99});
  full.binders[0] = 32;
  const ByteVector other = body_of(full.hello);
  CHECK(Opaque(Bytes(other).first(truncated.size())) == Opaque(truncated));
  CHECK(other != body);
}

TEST_CASE("a GREASE extension is kept, and others that nobody knows are ignored (RFC 8701 §3.1)") {
  const ByteVector extensions = joined({extension(static_cast<ExtensionType>(0x1234), unhex("ffff")),
                                        extension(static_cast<ExtensionType>(0xBABA), unhex("00")),
                                        extension(static_cast<ExtensionType>(0x0A0A), {})});
  const ByteVector body = joined({Prefix{}.bytes(), block16(extensions)});
  const auto hello = ClientHello::parse(body);
  REQUIRE(hello);
  REQUIRE(hello->grease);
  CHECK(hello->grease->extension_type == static_cast<ExtensionType>(0xBABA));
  CHECK(hello->offered().empty());
}

TEST_CASE("is_grease tells the sixteen values of RFC 8701 §2 from all others") {
  unsigned count = 0;
  for (unsigned value = 0; value <= 0xFFFF; ++value) count += is_grease(static_cast<std::uint16_t>(value));
  CHECK(count == 16);
  CHECK(is_grease(0x0A0A));
  CHECK(is_grease(0xFAFA));
  CHECK_FALSE(is_grease(0x0A1A));
}
