// Poly1305 by itself, with keys and messages that ChaCha20 would hardly ever give: where carries run far and where the
// sum ends close to p = 2^130 - 5. The kernels' text is included here as they include it.
#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // GCC bug 105593, in its own intrinsics
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#endif

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "crypto/cpu.h"
#include "crypto/kernels/target.h"
#include "crypto_kernels/aes_gcm_kernels.h"
#include "support/hex.h"

namespace tls::test {
namespace {

namespace scalar {
#include "crypto/kernels/poly1305_scalar.inc"

void authenticate(const std::uint8_t* key, const std::uint8_t* m, const std::size_t* sizes, std::size_t n,
                  std::uint8_t* tag) {
  ScalarMac mac;
  mac.start(key);
  for (std::size_t i = 0; i < n; m += sizes[i], ++i) mac.blocks(m, sizes[i]);
  mac.finish(tag);
  mac.wipe();
}
}  // namespace scalar

#if defined(__x86_64__)
SALLYPORT_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,avx2,bmi2")
namespace ifma {
#include "crypto/kernels/poly1305_scalar.inc"

#include "crypto/kernels/poly1305_ifma.inc"

void authenticate(const std::uint8_t* key, const std::uint8_t* m, const std::size_t* sizes, std::size_t n,
                  std::uint8_t* tag) {
  IfmaMac mac;
  mac.start(key);
  for (std::size_t i = 0; i < n; m += sizes[i], ++i) mac.blocks(m, sizes[i]);
  mac.finish(tag);
  mac.wipe();
}
}  // namespace ifma
SALLYPORT_TARGET_END
#endif

using Authenticate = decltype(&scalar::authenticate);

std::vector<Authenticate> implementations() {
  std::vector<Authenticate> list = {scalar::authenticate};
#if defined(__x86_64__)
  if (crypto::detect_cpu().features.contains(crypto::Feature::avx512 | crypto::Feature::avx512ifma |
                                             crypto::Feature::avx2 | crypto::Feature::bmi2)) {
    list.push_back(ifma::authenticate);
  }
#endif
  return list;
}

/// The message in random pieces of whole blocks, by each implementation, against libsodium.
void check(Bytes key, Bytes message, SeededRandom& random) {
  std::uint8_t expected[16];
  crypto_onetimeauth_poly1305(expected, message.data(), message.size(), key.data());
  for (const Authenticate authenticate : implementations()) {
    std::vector<std::size_t> sizes = {message.size()};
    for (int split = 0; split < 3; ++split) {
      std::uint8_t tag[16];
      authenticate(key.data(), message.data(), sizes.data(), sizes.size(), tag);
      REQUIRE(hex(tag) == hex(expected));
      sizes.clear();
      for (std::size_t left = message.size(); left != 0; left -= sizes.back()) {
        sizes.push_back(std::min<std::size_t>(left, 16 * (1 + random.below(split == 0 ? 200 : 12))));
      }
    }
  }
}

}  // namespace

TEST_CASE("RFC 8439 appendix A.3: Poly1305 where the sum wraps around p") {
  struct Known {
    std::string_view r, s, message, tag;
  };
  constexpr std::string_view kZero = "00000000000000000000000000000000";
  constexpr Known kKnown[] = {
      {"02000000000000000000000000000000", kZero, "ffffffffffffffffffffffffffffffff",
       "03000000000000000000000000000000"},  // 7
      {"02000000000000000000000000000000", "ffffffffffffffffffffffffffffffff", "02000000000000000000000000000000",
       "03000000000000000000000000000000"},  // 8
      {"01000000000000000000000000000000", kZero,
       "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000",
       "05000000000000000000000000000000"},  // 9
      {"01000000000000000000000000000000", kZero,
       "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101",
       kZero},  // 10
      {"02000000000000000000000000000000", kZero, "fdffffffffffffffffffffffffffffff",
       "faffffffffffffffffffffffffffffff"},  // 11
      {"01000000000000000400000000000000", kZero,
       "e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001000000000000"
       "000000000000000000",
       "14000000000000005500000000000000"},  // 12
      {"01000000000000000400000000000000", kZero,
       "e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000",
       "13000000000000000000000000000000"},  // 13
  };
  for (const Known& known : kKnown) {
    auto key = unhex(known.r);
    const auto s = unhex(known.s), message = unhex(known.message);
    key.insert(key.end(), s.begin(), s.end());
    for (const Authenticate authenticate : implementations()) {
      std::uint8_t tag[16];
      const std::size_t size = message.size();
      authenticate(key.data(), message.data(), &size, 1, tag);
      CHECK(hex(tag) == known.tag);
    }
  }
}

TEST_CASE("Poly1305 with extreme keys and messages of any number of blocks, in one piece and in several") {
  SeededRandom random(1305);
  std::vector<std::vector<std::uint8_t>> keys = {std::vector<std::uint8_t>(32, 0xff),  // r as large as it can be
                                                 std::vector<std::uint8_t>(32, 0)};
  for (const int r : {1, 2, 3, 0x80, 0xff}) {
    keys.push_back(std::vector<std::uint8_t>(32, 0));
    keys.back()[0] = static_cast<std::uint8_t>(r);
    keys.push_back(keys.back());
    keys.back()[15] = 0x0f;
    keys.back()[8] = 0xfc;
  }
  for (int i = 0; i < 4; ++i) keys.push_back(random_bytes(random, 32));
  const auto noise = random_bytes(random, 8192);
  for (const auto& key : keys) {
    for (std::size_t blocks = 0; blocks <= 512; blocks += blocks < 90 ? 1 : 37) {
      for (const int fill : {0x00, 0xff, 0xfe, -1, -2}) {
        CAPTURE(fill);
        CAPTURE(blocks);
        std::vector<std::uint8_t> message(noise.begin(), noise.begin() + static_cast<std::ptrdiff_t>(16 * blocks));
        if (fill >= 0) std::ranges::fill(message, static_cast<std::uint8_t>(fill));
        if (fill == -2) {  // each block close to 2^128
          for (std::size_t i = 0; i < message.size(); ++i) message[i] = i % 16 == 0 ? message[i] : 0xff;
        }
        check(key, message, random);
      }
    }
  }
}

}  // namespace tls::test
