// The key schedule of TLS 1.2, label by label: both ends of a connection are ours, and would agree on anything.
#include "crypto/prf12.h"
#include "handshake/key_schedule12.h"
#include "handshake12/world12.h"

using namespace tls;
using namespace tls::test;
using handshake::MainSecret12;

namespace {

const crypto::HashImpl& sha256() { return crypto::select_hash(crypto::HashId::sha256, crypto::detect_cpu()); }

ByteVector prf(Bytes secret, std::string_view label, Bytes seed, Bytes more, std::size_t size) {
  ByteVector out(size);
  crypto::prf12(crypto::HmacKey(sha256(), secret), label, seed, more, out);
  return out;
}
bool same(Bytes a, const ByteVector& b) { return std::ranges::equal(a, b); }

}  // namespace

TEST_CASE("RFC 7627 §4, RFC 5246 §8.1, §7.4.9, §6.3: each secret under its label, over its seed, in its order") {
  const ByteVector preliminary(32, 1), hash(32, 2), client(32, 3), server(32, 4);
  const auto plain = MainSecret12::from_randoms(sha256(), crypto::SharedSecret(preliminary), client, server);
  CHECK(same(plain.session().expose(), prf(preliminary, "master secret", client, server, 48)));
  const auto main = MainSecret12::extended(sha256(), crypto::SharedSecret(preliminary), hash);
  const ByteVector secret = prf(preliminary, "extended master secret", hash, {}, 48);
  CHECK(same(main.session().expose(), secret));
  const crypto::Digest clients = main.client_finished(hash), servers = main.server_finished(hash);
  CHECK(same(clients.bytes(), prf(secret, "client finished", hash, {}, 12)));
  CHECK(same(servers.bytes(), prf(secret, "server finished", hash, {}, 12)));
  const handshake::KeyBlock block = main.key_block(crypto::AeadId::aes_128_gcm, client, server);
  const ByteVector all = prf(secret, "key expansion", server, client, 40);
  const auto part = [&](std::size_t at, std::size_t n) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
    return ByteVector(begin, begin + static_cast<std::ptrdiff_t>(n));
  };
  CHECK(same(block.client_key(), part(0, 16)));
  CHECK(same(block.server_key(), part(16, 16)));
  CHECK(same(block.client_iv(), part(32, 4)));
  CHECK(same(block.server_iv(), part(36, 4)));
}

TEST_CASE("a server's random is drawn for each handshake, and a renewed ticket keeps the time of authentication") {
  World12 w;
  w.resume_by(false, true);
  w.stamper->renew = true;
  std::set<ByteVector> randoms;
  for (int i = 0; i < 3; ++i) {
    Pair p(w);
    p.on_the_way = [&](bool from_client, ByteVector& m) {
      if (!from_client && m[0] == 2) randoms.insert(ByteVector(m.begin() + 6, m.begin() + 30));
    };
    p.run();
    REQUIRE(p.connected());
    w.clock.advance(std::chrono::minutes(1));
  }
  CHECK(randoms.size() == 3);
  CHECK(w.stamper->made.size() == 3);
  std::set<Clock::Milliseconds> authenticated;
  for (const auto& [ticket, state] : w.stamper->made)
    authenticated.insert(session::State::decode(state)->authenticated);
  CHECK(authenticated.size() == 1);
}

TEST_CASE("a HelloRetryRequest to a client that offered TLS 1.2 alone is unexpected") {
  World12 w;
  Pair p(w);
  p.on_the_way = [](bool from_client, ByteVector& m) {
    if (!from_client && m[0] == 2) std::ranges::copy(wire::kHelloRetryRequestRandom, m.begin() + 6);
  };
  p.run();
  CHECK(p.client.code() == Code::unexpected_message);
}
