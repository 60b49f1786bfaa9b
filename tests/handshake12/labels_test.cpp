// The key schedule of TLS 1.2, label by label: both ends of a connection are ours, and would agree on anything.
#include <set>

#include "crypto/prf12.h"
#include "handshake/edit.h"
#include "handshake/key_schedule12.h"
#include "handshake12/world12.h"
#include "support/freed_memory.h"

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

TEST_CASE("RFC 5246 §7.4.9, §6.3: the Finished and the keys of each side, in a handshake as it went over the wire") {
  World12 w;
  w.client.cipher_suites({CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256});
  Pair p(w);
  ByteVector messages, client_random, server_random;
  std::size_t finished = 0;
  p.on_the_way = [&](bool from_client, ByteVector& m) {
    if (m[0] == 1 || m[0] == 2) (m[0] == 1 ? client_random : server_random).assign(m.begin() + 6, m.begin() + 38);
    if (static_cast<handshake::On>(m[0]) == handshake::On::finished) {
      ++finished;
      const crypto::Digest hash = crypto::hash(sha256(), messages);
      CHECK(same(Bytes(m).subspan(4), prf(p.client.sink.secret("CLIENT_RANDOM"),
                                          from_client ? "client finished" : "server finished", hash.bytes(), {}, 12)));
    }
    messages.insert(messages.end(), m.begin(), m.end());
  };
  p.run();
  REQUIRE(p.connected());
  CHECK(finished == 2);
  const auto block = MainSecret12::of_session(sha256(), handshake::SessionSecret(p.client.sink.secret("CLIENT_RANDOM")))
                         .key_block(crypto::AeadId::aes_128_gcm, client_random, server_random);
  const auto joined = [](Bytes key, Bytes iv) {
    ByteVector all(key.begin(), key.end());
    all.insert(all.end(), iv.begin(), iv.end());
    return all;
  };
  CHECK(p.client.sink.write_secret == joined(block.client_key(), block.client_iv()));
  CHECK(p.server.sink.read_secret == joined(block.client_key(), block.client_iv()));
  CHECK(p.server.sink.write_secret == joined(block.server_key(), block.server_iv()));
  CHECK(p.client.sink.read_secret == joined(block.server_key(), block.server_iv()));
}

TEST_CASE("RFC 7627 §3: the main secret follows from all that was said; without the extension from the randoms alone") {
  for (const bool extended : {true, false}) {
    std::set<ByteVector> secrets;
    for (const std::string protocol : {"h2", "h3"}) {  // what nobody answers
      World12 w;                                       // with the same randomness
      w.client.alpn({protocol});
      if (!extended)
        w.client_replay.rewrite = [](ByteVector& m) {
          if (m[0] == 1) m = Edit(m).remove(23).message();
        };
      Pair p(w);
      p.run();
      REQUIRE(p.connected());
      CHECK(p.client.info.extended_main_secret == extended);
      secrets.insert(p.client.sink.secret("CLIENT_RANDOM"));
    }
    CHECK(secrets.size() == (extended ? 2 : 1));
  }
}

TEST_CASE("RFC 5705 §4: an exporter's seed is the client's random, the server's, and the context if there is one") {
  const ByteVector secret(48, 1), client(32, 3), server(32, 4), context = {7, 8, 9};
  const auto exported = [&](std::optional<Bytes> with) {
    ByteVector out(40);
    REQUIRE(handshake::export_from(sha256(), handshake::SessionSecret(secret), true, "EXPORTER-x", client, server, with,
                                   out));
    return out;
  };
  ByteVector seed = client;
  seed.insert(seed.end(), server.begin(), server.end());
  CHECK(exported(std::nullopt) == prf(secret, "EXPORTER-x", seed, {}, 40));
  CHECK(exported(Bytes(context)) == prf(secret, "EXPORTER-x", seed, ByteVector{0, 3, 7, 8, 9}, 40));
  ByteVector out(40);
  const auto none =
      handshake::export_from(sha256(), handshake::SessionSecret(), true, "EXPORTER-x", client, server, {}, out);
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == Code::misuse);
}

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)
TEST_CASE("RFC 5705 §4: the context of an exporter may be confidential: no memory is given back with it") {
  const ByteVector client(32, 3), server(32, 4);
  ByteVector context(64), out(32);
  for (std::size_t i = 0; i < context.size(); ++i) context[i] = static_cast<std::uint8_t>(0x80 + 3 * i);
  const handshake::SessionSecret secret(ByteVector(48, 1));
  CHECK(freed_with(context, [&] {
          REQUIRE(handshake::export_from(sha256(), secret, true, "EXPORTER-x", client, server, Bytes(context), out));
        }) == 0);
}
#endif

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
