// SHA-512's compression function (FIPS 180-4 §6.4.2), which SHA-384 shares: the message schedule two words at a time in
// vector registers, beside the rounds in general registers with the three-operand rotations of BMI2.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "crypto/sha2_constants.h"

SALLYPORT_TARGET_BEGIN("avx2,bmi,bmi2")
namespace tls::crypto {
namespace {

template <int N>
SALLYPORT_INLINE __m128i rotate_right(__m128i x) {
  return _mm_or_si128(_mm_srli_epi64(x, N), _mm_slli_epi64(x, 64 - N));
}
SALLYPORT_INLINE __m128i exclusive_or(__m128i a, __m128i b, __m128i c) { return _mm_xor_si128(_mm_xor_si128(a, b), c); }

alignas(16) constexpr std::uint64_t kRoundConstants[80] = {  // FIPS 180-4 §4.2.3
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

template <int N>
SALLYPORT_INLINE std::uint64_t rotate_right(std::uint64_t x) {
  return x >> N | x << (64 - N);
}
/// One round. The caller renames the variables instead of moving them. `b_xor_c` is what the round before left as its
/// a ^ b, and gives way to this round's.
SALLYPORT_INLINE void round(std::uint64_t a, std::uint64_t b, std::uint64_t& d, std::uint64_t e, std::uint64_t f,
                            std::uint64_t g, std::uint64_t& h, std::uint64_t& b_xor_c, std::uint64_t wk) {
  h = (h + wk) + ((e & f) + (~e & g)) + (rotate_right<14>(e) ^ rotate_right<18>(e) ^ rotate_right<41>(e));
  d += h;
  const std::uint64_t a_xor_b = a ^ b;
  h += (rotate_right<28>(a) ^ rotate_right<34>(a) ^ rotate_right<39>(a)) + (b ^ (a_xor_b & b_xor_c));
  b_xor_c = a_xor_b;
}

/// Words t + 16 and t + 17 of the schedule in place of the words t and t + 1: w[i] holds the words t + 2 i, t + 2 i
/// + 1.
SALLYPORT_INLINE __m128i next_words(__m128i w0, __m128i w1, __m128i w4, __m128i w5, __m128i w7) {
  const __m128i t1 = _mm_alignr_epi8(w1, w0, 8), t9 = _mm_alignr_epi8(w5, w4, 8);
  const __m128i sigma0 = exclusive_or(rotate_right<1>(t1), rotate_right<8>(t1), _mm_srli_epi64(t1, 7));
  const __m128i sigma1 = exclusive_or(rotate_right<19>(w7), rotate_right<61>(w7), _mm_srli_epi64(w7, 6));
  return _mm_add_epi64(_mm_add_epi64(w0, sigma0), _mm_add_epi64(t9, sigma1));
}

struct Schedule {
  __m128i w0, w1, w2, w3, w4, w5, w6, w7;
  alignas(16) std::uint64_t wk[16];  // the words of sixteen rounds, their constants added

  SALLYPORT_INLINE static __m128i load(const std::uint8_t* p) {
    return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)),
                            _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  }
  SALLYPORT_INLINE void put(int i, __m128i w, const std::uint64_t* k) {
    _mm_store_si128(reinterpret_cast<__m128i*>(wk + 2 * i),
                    _mm_add_epi64(w, _mm_load_si128(reinterpret_cast<const __m128i*>(k + 2 * i))));
  }
  SALLYPORT_INLINE void start(const std::uint8_t* block) {
    w0 = load(block), w1 = load(block + 16), w2 = load(block + 32), w3 = load(block + 48);
    w4 = load(block + 64), w5 = load(block + 80), w6 = load(block + 96), w7 = load(block + 112);
    const std::uint64_t* k = kRoundConstants;
    put(0, w0, k), put(1, w1, k), put(2, w2, k), put(3, w3, k), put(4, w4, k), put(5, w5, k), put(6, w6, k),
        put(7, w7, k);
  }
};

struct Working {
  std::uint64_t a, b, c, d, e, f, g, h, b_xor_c;
};

/// Sixteen rounds, and (kMore) the schedule of the sixteen that follow, with the constants `k`.
template <bool kMore>
SALLYPORT_INLINE void sixteen_rounds(Working& v, Schedule& s, const std::uint64_t* k) {
  round(v.a, v.b, v.d, v.e, v.f, v.g, v.h, v.b_xor_c, s.wk[0]),
      round(v.h, v.a, v.c, v.d, v.e, v.f, v.g, v.b_xor_c, s.wk[1]);
  if constexpr (kMore) s.w0 = next_words(s.w0, s.w1, s.w4, s.w5, s.w7), s.put(0, s.w0, k);
  round(v.g, v.h, v.b, v.c, v.d, v.e, v.f, v.b_xor_c, s.wk[2]),
      round(v.f, v.g, v.a, v.b, v.c, v.d, v.e, v.b_xor_c, s.wk[3]);
  if constexpr (kMore) s.w1 = next_words(s.w1, s.w2, s.w5, s.w6, s.w0), s.put(1, s.w1, k);
  round(v.e, v.f, v.h, v.a, v.b, v.c, v.d, v.b_xor_c, s.wk[4]),
      round(v.d, v.e, v.g, v.h, v.a, v.b, v.c, v.b_xor_c, s.wk[5]);
  if constexpr (kMore) s.w2 = next_words(s.w2, s.w3, s.w6, s.w7, s.w1), s.put(2, s.w2, k);
  round(v.c, v.d, v.f, v.g, v.h, v.a, v.b, v.b_xor_c, s.wk[6]),
      round(v.b, v.c, v.e, v.f, v.g, v.h, v.a, v.b_xor_c, s.wk[7]);
  if constexpr (kMore) s.w3 = next_words(s.w3, s.w4, s.w7, s.w0, s.w2), s.put(3, s.w3, k);
  round(v.a, v.b, v.d, v.e, v.f, v.g, v.h, v.b_xor_c, s.wk[8]),
      round(v.h, v.a, v.c, v.d, v.e, v.f, v.g, v.b_xor_c, s.wk[9]);
  if constexpr (kMore) s.w4 = next_words(s.w4, s.w5, s.w0, s.w1, s.w3), s.put(4, s.w4, k);
  round(v.g, v.h, v.b, v.c, v.d, v.e, v.f, v.b_xor_c, s.wk[10]),
      round(v.f, v.g, v.a, v.b, v.c, v.d, v.e, v.b_xor_c, s.wk[11]);
  if constexpr (kMore) s.w5 = next_words(s.w5, s.w6, s.w1, s.w2, s.w4), s.put(5, s.w5, k);
  round(v.e, v.f, v.h, v.a, v.b, v.c, v.d, v.b_xor_c, s.wk[12]),
      round(v.d, v.e, v.g, v.h, v.a, v.b, v.c, v.b_xor_c, s.wk[13]);
  if constexpr (kMore) s.w6 = next_words(s.w6, s.w7, s.w2, s.w3, s.w5), s.put(6, s.w6, k);
  round(v.c, v.d, v.f, v.g, v.h, v.a, v.b, v.b_xor_c, s.wk[14]),
      round(v.b, v.c, v.e, v.f, v.g, v.h, v.a, v.b_xor_c, s.wk[15]);
  if constexpr (kMore) s.w7 = next_words(s.w7, s.w0, s.w3, s.w4, s.w6), s.put(7, s.w7, k);
}

void compress(std::uint64_t* h, const std::uint8_t* blocks, std::size_t count) noexcept {
  Schedule s;
  for (; count != 0; --count, blocks += 128) {
    Working v{h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[1] ^ h[2]};
    s.start(blocks);
    for (int t = 16; t < 80; t += 16) sixteen_rounds<true>(v, s, kRoundConstants + t);
    sixteen_rounds<false>(v, s, nullptr);
    h[0] += v.a, h[1] += v.b, h[2] += v.c, h[3] += v.d, h[4] += v.e, h[5] += v.f, h[6] += v.g, h[7] += v.h;
  }
  __builtin_memset(s.wk, 0, sizeof s.wk);  // the message may be a secret
  asm volatile("" : : "r"(s.wk) : "memory");
}

}  // namespace

constinit const HashImpl kSha384Avx2 = {.name = "sha384-avx2",
                                        .id = HashId::sha384,
                                        .required = Feature::avx2 | Feature::bmi2,
                                        .digest_size = 48,
                                        .block_size = 128,
                                        .initial = kSha384Initial,
                                        .compress = compress};

}  // namespace tls::crypto
SALLYPORT_TARGET_END
#endif
