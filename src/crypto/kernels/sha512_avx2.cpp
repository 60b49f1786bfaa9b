// SHA-512's compression function (FIPS 180-4 §6.4.2), which SHA-384 shares: the message schedule two words at a time in
// vector registers, beside the rounds in general registers with the three-operand rotations of BMI2. Two blocks have
// their schedules in the halves of the same registers.
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

// On one block's two words, and on those of two blocks.
SALLYPORT_INLINE __m128i add(__m128i a, __m128i b) { return _mm_add_epi64(a, b); }
SALLYPORT_INLINE __m256i add(__m256i a, __m256i b) { return _mm256_add_epi64(a, b); }
SALLYPORT_INLINE __m128i load_words(const std::uint8_t* p) {
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)),
                          _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
}
SALLYPORT_INLINE void load(__m128i& v, const std::uint8_t* p) { v = load_words(p); }
SALLYPORT_INLINE void load(__m256i& v, const std::uint8_t* p) {  // of this block and of the next
  v = _mm256_set_m128i(load_words(p + 128), load_words(p));
}
SALLYPORT_INLINE void store_sum(std::uint64_t* out, __m128i w, const std::uint64_t* k) {
  _mm_store_si128(reinterpret_cast<__m128i*>(out), add(w, _mm_load_si128(reinterpret_cast<const __m128i*>(k))));
}
SALLYPORT_INLINE void store_sum(std::uint64_t* out, __m256i w, const std::uint64_t* k) {
  const __m256i both = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(k)));
  _mm256_store_si256(reinterpret_cast<__m256i*>(out), add(w, both));
}

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

// One round (FIPS 180-4 §6.4.2) as text, for the order of its instructions decides: what compilers made of the same
// sums took 570 to 630 cycles a block on Zen 4, and this takes 525. `bc`, which is b ^ c, is what the round before left
// in `ab`. S1 to S12 stand for work on vectors that goes on beside it.
// clang-format off
#define SALLYPORT_ROUND(S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12)  \
  "addq %[wk], %[h]           \n\t"                                         \
  "movq %[e], %[t2]           \n\t" S1                                      \
  "rorx $14, %[e], %[t0]      \n\t"                                         \
  "rorx $18, %[e], %[t1]      \n\t" S2                                      \
  "andq %[f], %[t2]           \n\t"                                         \
  "andn %[g], %[e], %[ab]     \n\t" S3                                      \
  "addq %[t2], %[h]           \n\t"                                         \
  "rorx $41, %[e], %[t2]      \n\t" S4                                      \
  "xorq %[t1], %[t0]          \n\t"                                         \
  "addq %[ab], %[h]           \n\t" S5  /* h has wk and Ch(e, f, g) */      \
  "movq %[a], %[ab]           \n\t"                                         \
  "xorq %[t2], %[t0]          \n\t" S6  /* Sigma1(e) */                     \
  "xorq %[b], %[ab]           \n\t"                                         \
  "rorx $28, %[a], %[t1]      \n\t" S7                                      \
  "addq %[t0], %[h]           \n\t"     /* T1 */                            \
  "rorx $34, %[a], %[t0]      \n\t" S8                                      \
  "andq %[ab], %[bc]          \n\t"                                         \
  "addq %[h], %[d]            \n\t" S9  /* the next e */                    \
  "rorx $39, %[a], %[t2]      \n\t"                                         \
  "xorq %[t1], %[t0]          \n\t" S10                                     \
  "xorq %[b], %[bc]           \n\t"     /* Maj(a, b, c) */                  \
  "xorq %[t2], %[t0]          \n\t" S11 /* Sigma0(a) */                     \
  "addq %[bc], %[h]           \n\t" S12                                     \
  "addq %[t0], %[h]"                    /* the next a */
// clang-format on
#define SALLYPORT_ROUND_OUT \
  [h] "+&r"(h), [d] "+&r"(d), [bc] "+&r"(b_xor_c), [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [ab] "=&r"(a_xor_b)
#define SALLYPORT_ROUND_IN [a] "r"(a), [b] "r"(b), [e] "r"(e), [f] "r"(f), [g] "r"(g), [wk] "m"(wk)

/// One round with the schedule's word `wk`, which has its constant added. The caller renames the variables instead of
/// moving them.
SALLYPORT_INLINE void round(std::uint64_t a, std::uint64_t b, std::uint64_t& d, std::uint64_t e, std::uint64_t f,
                            std::uint64_t g, std::uint64_t& h, std::uint64_t& b_xor_c, const std::uint64_t& wk) {
  std::uint64_t t0, t1, t2, a_xor_b;
  asm(SALLYPORT_ROUND(, , , , , , , , , , , ) : SALLYPORT_ROUND_OUT : SALLYPORT_ROUND_IN : "cc");
  b_xor_c = a_xor_b;
}
/// The same, and beside it half of what makes the words t + 16 and t + 17 of the words t and t + 1, which are in w0:
/// w0 += sigma0(words t + 1 and t + 2) + (words t + 9 and t + 10).
template <class V>
SALLYPORT_INLINE void round_and_sigma0(std::uint64_t a, std::uint64_t b, std::uint64_t& d, std::uint64_t e,
                                       std::uint64_t f, std::uint64_t g, std::uint64_t& h, std::uint64_t& b_xor_c,
                                       const std::uint64_t& wk, V& w0, V w1, V w4, V w5) {
  std::uint64_t t0, t1, t2, a_xor_b;
  V v0, v1, v2;
  asm(SALLYPORT_ROUND("vpalignr $8, %[w0], %[w1], %[v0]\n\t", "vpalignr $8, %[w4], %[w5], %[v1]\n\t",
                      "vpaddq %[v1], %[w0], %[w0]\n\t", "vpsrlq $1, %[v0], %[v1]\n\t", "vpsllq $63, %[v0], %[v2]\n\t",
                      "vpxor %[v2], %[v1], %[v1]\n\t", "vpsrlq $8, %[v0], %[v2]\n\t", "vpxor %[v2], %[v1], %[v1]\n\t",
                      "vpsllq $56, %[v0], %[v2]\n\tvpsrlq $7, %[v0], %[v0]\n\t", "vpxor %[v2], %[v1], %[v1]\n\t",
                      "vpxor %[v0], %[v1], %[v1]\n\t", "vpaddq %[v1], %[w0], %[w0]\n\t")
      : SALLYPORT_ROUND_OUT, [w0] "+&x"(w0), [v0] "=&x"(v0), [v1] "=&x"(v1), [v2] "=&x"(v2)
      : SALLYPORT_ROUND_IN, [w1] "x"(w1), [w4] "x"(w4), [w5] "x"(w5)
      : "cc");
  b_xor_c = a_xor_b;
}
/// The same with the other half: w0 += sigma1(words t + 14 and t + 15).
template <class V>
SALLYPORT_INLINE void round_and_sigma1(std::uint64_t a, std::uint64_t b, std::uint64_t& d, std::uint64_t e,
                                       std::uint64_t f, std::uint64_t g, std::uint64_t& h, std::uint64_t& b_xor_c,
                                       const std::uint64_t& wk, V& w0, V w7) {
  std::uint64_t t0, t1, t2, a_xor_b;
  V v1, v2;
  asm(SALLYPORT_ROUND("vpsrlq $19, %[w7], %[v1]\n\t", "vpsllq $45, %[w7], %[v2]\n\t", "vpxor %[v2], %[v1], %[v1]\n\t",
                      "vpsrlq $61, %[w7], %[v2]\n\t", "vpxor %[v2], %[v1], %[v1]\n\t", "vpsllq $3, %[w7], %[v2]\n\t",
                      "vpxor %[v2], %[v1], %[v1]\n\t", "vpsrlq $6, %[w7], %[v2]\n\t", "vpxor %[v2], %[v1], %[v1]\n\t",
                      "vpaddq %[v1], %[w0], %[w0]\n\t", , )
      : SALLYPORT_ROUND_OUT, [w0] "+&x"(w0), [v1] "=&x"(v1), [v2] "=&x"(v2)
      : SALLYPORT_ROUND_IN, [w7] "x"(w7)
      : "cc");
  b_xor_c = a_xor_b;
}

struct OneBlock {
  using V = __m128i;
};
struct TwoBlocks {
  using V = __m256i;
};

/// The schedule: words that have their constants added are in wk, two of each block, then the next two.
template <class Blocks>
struct Schedule {
  using V = typename Blocks::V;
  static constexpr int kStride = sizeof(V) / 8;  // words of wk from two to the next two
  V w[8];

  SALLYPORT_INLINE void start(const std::uint8_t* block, std::uint64_t* wk) {
    SALLYPORT_UNROLL
    for (int i = 0; i < 8; ++i) load(w[i], block + 16 * i), store_sum(wk + kStride * i, w[i], kRoundConstants + 2 * i);
  }
};

/// Two rounds and the schedule's next words, or two rounds.
template <class Blocks>
struct Advance {
  Schedule<Blocks>& schedule;
  std::uint64_t* wk;
  const std::uint64_t* k;

  /// w[(kAt + i) % 8] holds the words t + 2 i and t + 2 i + 1.
  template <int kAt>
  SALLYPORT_INLINE void two_rounds(std::uint64_t a, std::uint64_t b, std::uint64_t& c, std::uint64_t& d,
                                   std::uint64_t e, std::uint64_t f, std::uint64_t& g, std::uint64_t& h,
                                   std::uint64_t& b_xor_c, const std::uint64_t* now) const {
    auto& w = schedule.w;
    round_and_sigma0(a, b, d, e, f, g, h, b_xor_c, now[0], w[kAt], w[(kAt + 1) % 8], w[(kAt + 4) % 8],
                     w[(kAt + 5) % 8]);
    round_and_sigma1(h, a, c, d, e, f, g, b_xor_c, now[1], w[kAt], w[(kAt + 7) % 8]);
    store_sum(wk + Schedule<Blocks>::kStride * kAt, w[kAt], k + 2 * kAt);
  }
};
struct Rest {
  template <int kAt>
  SALLYPORT_INLINE void two_rounds(std::uint64_t a, std::uint64_t b, std::uint64_t& c, std::uint64_t& d,
                                   std::uint64_t e, std::uint64_t f, std::uint64_t& g, std::uint64_t& h,
                                   std::uint64_t& b_xor_c, const std::uint64_t* now) const {
    round(a, b, d, e, f, g, h, b_xor_c, now[0]);
    round(h, a, c, d, e, f, g, b_xor_c, now[1]);
  }
};

struct Working {
  std::uint64_t a, b, c, d, e, f, g, h, b_xor_c;

  SALLYPORT_INLINE explicit Working(const std::uint64_t* s)
      : a(s[0]), b(s[1]), c(s[2]), d(s[3]), e(s[4]), f(s[5]), g(s[6]), h(s[7]), b_xor_c(s[1] ^ s[2]) {}
  SALLYPORT_INLINE void add_to(std::uint64_t* s) const {
    s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
  }
  /// Eight rounds, two words of wk every kStride, in pairs from kAt on.
  template <int kStride, int kAt, class Beside>
  SALLYPORT_INLINE void eight_rounds(const std::uint64_t* wk, const Beside& beside) {
    wk += kStride * kAt;
    beside.template two_rounds<kAt>(a, b, c, d, e, f, g, h, b_xor_c, wk);
    beside.template two_rounds<kAt + 1>(g, h, a, b, c, d, e, f, b_xor_c, wk + kStride);
    beside.template two_rounds<kAt + 2>(e, f, g, h, a, b, c, d, b_xor_c, wk + 2 * kStride);
    beside.template two_rounds<kAt + 3>(c, d, e, f, g, h, a, b, b_xor_c, wk + 3 * kStride);
  }
  template <int kStride, class Beside>
  SALLYPORT_INLINE void sixteen_rounds(const std::uint64_t* wk, const Beside& beside) {
    eight_rounds<kStride, 0>(wk, beside), eight_rounds<kStride, 4>(wk, beside);
  }
};

/// Overwrites words of the message, which may be a secret. For so few `rep stos` would be felt.
template <std::size_t N>
SALLYPORT_INLINE void erase(std::uint64_t (&words)[N]) {
  for (std::size_t i = 0; i < N; i += 2) {
    _mm_store_si128(reinterpret_cast<__m128i*>(words + i), _mm_setzero_si128());
    asm volatile("" : : "r"(words) : "memory");  // else the compiler makes `rep stos` of it, or nothing
  }
}

[[gnu::noinline]] void compress_one(std::uint64_t* h, const std::uint8_t* block) {
  alignas(16) std::uint64_t wk[16];
  Schedule<OneBlock> s;
  Working v(h);
  s.start(block, wk);
  for (int t = 16; t < 80; t += 16) v.sixteen_rounds<2>(wk, Advance<OneBlock>{s, wk, kRoundConstants + t});
  v.sixteen_rounds<2>(wk, Rest());
  v.add_to(h);
  erase(wk);
}

/// `pairs` of blocks: the schedules of both beside the rounds of the first, then the rounds of the second.
[[gnu::noinline]] void compress_pairs(std::uint64_t* h, const std::uint8_t* blocks, std::size_t pairs) {
  alignas(32) std::uint64_t wk[2 * 80];
  for (; pairs != 0; --pairs, blocks += 256) {
    Schedule<TwoBlocks> s;
    Working first(h);
    s.start(blocks, wk);
    for (int t = 0; t < 64; t += 16) {
      first.sixteen_rounds<4>(wk + 2 * t, Advance<TwoBlocks>{s, wk + 2 * (t + 16), kRoundConstants + t + 16});
    }
    first.sixteen_rounds<4>(wk + 2 * 64, Rest());
    first.add_to(h);
    Working second(h);
    for (int t = 0; t < 80; t += 16) second.sixteen_rounds<4>(wk + 2 * t + 2, Rest());
    second.add_to(h);
  }
  erase(wk);
}

void compress(std::uint64_t* h, const std::uint8_t* blocks, std::size_t count) noexcept {
  if (count >= 2) compress_pairs(h, blocks, count / 2);
  if (count % 2 != 0) compress_one(h, blocks + 128 * (count - 1));
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
