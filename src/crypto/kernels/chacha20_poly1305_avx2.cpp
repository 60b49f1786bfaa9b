// ChaCha20-Poly1305 with eight blocks in 256-bit registers.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "base/constant_time.h"
#include "base/secret.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"

SALLYPORT_TARGET_BEGIN("avx2,bmi2")
namespace tls::crypto {
namespace {

#include "crypto/kernels/poly1305_scalar.inc"

#include "crypto/kernels/chacha20_vectors.inc"

#include "crypto/kernels/chacha20_poly1305_record.inc"

struct Words {
  using V = __m256i;
  static constexpr std::size_t kLanes = 8;

  SALLYPORT_INLINE static V add(V a, V b) { return _mm256_add_epi32(a, b); }
  SALLYPORT_INLINE static V exclusive_or(V a, V b) { return _mm256_xor_si256(a, b); }
  template <int N>
  SALLYPORT_INLINE static V rotate(V a) {
    if constexpr (N == 16) {
      return _mm256_shuffle_epi8(a, _mm256_setr_epi8(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13,  //
                                                     2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
    } else if constexpr (N == 8) {
      return _mm256_shuffle_epi8(a, _mm256_setr_epi8(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14,  //
                                                     3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
    } else {
      return _mm256_or_si256(_mm256_slli_epi32(a, N), _mm256_srli_epi32(a, 32 - N));
    }
  }
  template <int N>
  SALLYPORT_INLINE static V turn(V a) {
    return _mm256_shuffle_epi32(a, N == 1 ? 0x39 : N == 2 ? 0x4e : 0x93);
  }
  SALLYPORT_INLINE static V broadcast(std::uint32_t word) { return _mm256_set1_epi32(static_cast<int>(word)); }
  SALLYPORT_INLINE static V row(const std::uint32_t* words) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(words)));
  }
  SALLYPORT_INLINE static V offsets() { return _mm256_setr_epi32(-1, 0, 1, 2, 3, 4, 5, 6); }
  template <int F>
  SALLYPORT_INLINE static V row_offsets() {
    return _mm256_setr_epi32(F, 0, 0, 0, F + 1, 0, 0, 0);
  }
  SALLYPORT_INLINE static V clear_first(V a) {
    return _mm256_and_si256(a, _mm256_setr_epi32(0, -1, -1, -1, -1, -1, -1, -1));
  }
  SALLYPORT_INLINE static void transpose(V& a, V& b, V& c, V& d) {
    const V ab = _mm256_unpacklo_epi32(a, b), ab2 = _mm256_unpackhi_epi32(a, b);
    const V cd = _mm256_unpacklo_epi32(c, d), cd2 = _mm256_unpackhi_epi32(c, d);
    a = _mm256_unpacklo_epi64(ab, cd), b = _mm256_unpackhi_epi64(ab, cd);
    c = _mm256_unpacklo_epi64(ab2, cd2), d = _mm256_unpackhi_epi64(ab2, cd2);
  }
  template <bool kXor>
  SALLYPORT_INLINE static void put(V v, const std::uint8_t* in, std::uint8_t* out) {
    if constexpr (kXor) v = _mm256_xor_si256(v, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), v);
  }
  template <bool kXor, int kStride>
  SALLYPORT_INLINE static void store(V a, V b, V c, V d, const std::uint8_t* in, std::uint8_t* out) {
    constexpr std::size_t kNext = 64 * kStride;  // the block in the high halves
    put<kXor>(_mm256_permute2x128_si256(a, b, 0x20), in, out);
    put<kXor>(_mm256_permute2x128_si256(c, d, 0x20), in + 32, out + 32);
    put<kXor>(_mm256_permute2x128_si256(a, b, 0x31), in + kNext, out + kNext);
    put<kXor>(_mm256_permute2x128_si256(c, d, 0x31), in + kNext + 32, out + kNext + 32);
  }
  SALLYPORT_INLINE static void keep(V&, V&, V&, V&) {}
};

struct Avx2 {
  static constexpr std::size_t kStep = kBlock * Words::kLanes;
  static constexpr std::size_t kHead = kBlock * (Words::kLanes + 4);
  using Mac = ScalarMac;

  static void head(const std::uint32_t* input, std::uint32_t first, std::size_t n, std::uint8_t* out) {
    if (n <= 3) return head_in_rows<Words, true>(input, first, out);
    head_in_lanes<Words, true>(input, first, out);
    if (n == Words::kLanes) head_in_rows<Words, false>(input, first + Words::kLanes - 1, out + kStep);
  }
  static void crypt(const std::uint32_t* input, const std::uint8_t* in, std::uint8_t* out, std::size_t size) {
    crypt_lanes<Words>(input, in, out, size);
  }
};

}  // namespace

constinit const AeadImpl kChaCha20Poly1305Avx2 =
    chacha20_poly1305_row<Avx2>("chacha20-poly1305-avx2", Feature::avx2 | Feature::bmi2);

}  // namespace tls::crypto
SALLYPORT_TARGET_END
#endif
