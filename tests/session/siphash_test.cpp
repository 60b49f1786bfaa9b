#include <doctest/doctest.h>
#include <sodium.h>

#include <cstring>
#include <numeric>
#include <vector>

#include "session/siphash.h"
#include "support/environment.h"

using namespace tls;
using namespace tls::test;

TEST_CASE("SipHash-2-4: the example of the paper, appendix A") {
  session::SipKey key;
  std::iota(key.begin(), key.end(), std::uint8_t{0});
  std::vector<std::uint8_t> message(15);
  std::iota(message.begin(), message.end(), std::uint8_t{0});
  CHECK(session::siphash64(key, message) == 0xa129ca6149be45e5);
}

TEST_CASE("SipHash-2-4 of 64 and of 128 bits: as libsodium computes them") {
  SeededRandom random(1);
  for (std::size_t size = 0; size <= 200; ++size) {
    CAPTURE(size);
    session::SipKey key;
    std::vector<std::uint8_t> message(size);
    random.fill(key);
    random.fill(message);
    std::array<std::uint8_t, crypto_shorthash_BYTES> theirs{};
    crypto_shorthash(theirs.data(), message.data(), size, key.data());
    const std::uint64_t ours = session::siphash64(key, message);
    CHECK(std::memcmp(&ours, theirs.data(), sizeof ours) == 0);
    std::array<std::uint8_t, crypto_shorthash_siphashx24_BYTES> long_theirs{};
    crypto_shorthash_siphashx24(long_theirs.data(), message.data(), size, key.data());
    const auto long_ours = session::siphash128(key, message);
    CHECK(std::memcmp(long_ours.data(), long_theirs.data(), sizeof long_ours) == 0);
  }
}
