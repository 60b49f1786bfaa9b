// ChaCha20-Poly1305 with four blocks in 128-bit registers.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/constant_time.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

SALLYPORT_TARGET_BEGIN("ssse3")
namespace tls::crypto {
namespace {

#include "crypto/kernels/poly1305_scalar.inc"

#include "crypto/kernels/chacha20_vectors.inc"

#include "crypto/kernels/chacha20_poly1305_record.inc"

struct Words {
  using V = __m128i;
  static constexpr std::size_t kLanes = 4;
  static constexpr bool kFewRegisters = true;

  SALLYPORT_INLINE static V add(V a, V b) { return _mm_add_epi32(a, b); }
  SALLYPORT_INLINE static V exclusive_or(V a, V b) { return _mm_xor_si128(a, b); }
  template <int N>
  SALLYPORT_INLINE static V rotate(V a) {
    if constexpr (N == 16) {
      return _mm_shuffle_epi8(a, _mm_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2));
    } else if constexpr (N == 8) {
      return _mm_shuffle_epi8(a, _mm_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3));
    } else {
      return _mm_or_si128(_mm_slli_epi32(a, N), _mm_srli_epi32(a, 32 - N));
    }
  }
  template <int N>
  SALLYPORT_INLINE static V turn(V a) {
    return _mm_shuffle_epi32(a, N == 1 ? 0x39 : N == 2 ? 0x4e : 0x93);
  }
  SALLYPORT_INLINE static V broadcast(std::uint32_t word) { return _mm_set1_epi32(static_cast<int>(word)); }
  SALLYPORT_INLINE static V row(const std::uint32_t* words) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(words));
  }
  SALLYPORT_INLINE static V offsets() { return _mm_setr_epi32(-1, 0, 1, 2); }
  template <int F>
  SALLYPORT_INLINE static V row_offsets() {
    return _mm_setr_epi32(F, 0, 0, 0);
  }
  SALLYPORT_INLINE static V clear_first(V a) { return _mm_and_si128(a, _mm_setr_epi32(0, -1, -1, -1)); }
  SALLYPORT_INLINE static void transpose(V& a, V& b, V& c, V& d) {
    const V ab = _mm_unpacklo_epi32(a, b), ab2 = _mm_unpackhi_epi32(a, b);
    const V cd = _mm_unpacklo_epi32(c, d), cd2 = _mm_unpackhi_epi32(c, d);
    a = _mm_unpacklo_epi64(ab, cd), b = _mm_unpackhi_epi64(ab, cd);
    c = _mm_unpacklo_epi64(ab2, cd2), d = _mm_unpackhi_epi64(ab2, cd2);
  }
  template <bool kXor>
  SALLYPORT_INLINE static void put(V v, const std::uint8_t* in, std::uint8_t* out) {
    if constexpr (kXor) v = _mm_xor_si128(v, _mm_loadu_si128(reinterpret_cast<const __m128i*>(in)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), v);
  }
  template <bool kXor, int kStride>
  SALLYPORT_INLINE static void store(V a, V b, V c, V d, const std::uint8_t* in, std::uint8_t* out) {
    put<kXor>(a, in, out), put<kXor>(b, in + 16, out + 16);
    put<kXor>(c, in + 32, out + 32), put<kXor>(d, in + 48, out + 48);
  }
  SALLYPORT_INLINE static void keep(V&, V&, V&, V&) {}
  SALLYPORT_INLINE static void settle(V& a, V& b, V& c, V& d) { asm volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d)); }
};

struct Ssse3 {
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

constinit const AeadImpl kChaCha20Poly1305Ssse3 =
    chacha20_poly1305_row<Ssse3>("chacha20-poly1305-ssse3", Feature::ssse3);

}  // namespace tls::crypto
SALLYPORT_TARGET_END
#endif
