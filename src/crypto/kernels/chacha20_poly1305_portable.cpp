// ChaCha20-Poly1305 in plain C++: no table, no branch and no address depends on a secret.
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/constant_time.h"
#include "tls/secret.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"

namespace tls::crypto {
namespace {

#include "crypto/kernels/poly1305_scalar.inc"

#include "crypto/kernels/chacha20_poly1305_record.inc"

SALLYPORT_INLINE void quarter_round(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d) {
  a += b, d = std::rotl(d ^ a, 16);
  c += d, b = std::rotl(b ^ c, 12);
  a += b, d = std::rotl(d ^ a, 8);
  c += d, b = std::rotl(b ^ c, 7);
}

/// RFC 8439 §2.3: the key stream of one block.
void block(const std::uint32_t* input, std::uint32_t counter, std::uint8_t* out) {
  std::uint32_t x[16];
  for (int i = 0; i < 16; ++i) x[i] = i == 12 ? counter : input[i];
  for (int i = 0; i < 10; ++i) {
    quarter_round(x[0], x[4], x[8], x[12]), quarter_round(x[1], x[5], x[9], x[13]);
    quarter_round(x[2], x[6], x[10], x[14]), quarter_round(x[3], x[7], x[11], x[15]);
    quarter_round(x[0], x[5], x[10], x[15]), quarter_round(x[1], x[6], x[11], x[12]);
    quarter_round(x[2], x[7], x[8], x[13]), quarter_round(x[3], x[4], x[9], x[14]);
  }
  for (int i = 0; i < 16; ++i) x[i] += i == 12 ? counter : input[i];
  __builtin_memcpy(out, x, kBlock);
}

struct Portable {
  static constexpr std::size_t kStep = kBlock;
  static constexpr std::size_t kHead = 2 * kBlock;
  using Mac = ScalarMac;

  static void head(const std::uint32_t* input, std::uint32_t first, std::size_t n, std::uint8_t* out) {
    block(input, 0, out);
    if (n != 0) block(input, first, out + kBlock);
  }
  static void seal_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    std::uint8_t stream[kBlock];
    for (std::uint32_t counter = input[12]; size != 0; ++counter, size -= kBlock, in += kBlock, out += kBlock) {
      block(input, counter, stream);
      exclusive_or_bytes(in, stream, out, kBlock);
      mac.blocks(out, kBlock);
    }
    erase(stream, sizeof stream);
  }
  static void open_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    std::uint8_t stream[kBlock];
    for (std::uint32_t counter = input[12]; size != 0; ++counter, size -= kBlock, in += kBlock, out += kBlock) {
      mac.blocks(in, kBlock);
      block(input, counter, stream);
      exclusive_or_bytes(in, stream, out, kBlock);
    }
    erase(stream, sizeof stream);
  }
};

}  // namespace

constinit const AeadImpl kChaCha20Poly1305Portable =
    chacha20_poly1305_row<Portable>("chacha20-poly1305-portable", Features());

}  // namespace tls::crypto
