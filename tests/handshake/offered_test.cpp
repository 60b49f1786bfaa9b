// A peer chooses among what was offered, and nothing else: where no other check would notice, for what was not offered
// fits the key, the transcript and the other side.
#include "handshake/edit.h"
#include "handshake/pair.h"

using namespace tls;
using namespace tls::test;
using handshake::On;

namespace {

constexpr unsigned kSignatureAlgorithms = 13, kEarlyData = 42, kKeyShare = 51;

/// Changes messages of that type before they enter the sender's transcript: both sides see the same, but the settings
/// that the answer is held against say something else. `nth`: which of them, from 0.
std::function<void(ByteVector&)> rewriting(On type, int nth, std::function<void(Edit&)> change) {
  return [=, seen = 0](ByteVector& m) mutable {
    if (static_cast<On>(m[0]) != type || seen++ != nth) return;
    Edit e(m);
    change(e);
    m = e.message();
  };
}
void offer_p256(Edit& e) { e.set(kSignatureAlgorithms, "00020403"); }  // ecdsa_secp256r1_sha256

/// A first share that the server has no use for, and two groups that it has.
struct Retried : World {
  Retried() {
    client.groups({NamedGroup::secp384r1, NamedGroup::secp256r1, NamedGroup::x25519});
    client.key_shares({NamedGroup::secp384r1});
    server.groups({NamedGroup::secp256r1, NamedGroup::x25519});
  }
};

}  // namespace

TEST_CASE("RFC 9846 §4.5.2: a signature that verifies, by a scheme that was not offered: the server's") {
  World w;
  w.client.signature_schemes({SignatureScheme::ed25519});
  w.client_replay.rewrite = rewriting(On::client_hello, 0, offer_p256);
  Pair p(w);
  p.run();
  CHECK(p.client.code() == Code::wrong_signature_scheme);
  REQUIRE(p.client.error);
  CHECK(p.client.error->alert() == Alert::illegal_parameter);
}

TEST_CASE("RFC 9846 §4.5.2: a signature that verifies, by a scheme that was not offered: the client's") {
  World w;
  w.server.signature_schemes({SignatureScheme::ed25519}).client_auth(ClientAuth::require, w.client_verdict);
  w.client.credentials(std::make_shared<Source>(credential(KeyKind::ecdsa_p256)));
  w.server_replay.rewrite = rewriting(On::certificate_request, 0, offer_p256);
  Pair p(w);
  p.run();
  CHECK(p.server.code() == Code::wrong_signature_scheme);
}

TEST_CASE("RFC 9846 §4.2.2: a second ClientHello with a share for another group than was asked for, though common") {
  Retried w;
  w.client_replay.rewrite = rewriting(On::client_hello, 1, [](Edit& e) {
    // 9 is a point of x25519.
    e.set(kKeyShare, "0024001d00200900000000000000000000000000000000000000000000000000000000000000");
  });
  Pair p(w);
  p.run();
  CHECK(p.server.code() == Code::wrong_group);
}

TEST_CASE("RFC 9846 §4.2.2: a second ClientHello with another suite, though common, is refused") {
  Retried w;
  w.client.cipher_suites({CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_CHACHA20_POLY1305_SHA256});
  Pair p(w);
  int seen = 0;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    // The first suite of the list, behind the session ID, takes the place of all.
    if (!from_client || static_cast<On>(m[0]) != On::client_hello || seen++ != 1) return;
    const std::size_t suites = 4 + 2 + 32 + 1 + m[38];
    m[suites + 3] = 3, m[suites + 5] = 3;
  };
  p.run();
  CHECK(p.server.code() == Code::bad_second_hello);
}

TEST_CASE("RFC 9846 §4.2.2: early data that is offered again in the second ClientHello is not waited for") {
  Retried w;
  for (const bool again : {false, true}) {
    Pair p(w);
    int seen = 0;
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (!from_client || static_cast<On>(m[0]) != On::client_hello) return;
      if (seen++ == 0 || again) m = Edit(m).append(kEarlyData, "").message();
    };
    while (seen < 2 && p.step()) {
      if (seen == 1 && p.server.handshake) CHECK(p.server.handshake->permissions().skip_early_data);
    }
    REQUIRE(seen == 2);
    REQUIRE_FALSE(p.server.error);
    REQUIRE(p.server.handshake);
    CHECK_FALSE(p.server.handshake->permissions().skip_early_data);
  }
}

TEST_CASE("a server in its client's order of groups takes none that is not configured") {
  World w;
  w.client.groups({NamedGroup::x25519, NamedGroup::secp256r1}).key_shares({NamedGroup::x25519, NamedGroup::secp256r1});
  w.server.prefer_server_order(false).groups({NamedGroup::secp256r1});
  Pair p(w);
  p.run();
  REQUIRE(p.connected());
  CHECK(p.server.info.group == NamedGroup::secp256r1);
}

TEST_CASE("a HelloRetryRequest that asks for a cookie alone is answered with all the shares, which are taken") {
  World w;
  w.client.key_shares({NamedGroup::x25519, NamedGroup::secp256r1});
  w.server.always_retry(true);
  Pair p(w);
  p.run();
  CHECK(p.connected());
}

TEST_CASE("a cookie is for one ClientHello and of one configuration") {
  World w;
  w.server.always_retry(true);
  const auto hello = [&] { return Pair(w).client.sink.outbox.front().bytes; };
  const auto cookie = [](const ByteVector& client_hello, const std::shared_ptr<const ServerSettings>& settings) {
    const auto server = handshake::server_handshake(settings);
    Recorder sink;
    REQUIRE(server->receive(client_hello, true, sink));
    return *Edit(sink.outbox.front().bytes).find(44);
  };
  const auto settings = w.server_settings(), others = w.server_settings();  // each has drawn a key
  const ByteVector one = hello(), other = hello();
  CHECK(cookie(one, settings).size() == 2 + 32);
  CHECK(cookie(one, settings) == cookie(one, settings));
  CHECK(cookie(one, settings) != cookie(other, settings));
  CHECK(cookie(one, settings) != cookie(one, others));
}
