// ChaCha20-Poly1305 with four blocks in 128-bit registers, for aarch64.
#if defined(__aarch64__)
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/constant_time.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

namespace tls::crypto {
namespace {

#include "crypto/kernels/poly1305_scalar.inc"

#include "crypto/kernels/chacha20_vectors.inc"

#include "crypto/kernels/chacha20_poly1305_record.inc"

struct Words {
  using V = uint32x4_t;
  static constexpr std::size_t kLanes = 4;
  static constexpr bool kFewRegisters = false;

  SALLYPORT_INLINE static V add(V a, V b) { return vaddq_u32(a, b); }
  SALLYPORT_INLINE static V exclusive_or(V a, V b) { return veorq_u32(a, b); }
  template <int N>
  SALLYPORT_INLINE static V rotate(V a) {
    if constexpr (N == 16) {
      return vreinterpretq_u32_u16(vrev32q_u16(vreinterpretq_u16_u32(a)));
    } else {
      return vsriq_n_u32(vshlq_n_u32(a, N), a, 32 - N);
    }
  }
  template <int N>
  SALLYPORT_INLINE static V turn(V a) {
    return vextq_u32(a, a, N);
  }
  SALLYPORT_INLINE static V broadcast(std::uint32_t word) { return vdupq_n_u32(word); }
  SALLYPORT_INLINE static V row(const std::uint32_t* words) { return vld1q_u32(words); }
  SALLYPORT_INLINE static V offsets() {
    constexpr std::uint32_t kOffsets[4] = {0xffffffff, 0, 1, 2};
    return vld1q_u32(kOffsets);
  }
  template <int F>
  SALLYPORT_INLINE static V row_offsets() {
    return vsetq_lane_u32(static_cast<std::uint32_t>(F), vdupq_n_u32(0), 0);
  }
  SALLYPORT_INLINE static V clear_first(V a) { return vsetq_lane_u32(0, a, 0); }
  SALLYPORT_INLINE static V pairs(V a, V b) {  // the low halves of both
    return vreinterpretq_u32_u64(vzip1q_u64(vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b)));
  }
  SALLYPORT_INLINE static V high_pairs(V a, V b) {
    return vreinterpretq_u32_u64(vzip2q_u64(vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b)));
  }
  SALLYPORT_INLINE static void transpose(V& a, V& b, V& c, V& d) {
    const V ab = vzip1q_u32(a, b), ab2 = vzip2q_u32(a, b), cd = vzip1q_u32(c, d), cd2 = vzip2q_u32(c, d);
    a = pairs(ab, cd), b = high_pairs(ab, cd), c = pairs(ab2, cd2), d = high_pairs(ab2, cd2);
  }
  template <bool kXor>
  SALLYPORT_INLINE static void put(V v, const std::uint8_t* in, std::uint8_t* out) {
    uint8x16_t bytes = vreinterpretq_u8_u32(v);
    if constexpr (kXor) bytes = veorq_u8(bytes, vld1q_u8(in));
    vst1q_u8(out, bytes);
  }
  template <bool kXor, int kStride>
  SALLYPORT_INLINE static void store(V a, V b, V c, V d, const std::uint8_t* in, std::uint8_t* out) {
    put<kXor>(a, in, out), put<kXor>(b, in + 16, out + 16);
    put<kXor>(c, in + 32, out + 32), put<kXor>(d, in + 48, out + 48);
  }
  SALLYPORT_INLINE static void keep(V&, V&, V&, V&) {}
};

struct Neon {
  static constexpr std::size_t kStep = kBlock * Words::kLanes;
  static constexpr std::size_t kHead = kBlock * (2 * Words::kLanes);
  using Mac = ScalarMac;

  static std::size_t tail_size(std::size_t text_size) { return text_size % kStep; }
  static void head(const std::uint32_t* input, std::uint32_t first, std::size_t n, std::uint8_t* out) {
    if (n <= 1) return head_in_rows<Words, true>(input, first, out);
    head_in_lanes<Words, true>(input, first, out);
    if (n == Words::kLanes) head_in_rows<Words, false>(input, first + Words::kLanes - 1, out + kStep);
  }
  static void seal_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    crypt_and_authenticate<Words, true>(input, mac.poly, in, out, size);
  }
  static void open_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    crypt_and_authenticate<Words, false>(input, mac.poly, in, out, size);
  }
};

}  // namespace

constinit const AeadImpl kChaCha20Poly1305Neon = chacha20_poly1305_row<Neon>("chacha20-poly1305-neon", Feature::neon);

}  // namespace tls::crypto
#endif
