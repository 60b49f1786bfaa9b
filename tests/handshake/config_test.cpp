// The builders: what they refuse, in words, and what they fill in.
#include "handshake/sessions.h"
#include "handshake/world.h"

using namespace tls;
using namespace tls::test;

namespace {

ClientConfig::Builder client() {
  auto builder = ClientConfig::builder();
  builder.trust(std::make_shared<Verdict>());
  return builder;
}
ServerConfig::Builder server() {
  auto builder = ServerConfig::builder();
  builder.credentials(std::make_shared<Source>(CredentialPtr()));
  return builder;
}

/// Refused with bad_config and words that hold `word`.
template <class Builder>
void refuses(Builder& builder, std::string_view word) {
  const auto config = builder.build();
  CAPTURE(word);
  REQUIRE_FALSE(config);
  CHECK(config.error().code() == Code::bad_config);
  CHECK_FALSE(config.error().alert());
  CHECK_MESSAGE(config.error().detail().find(word) != std::string::npos, config.error().detail());
}
/// The same setting on both builders.
template <class Change>
void both_refuse(Change change, std::string_view word) {
  auto c = client();
  change(c);
  refuses(c, word);
  auto s = server();
  change(s);
  refuses(s, word);
}
template <class Change>
void both_accept(Change change) {
  auto c = client();
  change(c);
  CHECK(c.build());
  auto s = server();
  change(s);
  CHECK(s.build());
}

}  // namespace

TEST_CASE("the least that a client and a server need") {
  auto bare_client = ClientConfig::builder();
  refuses(bare_client, "trust()");
  auto bare_server = ServerConfig::builder();
  refuses(bare_server, "credentials()");
  both_accept([](auto&) {});
}

TEST_CASE("algorithms: nothing empty, nothing twice, nothing that is not built") {
  using S = CipherSuite;
  both_refuse([](auto& b) { b.cipher_suites({}); }, "no cipher suite");
  both_refuse([](auto& b) { b.cipher_suites({S::TLS_AES_128_GCM_SHA256, S::TLS_AES_128_GCM_SHA256}); }, "twice");
  both_refuse([](auto& b) { b.cipher_suites({static_cast<S>(0x1304)}); }, "not built");
  both_refuse([](auto& b) { b.groups({}); }, "no group");
  both_refuse([](auto& b) { b.groups({NamedGroup::x25519, NamedGroup::x25519}); }, "twice");
  both_refuse([](auto& b) { b.groups({static_cast<NamedGroup>(0x001E)}); }, "not built");
  both_refuse([](auto& b) { b.signature_schemes({}); }, "no signature scheme");
  both_refuse([](auto& b) { b.signature_schemes({SignatureScheme::ed25519, SignatureScheme::ed25519}); }, "twice");
  both_refuse([](auto& b) { b.signature_schemes({static_cast<SignatureScheme>(0x0203)}); }, "not built");
}

TEST_CASE("versions: an order, and suites that belong to one of them") {
  both_refuse([](auto& b) { b.versions(ProtocolVersion::tls13, ProtocolVersion::tls12); }, "above the greatest");
  both_refuse(
      [](auto& b) {
        b.versions(ProtocolVersion::tls13, ProtocolVersion::tls13)
            .cipher_suites({CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256});
      },
      "none of the cipher suites");
}

TEST_CASE("ALPN names: 1 to 255 bytes, none twice, and all of them in one extension") {
  both_refuse([](auto& b) { b.alpn({""}); }, "0 bytes");
  both_accept([](auto& b) { b.alpn({std::string(255, 'a')}); });
  both_refuse([](auto& b) { b.alpn({std::string(256, 'a')}); }, "256 bytes");
  both_refuse([](auto& b) { b.alpn({"h2", "h2"}); }, "twice");
  auto many = [](std::size_t n) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n; ++i)
      names.push_back(std::to_string(i) + std::string(255 - std::to_string(i).size(), 'x'));
    return names;
  };
  both_accept([&](auto& b) { b.alpn(many(255)); });  // 255 * 256 = 65280
  both_refuse([&](auto& b) { b.alpn(many(256)); }, "too long together");
}

TEST_CASE("record_size_limit: 0 for none, 64 to 2^14 + 1") {
  for (const std::uint16_t fine : std::to_array<std::uint16_t>({0, 64, 16385}))
    both_accept([=](auto& b) { b.record_size_limit(fine); });
  for (const std::uint16_t bad : std::to_array<std::uint16_t>({1, 63, 16386, 65535}))
    both_refuse([=](auto& b) { b.record_size_limit(bad); }, "64 to 16385");
}

TEST_CASE("limits of certificates and padding") {
  both_refuse([](auto& b) { b.max_certificate_message(0); }, "max_certificate_message");
  both_accept([](auto& b) { b.max_certificate_message(1); });
  both_accept([](auto& b) { b.max_certificate_message(limits::kMaxConfigurableCertificateMessage); });
  both_refuse([](auto& b) { b.max_certificate_message(limits::kMaxConfigurableCertificateMessage + 1); },
              "max_certificate_message");
  both_refuse([](auto& b) { b.max_fragment(limits::kMinRecordSizeLimit - 1); }, "max_fragment");
  both_accept([](auto& b) { b.max_fragment(limits::kMinRecordSizeLimit); });
  both_accept([](auto& b) { b.max_fragment(limits::kMaxPlaintext); });
  both_refuse([](auto& b) { b.max_fragment(limits::kMaxPlaintext + 1); }, "max_fragment");
  both_accept([](auto& b) { b.padding({.block = static_cast<std::uint16_t>(limits::kMaxPlaintext)}); });
  both_refuse([](auto& b) { b.padding({.block = static_cast<std::uint16_t>(limits::kMaxPlaintext + 1)}); }, "padding");
}

TEST_CASE("names of authorities: none is empty, and all of them fit a message: below, at and above") {
  using Names = std::vector<std::vector<std::uint8_t>>;
  const auto ask = [](const Names& names) {
    return [&names](auto& b) {
      if constexpr (requires { b.client_authorities(names); })
        b.client_authorities(names);
      else
        b.certificate_authorities(names);
    };
  };
  // Each name has a length of two bytes.
  const std::size_t half = limits::kMaxAuthorityNames / 2 - 2;
  for (const std::size_t size : {half - 1, half}) {
    const Names names{std::vector<std::uint8_t>(half, 1), std::vector<std::uint8_t>(size, 1)};
    both_accept(ask(names));
  }
  const Names above{std::vector<std::uint8_t>(half, 1), std::vector<std::uint8_t>(half + 1, 1)}, empty{{}};
  both_refuse(ask(above), "32769");
  both_refuse(ask(empty), "empty");
}

TEST_CASE("limits of sessions: lifetime, tickets, early data and its window, each below, at and above") {
  const auto guard = std::make_shared<TokenSet>(system_clock());
  const auto with = [&](auto change) {
    auto b = server();
    b.tickets(std::make_shared<TicketMap>());
    change(b);
    return b;
  };
  const auto accepts = [&](auto change) {
    auto b = with(change);
    CHECK(b.build());
  };
  const auto refused = [&](auto change, std::string_view word) {
    auto b = with(change);
    refuses(b, word);
  };
  using Lifetime = std::chrono::seconds;
  for (const Lifetime fine : {Lifetime(1), limits::kMaxSessionLifetime})
    accepts([=](auto& b) { b.ticket_lifetime(fine); });
  for (const Lifetime bad : {Lifetime(0), limits::kMaxSessionLifetime + Lifetime(1)})
    refused([=](auto& b) { b.ticket_lifetime(bad); }, "ticket_lifetime");
  accepts([](auto& b) { b.new_tickets(static_cast<std::uint8_t>(limits::kMaxNewTickets)); });
  refused([](auto& b) { b.new_tickets(static_cast<std::uint8_t>(limits::kMaxNewTickets + 1)); }, "new_tickets");
  for (const std::size_t fine : {std::size_t{0}, limits::kMaxSessionContext - 1, limits::kMaxSessionContext})
    accepts([=](auto& b) { b.session_context(std::string(fine, 'c')); });
  refused([](auto& b) { b.session_context(std::string(limits::kMaxSessionContext + 1, 'c')); }, "context");
  for (const std::size_t fine : {std::size_t{0}, limits::kMaxTicketLeaf - 1, limits::kMaxTicketLeaf})
    accepts([=](auto& b) { b.ticket_certificate(fine); });
  refused([](auto& b) { b.ticket_certificate(limits::kMaxTicketLeaf + 1); }, "ticket_certificate");
  accepts([](auto& b) { b.client_auth(ClientAuth::request, std::make_shared<Verdict>()).verify_resumed(true); });
  refused([](auto& b) { b.verify_resumed(true); }, "client_auth");
  constexpr auto kMost = static_cast<std::uint32_t>(limits::kMaxEarlyData);
  for (const std::uint32_t fine : {1u, kMost}) accepts([=](auto& b) { b.early_data(fine, guard); });
  refused([=](auto& b) { b.early_data(kMost + 1, guard); }, "early_data");
  refused([](auto& b) { b.early_data(1, nullptr); }, "guard");
  refused([=](auto& b) { b.early_data(1, guard).tickets(nullptr); }, "tickets()");
  using Window = Clock::Milliseconds;
  for (const Window fine : {Window(1), limits::kMaxReplayWindow})
    accepts([=](auto& b) { b.early_data(1, guard, fine); });
  for (const Window bad : {Window(0), limits::kMaxReplayWindow + Window(1)})
    refused([=](auto& b) { b.early_data(1, guard, bad); }, "window");
}

TEST_CASE("limits of external PSKs: how many, how long their keys, how long all of their names, each at and beyond") {
  const auto psks = [](std::size_t count, std::size_t key, std::size_t identity, std::size_t context = 0) {
    std::vector<std::shared_ptr<const ExternalPsk>> all;
    for (std::size_t i = 0; i < count; ++i) {
      auto psk = std::make_shared<ExternalPsk>();
      psk->identity.assign(identity, static_cast<std::uint8_t>(i));
      psk->context.assign(context, 1);
      psk->key = Secret<ExternalPskRole, 64>(ByteVector(key, 2));
      all.push_back(std::move(psk));
    }
    return all;
  };
  both_accept([&](auto& b) { b.external_psks(psks(limits::kMaxExternalPsks, limits::kMinExternalPsk, 1)); });
  both_refuse([&](auto& b) { b.external_psks(psks(limits::kMaxExternalPsks + 1, 32, 1)); }, "external PSKs");
  both_refuse([&](auto& b) { b.external_psks(psks(1, limits::kMinExternalPsk - 1, 1)); }, "RFC 9257");
  both_refuse([&](auto& b) { b.external_psks(psks(1, 32, 0)); }, "identity");
  both_refuse([](auto& b) { b.external_psks({nullptr}); }, "identity");
  both_accept([&](auto& b) { b.external_psks(psks(1, 32, limits::kMaxExternalPskNames - 9, 9)); });
  both_refuse([&](auto& b) { b.external_psks(psks(1, 32, limits::kMaxExternalPskNames - 9, 10)); }, "ClientHello");
  // What could be no identity and no context at all is refused as such.
  both_refuse([&](auto& b) { b.external_psks(psks(1, 32, 0xFFFF)); }, "ClientHello");
  both_refuse([&](auto& b) { b.external_psks(psks(1, 32, 0x10000)); }, "identity is not 1 to 65535 bytes");
  both_refuse([&](auto& b) { b.external_psks(psks(1, 32, 1, 0xFFFF)); }, "ClientHello");
  both_refuse([&](auto& b) { b.external_psks(psks(1, 32, 1, 0x10000)); }, "context is longer than 65535 bytes");
}

TEST_CASE("a kernel is forced by its name, and an unknown one is refused with the list of those that can run") {
  both_refuse([](auto& b) { b.force_kernel("no-such-kernel"); }, "");
  auto c = client();
  const std::string name(crypto::Provider::best().aead(crypto::AeadId::aes_128_gcm).name);
  c.force_kernel(name);
  const auto config = c.build();
  REQUIRE(config);
  CHECK(config->settings().provider.aead(crypto::AeadId::aes_128_gcm).name == name);
}

TEST_CASE("key shares: for configured groups, none twice, put into the groups' order; by default the first group's") {
  auto fallback = client();
  fallback.groups({NamedGroup::secp256r1, NamedGroup::x25519});
  CHECK(fallback.build()->settings().key_shares == std::vector{NamedGroup::secp256r1});
  auto none = client();
  none.key_shares({});
  CHECK(none.build()->settings().key_shares.empty());
  auto order = client();
  order.groups({NamedGroup::secp256r1, NamedGroup::x25519}).key_shares({NamedGroup::x25519, NamedGroup::secp256r1});
  CHECK(order.build()->settings().key_shares == std::vector{NamedGroup::secp256r1, NamedGroup::x25519});
  auto twice = client();
  twice.key_shares({NamedGroup::x25519, NamedGroup::x25519});
  refuses(twice, "twice");
  auto foreign = client();
  foreign.groups({NamedGroup::x25519}).key_shares({NamedGroup::secp256r1});
  refuses(foreign, "secp256r1");
}

TEST_CASE("a server that asks for client certificates needs a verifier; always_retry needs a cookie") {
  for (ClientAuth mode : {ClientAuth::request, ClientAuth::require}) {
    auto s = server();
    s.client_auth(mode, nullptr);
    refuses(s, "verifier");
    s.client_auth(mode, std::make_shared<Verdict>());
    CHECK(s.build());
  }
  auto s = server();
  s.client_auth(ClientAuth::none, nullptr).always_retry(true);
  CHECK(s.build());
  s.retry_cookie(false);
  refuses(s, "always_retry");
}

TEST_CASE("each server configuration has a cookie key of its own, from its Random") {
  SeededRandom one(1), two(2);
  auto a = server(), b = server(), c = server();
  const auto key = [](auto& builder, Random& random) { return builder.random(random).build()->settings().cookie_key; };
  SeededRandom again(1);
  const auto first = key(a, one);
  CHECK(first != key(b, two));
  CHECK(first == key(c, again));
}

TEST_CASE("a configuration does not change when its builder goes on") {
  auto c = client();
  c.alpn({"h2"});
  const auto config = c.build();
  REQUIRE(config);
  c.alpn({"http/1.1"});
  CHECK(config->settings().alpn == std::vector<std::string>{"h2"});
  const ClientConfig copy = *config;  // a handle
  CHECK(&copy.settings() == &config->settings());
}
