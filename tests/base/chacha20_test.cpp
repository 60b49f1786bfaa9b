#include <doctest/doctest.h>
#include <sodium.h>

#include <array>
#include <vector>

#include "base/chacha20.h"
#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::test;

TEST_CASE("RFC 8439 A.1, test vectors 1 and 2: blocks 0 and 1 of the zero key") {
  const std::array<std::uint8_t, kChaCha20Key> key{};
  std::array<std::uint8_t, kChaCha20Batch> out{};
  chacha20_keystream(key, out);
  CHECK(hex(Bytes(out).first(16)) == "76b8e0ada0f13d90405d6ae55386bd28");
  CHECK(hex(Bytes(out).subspan(64, 16)) == "9f07e7be5551387a98ba977c732d080d");
}

TEST_CASE("ChaCha20's keystream: as libsodium computes it, over several batches") {
  SeededRandom random(1);
  constexpr std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> kNonce{};
  for (std::size_t batches = 1; batches <= 5; ++batches) {
    CAPTURE(batches);
    std::array<std::uint8_t, kChaCha20Key> key{};
    random.fill(key);
    std::vector<std::uint8_t> ours(batches * kChaCha20Batch), theirs(ours.size());
    chacha20_keystream(key, ours);
    crypto_stream_chacha20_ietf(theirs.data(), theirs.size(), kNonce.data(), key.data());
    CHECK(ours == theirs);
  }
}
