// Whole connections through the public API alone: what goes in comes out, whatever the records' sizes and the
// transport's pieces.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "echo/end.h"
#include "support/environment.h"
#include "support/pki.h"
#include "tls/tls.h"

using namespace tls;
using test::carry;
using test::End;
using test::kWhole;

namespace {

constexpr std::size_t kMaxRecord = 16384;
constexpr std::size_t kTenMegabytes = 10'000'000;

struct Pair {
  End client, server;

  explicit Pair(CipherSuite suite) : Pair(configs(suite)) {
    for (int flight = 0; flight < 3; ++flight) {
      carry(client, server, kWhole);
      carry(server, client, kWhole);
    }
    REQUIRE(client.connection.established());
    REQUIRE(server.connection.established());
  }

 private:
  static std::pair<ClientConfig, ServerConfig> configs(CipherSuite suite) {
    const test::Authority authority;
    const auto leaf = authority.leaf(sallyport::server_leaf("localhost", {"localhost"}));
    auto credential = load_credential(leaf.pem() + authority.intermediate.pem(), leaf.key_pem());
    REQUIRE(credential.has_value());
    auto trust = trust_pem(authority.root.pem());
    REQUIRE(trust.has_value());
    auto server = ServerConfig::builder().credentials(credential_list({*credential})).build();
    auto client = ClientConfig::builder().trust(*trust).cipher_suites({suite}).build();
    REQUIRE(server.has_value());
    REQUIRE(client.has_value());
    return {*client, *server};
  }
  explicit Pair(const std::pair<ClientConfig, ServerConfig>& configs) : Pair(configs, Output{}) {}
  Pair(const std::pair<ClientConfig, ServerConfig>& configs, Output out)
      : client{std::move(*ClientConnection::start(configs.first, "localhost", out)), {}, {}, {}},
        server{ServerConnection::start(configs.second), {}, {}, {}} {
    client.out = std::move(out);
  }
};

/// The server sends back all that it has received.
template <class Piece>
void echo(Pair& pair, Bytes text, Piece&& piece) {
  REQUIRE(pair.client.connection.send(text, pair.client.out).has_value());
  carry(pair.client, pair.server, piece);
  REQUIRE(pair.server.connection.send(pair.server.received, pair.server.out).has_value());
  pair.server.received.clear();
  carry(pair.server, pair.client, piece);
}

constexpr CipherSuite kSuites[] = {CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384,
                                   CipherSuite::TLS_CHACHA20_POLY1305_SHA256};

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kStep = 61;  // under sanitizers every 61st size, and both ends
#else
constexpr std::size_t kStep = 1;
#endif

}  // namespace

TEST_CASE("records of every size from 1 to 16384 bytes are echoed intact") {
  for (const CipherSuite suite : kSuites) {
    test::SeededRandom random(static_cast<std::uint64_t>(suite));
    Pair pair(suite);
    std::vector<std::uint8_t> text(kMaxRecord);
    random.fill(text);
    for (std::size_t size = 1; size <= kMaxRecord;
         size = size == kMaxRecord ? size + 1 : std::min(size + kStep, kMaxRecord)) {
      const auto record = Bytes(text).first(size);
      echo(pair, record, kWhole);
      if (!std::ranges::equal(pair.client.received, record)) FAIL("size " << size);
      pair.client.received.clear();
    }
  }
}

TEST_CASE("ten megabytes in writes of random sizes over a transport of random pieces are echoed intact") {
  for (const CipherSuite suite : kSuites) {
    test::SeededRandom random(static_cast<std::uint64_t>(suite) + 1);
    Pair pair(suite);
    std::vector<std::uint8_t> text(kTenMegabytes);
    random.fill(text);
    auto piece = [&] { return 1 + random.below(random.below(8) == 0 ? 20 : 40000); };
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random.below(100'000), text.size() - at);
      echo(pair, Bytes(text).subspan(at, n), piece);
      at += n;
    }
    CHECK(pair.client.received == text);
  }
}

TEST_CASE("one byte at a time, handshake and data") {
  Pair pair(CipherSuite::TLS_AES_128_GCM_SHA256);
  std::vector<std::uint8_t> text(5000);
  test::SeededRandom(3).fill(text);
  echo(pair, text, [] { return std::size_t{1}; });
  CHECK(pair.client.received == text);
}
