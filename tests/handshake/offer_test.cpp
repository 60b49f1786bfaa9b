// What a client offers (RFC 9846 §4.2.2), the name it is about, and its second form after a HelloRetryRequest.
#include "handshake/hello/offer.h"

#include <set>

#include "handshake/edit.h"
#include "handshake/world.h"

using namespace tls;
using namespace tls::test;
using handshake::hello::encode_offer;
using handshake::hello::is_address;
using handshake::hello::make_offer;
using handshake::hello::Offer;
using handshake::hello::reference_name;
using handshake::hello::retry_offer;

namespace {

const crypto::SuiteFacts& kSuite = *crypto::find_suite(CipherSuite::TLS_AES_128_GCM_SHA256);

/// Gives 0, 1, 2, ... and keeps how much was drawn at a time.
struct Counting final : Random {
  std::vector<std::size_t> draws;
  std::uint8_t next = 0;
  void fill(MutableBytes out) noexcept override {
    draws.push_back(out.size());
    for (std::uint8_t& b : out) b = next++;
  }
};

struct Client {
  Counting random;
  FakeClock clock;
  ClientConfig::Builder builder = ClientConfig::builder();
  Client() { builder.trust(std::make_shared<Verdict>()).random(random).clock(clock); }
  std::shared_ptr<const ClientSettings> settings() {
    builder.versions(ProtocolVersion::tls13, ProtocolVersion::tls13);
    auto config = builder.build();
    REQUIRE(config);
    random.draws.clear();
    random.next = 0;
    return config->share();
  }
};
Offer offered(const ClientSettings& s, std::string_view name = "example.com") {
  auto offer = make_offer(s, name);
  REQUIRE(offer);
  return std::move(*offer);
}
std::vector<std::uint16_t> types(const ByteVector& message) {
  std::vector<std::uint16_t> all;
  for (const auto& e : Edit(message).extensions) all.push_back(e.type);
  std::ranges::sort(all);
  return all;
}

}  // namespace

TEST_CASE("names: lower case, no trailing dot; addresses as they are; anything else is refused in words") {
  CHECK(reference_name("Example.COM.") == "example.com");
  CHECK(reference_name("a_b.xn--bcher-kva.example") == "a_b.xn--bcher-kva.example");
  CHECK(reference_name("localhost") == "localhost");
  CHECK(reference_name("192.0.2.1") == "192.0.2.1");
  CHECK(reference_name("2001:db8::1") == "2001:db8::1");
  CHECK(is_address("::1"));
  CHECK_FALSE(is_address("192.0.2.1.example"));
  CHECK_FALSE(is_address(std::string_view("127.0.0.1\0x", 11)));
  const std::string label63(63, 'a'), label64(64, 'a');
  std::string host253 = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
  CHECK(host253.size() == 253);
  CHECK(reference_name(host253));
  CHECK(reference_name(host253 + "."));
  CHECK(reference_name(label63));
  for (const std::string& bad : {std::string(), std::string("."), std::string(".a"), std::string("a..b"), label64,
                                 host253 + "b", std::string("a b"), std::string("ex\xC3\xA4mple"), std::string("a/b"),
                                 std::string("[::1]"), std::string("example.com:443"), std::string("a\0b", 3)}) {
    CAPTURE(bad);
    const auto refused = reference_name(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::bad_config);
    CHECK_FALSE(refused.error().detail().empty());
  }
}

TEST_CASE("randomness is drawn in the order that the header promises") {
  Client c;
  c.builder.grease(true)
      .groups({NamedGroup::x25519, NamedGroup::secp256r1})
      .key_shares({NamedGroup::x25519, NamedGroup::secp256r1});
  const Offer offer = offered(*c.settings());
  CHECK(c.random.draws == std::vector<std::size_t>{64, 1, 32, 32});
  CHECK(offer.random[0] == 0);
  CHECK(offer.legacy_session_id.bytes()[0] == 32);
  CHECK(offer.grease == 0x4A4A);  // byte 64
  Client plain;
  plain.builder.compatibility_mode(false);
  (void)offered(*plain.settings());
  CHECK(plain.random.draws == std::vector<std::size_t>{32, 32});
}

TEST_CASE("the extensions of a plain offer, and of one with everything") {
  Client c;
  Offer offer = offered(*c.settings());
  CHECK(types(encode_offer(offer, *c.settings())) == std::vector<std::uint16_t>{0, 5, 10, 13, 43, 51});
  Client all;
  all.builder.alpn({"h2"}).record_size_limit(1024).request_scts(true).certificate_authorities({{0x30, 0x00}});
  offer = offered(*all.settings());
  CHECK(types(encode_offer(offer, *all.settings())) ==
        std::vector<std::uint16_t>{0, 5, 10, 13, 16, 18, 28, 43, 47, 51});
  Client least;
  least.builder.request_ocsp(false).send_server_name(false);
  offer = offered(*least.settings());
  CHECK(types(encode_offer(offer, *least.settings())) == std::vector<std::uint16_t>{10, 13, 43, 51});
  CHECK(offer.extensions.contains(wire::ExtensionType::key_share));
  CHECK_FALSE(offer.extensions.contains(wire::ExtensionType::server_name));
}

TEST_CASE("suites are offered of the configured versions alone") {
  using enum ProtocolVersion;
  for (const auto& [min, max] : {std::pair(tls12, tls12), std::pair(tls13, tls13), std::pair(tls12, tls13)}) {
    Client c;
    ClientSettings s = *c.settings();
    s.min_version = min, s.max_version = max;
    Offer offer = offered(s);
    const Edit sent(encode_offer(offer, s));
    Reader hello(sent.prefix);
    (void)hello.take(2 + 32), (void)hello.vector8();
    std::set<ProtocolVersion> versions;
    for (Reader suites(hello.vector16()); !suites.empty();)
      versions.insert(crypto::find_suite(static_cast<CipherSuite>(suites.u16()))->version);
    CHECK(versions == std::set{min, max});
  }
}

TEST_CASE("RFC 9846 Appendix E.4: a session ID of 32 bytes in compatibility mode, else none") {
  for (const bool compatible : {true, false}) {
    Client c;
    c.builder.compatibility_mode(compatible);
    Offer offer = offered(*c.settings());
    CHECK(encode_offer(offer, *c.settings())[38] == (compatible ? 32 : 0));
    CHECK(offer.legacy_session_id.size() == (compatible ? 32u : 0u));
  }
}

TEST_CASE("RFC 8701: GREASE stands in every list and as an extension, and is stable in a retry") {
  Client c;
  c.builder.grease(true).groups({NamedGroup::x25519, NamedGroup::secp256r1});
  const auto settings = c.settings();
  Offer offer = offered(*settings);
  const ByteVector first = encode_offer(offer, *settings);
  const std::uint16_t grease = offer.grease;
  CHECK(wire::is_grease(grease));
  Edit e(first);
  const std::string g = hex(ByteVector{static_cast<std::uint8_t>(grease >> 8), static_cast<std::uint8_t>(grease)});
  CHECK(hex(*e.find(10)).substr(4, 4) == g);
  CHECK(hex(*e.find(43)).substr(2, 4) == g);
  CHECK(hex(e.prefix).substr(2 * (2 + 32 + 33 + 2), 4) == g);
  CHECK(hex(*e.find(13)).substr(4, 4) == g);
  CHECK(hex(*e.find(51)).substr(4, 10) == g + "000100");  // a share of one byte
  CHECK(e.find(grease) != nullptr);
  {  // a cookie alone: the shares are repeated, this one, too
    Offer again = offered(*settings);
    const ByteVector before = *Edit(encode_offer(again, *settings)).find(51);
    const ByteVector cookie = {1};
    wire::HelloRetryRequest only;
    only.cookie = Bytes(cookie);
    REQUIRE(retry_offer(again, only, kSuite, *settings));
    CHECK(*Edit(encode_offer(again, *settings)).find(51) == before);
  }
  wire::HelloRetryRequest retry;
  retry.key_share = NamedGroup::secp256r1;
  REQUIRE(retry_offer(offer, retry, kSuite, *settings));
  Edit second(encode_offer(offer, *settings));
  CHECK(second.prefix == e.prefix);
  CHECK(*second.find(10) == *e.find(10));
  CHECK(*second.find(13) == *e.find(13));
  CHECK(hex(*second.find(51)).substr(4, 4) == "0017");  // RFC 9846 §4.2.2: the share that was asked for, alone
}

TEST_CASE("a HelloRetryRequest changes the share or the cookie, or is refused") {
  Client c;
  c.builder.groups({NamedGroup::x25519, NamedGroup::secp256r1});
  const auto settings = c.settings();
  static constexpr std::uint8_t kCookie[] = {1, 2, 3};
  wire::HelloRetryRequest retry;
  SUBCASE("neither") {
    Offer offer = offered(*settings);
    CHECK(retry_offer(offer, retry, kSuite, *settings).error().code() == Code::empty_retry);
  }
  SUBCASE("a cookie: the shares are repeated") {
    Offer offer = offered(*settings);
    const ByteVector share = offer.key_shares.at(0).share;
    retry.cookie = Bytes(kCookie);
    REQUIRE(retry_offer(offer, retry, kSuite, *settings));
    REQUIRE(offer.key_shares.size() == 1);
    CHECK(offer.key_shares[0].share == share);
    CHECK(hex(*Edit(encode_offer(offer, *settings)).find(44)) == "0003010203");
  }
  SUBCASE("a group: one new share, the old ones are gone") {
    Offer offer = offered(*settings);
    retry.key_share = NamedGroup::secp256r1;
    REQUIRE(retry_offer(offer, retry, kSuite, *settings));
    REQUIRE(offer.key_shares.size() == 1);
    CHECK(offer.key_shares[0].group->id == NamedGroup::secp256r1);
  }
  SUBCASE("a group that has a share, or was not offered") {
    for (NamedGroup g : {NamedGroup::x25519, NamedGroup::secp384r1, static_cast<NamedGroup>(0x0A0A)}) {
      Offer offer = offered(*settings);
      retry.key_share = g;
      CHECK(retry_offer(offer, retry, kSuite, *settings).error().code() == Code::wrong_group);
    }
  }
}
