// The server's decisions as pure functions (RFC 9846 §4.2.1): a ClientHello and settings in, a decision out.
#include "handshake/hello/negotiate.h"

#include "crypto/provider.h"
#include "handshake/world.h"
#include "wire/entries.h"

using namespace tls;
using namespace tls::test;
using handshake::hello::choose_version;
using handshake::hello::Decision13;
using handshake::hello::negotiate13;
using handshake::hello::unchanging_part;

namespace {

constexpr auto kAes128 = CipherSuite::TLS_AES_128_GCM_SHA256, kAes256 = CipherSuite::TLS_AES_256_GCM_SHA384,
               kChaCha = CipherSuite::TLS_CHACHA20_POLY1305_SHA256;
constexpr auto kX25519 = NamedGroup::x25519, kSecp256 = NamedGroup::secp256r1, kSecp384 = NamedGroup::secp384r1;
constexpr auto kGrease16 = 0x2A2A;

/// A ClientHello with memory of its own.
struct Hello {
  ByteVector suites, groups, schemes, versions, shares, protocols,
      share = ByteVector(32, 7), session = ByteVector(32, 9), modes, identities, binders;
  wire::ClientHello m;
  Hello(const Hello&) = delete;  // it looks into itself
  Hello& operator=(const Hello&) = delete;
  Hello() {
    m.legacy_session_id = session;
    offer({kAes128, kAes256, kChaCha});
    group({kX25519, kSecp256, kSecp384});
    share_for({kX25519});
    m.signature_algorithms =
        wire::SignatureSchemeList::write(schemes, std::to_array({SignatureScheme::ecdsa_secp256r1_sha256}));
    version({ProtocolVersion::tls13});
  }
  Hello& offer(std::vector<CipherSuite> list) {
    return m.cipher_suites = wire::CipherSuiteList::write(suites, list), *this;
  }
  Hello& group(std::vector<NamedGroup> list) {
    return m.supported_groups = wire::NamedGroupList::write(groups, list), *this;
  }
  Hello& version(std::vector<ProtocolVersion> list) {
    return m.supported_versions = wire::ProtocolVersionList::write(versions, list), *this;
  }
  Hello& share_for(std::vector<NamedGroup> list) {
    std::vector<wire::KeyShareEntry> entries;
    for (NamedGroup g : list) entries.push_back({g, Bytes(share)});
    return m.key_share = wire::KeyShareList::write(shares, entries), *this;
  }
  Hello& alpn(std::vector<std::string_view> list) {
    std::vector<wire::ProtocolName> names;
    for (auto n : list) names.push_back({as_bytes(n)});
    return m.alpn = wire::ProtocolNameList::write(protocols, names), *this;
  }
  Hello& mode(ByteVector list) {
    modes = std::move(list);
    return m.psk_key_exchange_modes = Bytes(modes), *this;
  }
  /// A PSK that nobody looks at yet.
  Hello& psk() {
    const std::vector<wire::PskIdentity> one{{Bytes(share), 0}};
    const std::vector<wire::PskBinderEntry> its{{Bytes(share)}};
    m.pre_shared_key =
        wire::OfferedPsks{wire::PskIdentityList::write(identities, one), wire::PskBinderList::write(binders, its)};
    return *this;
  }
};
constexpr std::uint8_t kPskKe = 0, kPskDheKe = 1;

/// Settings of a server, changed by `change`.
std::shared_ptr<const ServerSettings> server(void (*change)(ServerConfig::Builder&) = nullptr) {
  static World& w = *new World;
  auto builder = ServerConfig::builder();
  builder.credentials(w.source).random(w.random).clock(w.clock);
  builder.cipher_suites({kAes256, kAes128, kChaCha}).groups({kX25519, kSecp256, kSecp384});
  if (change) change(builder);
  auto config = builder.build();
  REQUIRE(config);
  return config->share();
}
Decision13 decided(const Hello& hello, const std::shared_ptr<const ServerSettings>& settings) {
  auto d = negotiate13(hello.m, *settings);
  REQUIRE_MESSAGE(d, (d ? "" : d.error().message()));
  return std::move(*d);
}
Code refused(const Hello& hello, const std::shared_ptr<const ServerSettings>& settings) {
  auto d = negotiate13(hello.m, *settings);
  REQUIRE_FALSE(d);
  CHECK_FALSE(d.error().message().empty());
  return d.error().code();
}

}  // namespace

TEST_CASE("suites: by the server's order, or the client's when that is configured") {
  const Hello hello;
  CHECK(decided(hello, server()).suite->id == kAes256);
  CHECK(decided(hello, server([](auto& b) { b.prefer_server_order(false); })).suite->id == kAes128);
  CHECK(decided(Hello().offer({kAes128}), server()).suite->id == kAes128);
}

TEST_CASE("suites: one that is offered twice counts once") {
  CHECK(decided(Hello().offer({kAes128, kAes256, kAes128}), server()).suites.size() == 2);
}

TEST_CASE("suites: a client that puts ChaCha20 first has no AES instructions, so its order wins") {
  CHECK(decided(Hello().offer({kChaCha, kAes256}), server()).suite->id == kChaCha);
  CHECK(decided(Hello().offer({static_cast<CipherSuite>(kGrease16), kChaCha, kAes256}), server()).suite->id == kChaCha);
  CHECK(decided(Hello().offer({kAes128, kChaCha, kAes256}), server()).suite->id == kAes256);
  const auto without = server([](auto& b) { b.cipher_suites({kAes256, kAes128}); });
  CHECK(decided(Hello().offer({kChaCha, kAes128, kAes256}), without).suite->id == kAes256);
}

TEST_CASE("suites: those of TLS 1.2, signals and unknown ones are passed over; none in common says what there was") {
  CHECK(decided(Hello().offer(
                    {CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, static_cast<CipherSuite>(0x00FF), kAes128}),
                server())
            .suite->id == kAes128);
  Hello fresh;
  fresh.offer({CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, static_cast<CipherSuite>(0x1304)});
  auto d = negotiate13(fresh.m, *server());
  REQUIRE_FALSE(d);
  CHECK(d.error().code() == Code::no_shared_cipher);
  CHECK(d.error().detail().find("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256") != std::string::npos);
  CHECK(d.error().detail().find("TLS_AES_256_GCM_SHA384") != std::string::npos);
}

TEST_CASE("groups: a share that is there beats a group that is preferred; without any, the preferred is asked for") {
  const auto p256_first = server([](auto& b) { b.groups({kSecp256, kX25519}); });
  Hello with_x25519;
  Decision13 d = decided(with_x25519, p256_first);
  CHECK(d.group->id == kX25519);
  CHECK(d.client_share == with_x25519.share);
  Hello both;
  both.share_for({kX25519, kSecp256});
  CHECK(decided(both, p256_first).group->id == kSecp256);
  Hello empty;
  empty.share_for({});
  d = decided(empty, p256_first);
  CHECK(d.group->id == kSecp256);
  CHECK(d.client_share.empty());
  CHECK(decided(empty, server([](auto& b) { b.groups({kSecp256, kX25519}).prefer_server_order(false); })).group->id ==
        kX25519);
  Hello other;
  other.share_for({kSecp384});
  d = decided(other, server([](auto& b) { b.groups({kX25519, kSecp256}); }));
  CHECK(d.group->id == kX25519);
  CHECK(d.client_share.empty());
}

TEST_CASE("groups: shares of unknown groups are passed over, however many, and a known one behind them is taken") {
  std::vector<NamedGroup> groups;
  for (std::uint16_t i = 0; i < 1000; ++i) groups.push_back(static_cast<NamedGroup>(0x1000 + i));
  groups.push_back(kSecp256);
  Hello behind;
  behind.group(groups).share_for(groups);
  const Decision13 d = decided(behind, server());
  CHECK(d.group->id == kSecp256);
  CHECK(d.client_share == behind.share);
  groups.back() = static_cast<NamedGroup>(0x0019);
  groups.push_back(kX25519);
  Hello none;
  none.group(groups);
  groups.pop_back();
  none.share_for(groups);
  CHECK(decided(none, server()).group->id == kX25519);
  CHECK(decided(none, server()).client_share.empty());
}

TEST_CASE("groups: none in common, and shares that RFC 9846 §4.3.8 forbids") {
  Hello hello;
  hello.group({static_cast<NamedGroup>(0x0019), static_cast<NamedGroup>(kGrease16)}).share_for({});
  CHECK(refused(hello, server()) == Code::no_shared_group);
  Hello unlisted;
  unlisted.group({kSecp256}).share_for({kX25519});
  CHECK(refused(unlisted, server()) == Code::wrong_group);
  Hello order;
  order.group({kSecp256, kX25519}).share_for({kX25519, kSecp256});
  CHECK(refused(order, server()) == Code::wrong_group);
  Hello subset;
  subset.group({kSecp384, kX25519, kSecp256}).share_for({kSecp384, kSecp256});
  CHECK(decided(subset, server()).group->id == kSecp256);
  Hello twice;
  twice.group({kX25519, kSecp256}).share_for({kX25519, kX25519});
  CHECK(refused(twice, server()) == Code::wrong_group);
}

TEST_CASE("RFC 9846 §9.2: what must be there") {
  Hello a, b, c;
  a.m.signature_algorithms.reset();
  b.m.supported_groups.reset();
  c.m.key_share.reset();
  for (const Hello* hello : {&a, &b, &c}) {
    auto d = negotiate13(hello->m, *server());
    REQUIRE_FALSE(d);
    CHECK(d.error().code() == (hello == &c ? Code::missing_key_share : Code::missing_extension));
    CHECK(d.error().alert() == Alert::missing_extension);
  }
  // Without a PSK neither may be missing, with one both or none.
  Hello neither, share_alone;
  neither.m.supported_groups.reset(), neither.m.key_share.reset();
  CHECK(refused(neither, server()) == Code::missing_extension);
  share_alone.psk().mode({kPskDheKe}).m.supported_groups.reset();
  CHECK(refused(share_alone, server()) == Code::missing_extension);
  Hello compressed;
  static constexpr std::uint8_t kTwo[] = {0, 1};
  compressed.m.legacy_compression_methods = kTwo;
  CHECK(refused(compressed, server()) == Code::bad_compression);
}

TEST_CASE("RFC 9846 §4.3.9: a PSK in a mode that the client names, and none without a PSK") {
  using handshake::hello::PskMode;
  const auto lenient = server([](auto& b) { b.psk_without_key_exchange(true); });
  CHECK(decided(Hello().mode({kPskDheKe, kPskKe}), lenient).psk_mode == PskMode::none);
  CHECK(decided(Hello().psk().mode({kPskDheKe, kPskKe}), lenient).psk_mode == PskMode::with_exchange);
  CHECK(decided(Hello().psk().mode({kPskKe}), lenient).psk_mode == PskMode::without_exchange);
  CHECK(decided(Hello().psk().mode({kPskKe}), server()).psk_mode == PskMode::none);
  // With no group there can be no exchange.
  for (const std::uint8_t mode : {kPskKe, kPskDheKe}) {
    Hello bare;
    bare.psk().mode({mode}).m.supported_groups.reset();
    bare.m.key_share.reset();
    if (mode == kPskKe)
      CHECK(decided(bare, lenient).psk_mode == PskMode::without_exchange);
    else
      CHECK(refused(bare, lenient) == Code::unknown_psk_identity);
  }
}

TEST_CASE("versions: supported_versions alone decides, the newest that both have") {
  ServerSettings s = *server();
  auto both = [&](ProtocolVersion min, ProtocolVersion max) { s.min_version = min, s.max_version = max; };
  using enum ProtocolVersion;
  both(tls12, tls13);
  CHECK(choose_version(Hello().version({tls12, tls13}).m, s) == tls13);
  CHECK(choose_version(Hello().version({static_cast<ProtocolVersion>(kGrease16), tls12}).m, s) == tls12);
  CHECK_FALSE(choose_version(Hello().version({static_cast<ProtocolVersion>(0x0302)}).m, s));
  Hello old;
  old.m.supported_versions.reset();
  CHECK(choose_version(old.m, s) == tls12);
  old.m.legacy_version = static_cast<ProtocolVersion>(0x0304);  // RFC 9846 §4.3.1: still TLS 1.2 at best
  CHECK(choose_version(old.m, s) == tls12);
  old.m.legacy_version = static_cast<ProtocolVersion>(0x0302);
  CHECK(choose_version(old.m, s).error().code() == Code::unsupported_version);
  both(tls13, tls13);
  CHECK(choose_version(Hello().version({tls12, tls13}).m, s) == tls13);
  CHECK(choose_version(Hello().version({tls12}).m, s).error().alert() == Alert::protocol_version);
  both(tls12, tls12);
  CHECK(choose_version(Hello().version({tls12, tls13}).m, s) == tls12);
}

TEST_CASE("ALPN: a credential source is told of the first 64 protocols, however many are offered") {
  for (const std::size_t offered : {63u, 64u, 65u, 30'000u}) {
    const std::vector<std::string_view> names(offered, "x");
    const CredentialRequest asked = decided(Hello().alpn(names), server()).credential;
    CHECK(asked.alpn.size() == std::min<std::size_t>(offered, limits::kMaxOfferedProtocols));
  }
}

TEST_CASE("ALPN: the server's order; nothing in common fails, or is nothing when that is configured") {
  const auto h2_first = server([](auto& b) { b.alpn({"h2", "http/1.1"}); });
  CHECK(decided(Hello().alpn({"http/1.1", "h2"}), h2_first).alpn == "h2");
  CHECK(decided(Hello().alpn({"http/1.1"}), h2_first).alpn == "http/1.1");
  CHECK(decided(Hello(), h2_first).alpn.empty());
  CHECK(decided(Hello().alpn({"h2"}), server()).alpn.empty());
  CHECK(refused(Hello().alpn({"h3", "H2"}), h2_first) == Code::no_application_protocol);  // octets, not letters
  CHECK(decided(Hello().alpn({"h3"}), server([](auto& b) { b.alpn({"h2"}).require_alpn(false); })).alpn.empty());
  // A certificate may depend on it, as that of RFC 8737 does.
  CHECK(decided(Hello().alpn({"acme-tls/1", "h2"}), server()).credential.alpn ==
        std::vector<std::string>{"acme-tls/1", "h2"});
}

TEST_CASE("names are looked up in lower case and without a trailing dot") {
  Hello hello;
  hello.m.server_name = "WWW.Example.COM.";
  const Decision13 d = decided(hello, server());
  CHECK(d.server_name == "www.example.com");
  CHECK(d.credential.server_name == "www.example.com");
  CHECK(d.credential.for_server);
  CHECK(d.credential.signature_schemes == std::vector{SignatureScheme::ecdsa_secp256r1_sha256});
  CHECK_FALSE(decided(Hello(), server()).server_name);
}

TEST_CASE("a decision owns what it needs: the ClientHello may go") {
  auto hello = std::make_unique<Hello>();
  hello->m.record_size_limit = 512;
  hello->m.status_request = true;
  hello->m.random.fill(3);
  const Decision13 d = decided(*hello, server());
  hello.reset();
  CHECK(d.client_share == ByteVector(32, 7));
  CHECK(hex(d.legacy_session_id.bytes()) == hex(ByteVector(32, 9)));
  CHECK(d.peer_record_size_limit == 512);
  CHECK(d.staples.ocsp);
  CHECK_FALSE(d.staples.scts);
  CHECK(d.client_random[31] == 3);
}

TEST_CASE("authorities are kept up to kMaxAuthorities: a name of one byte would cost us twenty times what it costs") {
  for (const std::size_t n : {limits::kMaxAuthorities - 1, limits::kMaxAuthorities, limits::kMaxAuthorities + 1}) {
    static constexpr std::uint8_t kName[] = {0x30};
    ByteVector storage;
    Hello hello;
    hello.m.certificate_authorities = wire::DistinguishedNameList::write(
        storage, std::vector<wire::DistinguishedName>(n, wire::DistinguishedName{Bytes(kName)}));
    const auto kept = decided(hello, server()).credential.authorities;
    CHECK(kept.size() == std::min(n, limits::kMaxAuthorities));
    CHECK(kept.back() == ByteVector{0x30});
  }
}

TEST_CASE("RFC 9846 §4.2.2: what a second ClientHello may change does not count, all else does") {
  const crypto::Provider provider = crypto::Provider::best();
  auto digest = [&](const Hello& h) {
    const crypto::Digest d = unchanging_part(h.m, provider.hash(crypto::HashId::sha256));
    return hex(d.bytes());
  };
  const std::string before = digest(Hello());
  static constexpr std::uint8_t kCookie[] = {1, 2};
  Hello may;
  may.share_for({kSecp256});
  may.m.cookie = Bytes(kCookie);
  may.m.padding = 100;
  may.m.early_data = true;
  CHECK(digest(may) == before);
  const auto changes = std::to_array<void (*)(Hello&)>(
      {[](Hello& h) { h.m.random[0] ^= 1; }, [](Hello& h) { h.session[0] ^= 1; }, [](Hello& h) { h.offer({kAes128}); },
       [](Hello& h) { h.group({kX25519}); }, [](Hello& h) { h.alpn({"h2"}); }, [](Hello& h) { h.m.server_name = "x"; },
       [](Hello& h) { h.m.status_request = true; }, [](Hello& h) { h.m.record_size_limit = 64; },
       [](Hello& h) { h.m.legacy_version = static_cast<ProtocolVersion>(0x0301); },
       [](Hello& h) { h.version({ProtocolVersion::tls13, ProtocolVersion::tls12}); },
       [](Hello& h) { h.m.post_handshake_auth = true; }, [](Hello& h) { h.m.signature_algorithms.reset(); }});
  for (const auto change : changes) {
    Hello changed;
    change(changed);
    CHECK(digest(changed) != before);
  }
}
