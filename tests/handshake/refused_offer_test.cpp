// What a server's ConnectionInfo says of a ClientHello that it could not answer: what it offered.
#include <algorithm>

#include "handshake/edit.h"
#include "handshake/pair.h"

using namespace tls;
using namespace tls::test;

namespace {

/// Runs a handshake that the server refuses, with a change of the ClientHello if there is one.
std::shared_ptr<const ClientOffer> refused(World& w, Code why, std::function<void(ByteVector&)> change = {}) {
  Pair p(w);
  if (change)
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (from_client && m[0] == 1) change(m);
    };
  p.run();
  REQUIRE(p.server.code() == why);
  return p.server.handshake->take_info().refused_offer;
}

}  // namespace

TEST_CASE("a group that nobody has in common: the client's groups, and all else that it offers") {
  World w;
  w.client.groups({NamedGroup::x25519}).alpn({"h2", "http/1.1"});
  w.server.groups({NamedGroup::secp384r1});
  const auto offer = refused(w, Code::no_shared_group);
  REQUIRE(offer);
  CHECK(offer->versions == std::vector{ProtocolVersion::tls13});
  CHECK(offer->groups == std::vector{NamedGroup::x25519});
  CHECK(std::ranges::find(offer->suites, CipherSuite::TLS_AES_128_GCM_SHA256) != offer->suites.end());
  CHECK(std::ranges::find(offer->signature_schemes, SignatureScheme::ed25519) != offer->signature_schemes.end());
  CHECK(offer->alpn == std::vector<std::string>{"h2", "http/1.1"});
}

TEST_CASE("values that are not built stay what they are") {
  World w;
  w.client.versions(ProtocolVersion::tls13, ProtocolVersion::tls13);
  // supported_versions: SSL 3.0, TLS 1.0 and TLS 1.1.
  const auto offer =
      refused(w, Code::unsupported_version, [](ByteVector& m) { m = Edit(m).set(43, "06030003010302").message(); });
  REQUIRE(offer);
  CHECK(offer->versions == std::vector{static_cast<ProtocolVersion>(0x0300), static_cast<ProtocolVersion>(0x0301),
                                       static_cast<ProtocolVersion>(0x0302)});
}

TEST_CASE("without supported_versions it is legacy_version") {
  World w;
  const auto offer = refused(w, Code::unsupported_version, [](ByteVector& m) {
    m = Edit(m).remove(43).message();
    m[4] = 3, m[5] = 1;
  });
  REQUIRE(offer);
  CHECK(offer->versions == std::vector{static_cast<ProtocolVersion>(0x0301)});
}

TEST_CASE("a credential that fits nothing, too, where it is known at once; later nothing is kept") {
  for (const When when : {When::now, When::later}) {
    World w;
    w.client.signature_schemes({SignatureScheme::ed25519});
    w.source = std::make_shared<Source>(credential(KeyKind::rsa), when);
    w.server.credentials(w.source);
    const auto offer = refused(w, Code::no_shared_signature_scheme);
    CHECK((offer != nullptr) == (when == When::now));
    if (offer) CHECK(offer->signature_schemes == std::vector{SignatureScheme::ed25519});
  }
}

TEST_CASE("of each list at most kMaxNotedOffers values are kept") {
  for (const std::size_t n : {limits::kMaxNotedOffers - 1, limits::kMaxNotedOffers, limits::kMaxNotedOffers + 1}) {
    World w;
    const auto offer = refused(w, Code::no_shared_signature_scheme, [n](ByteVector& m) {
      ByteVector schemes;
      Writer list(schemes);
      list.u16(2 * n);
      for (std::size_t i = 0; i < n; ++i) list.u16(0xFD00 + i);
      m = Edit(m).set(13, hex(schemes)).message();
    });
    REQUIRE(offer);
    CHECK(offer->signature_schemes.size() == std::min(n, limits::kMaxNotedOffers));
  }
}
