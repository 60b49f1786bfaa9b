// SHA-256's compression function (FIPS 180-4 §6.2.2) with the SHA instructions.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "crypto/sha2_constants.h"

SALLYPORT_TARGET_BEGIN("sha,sse4.1,ssse3")
namespace tls::crypto {
namespace {

alignas(16) constexpr std::uint32_t kRoundConstants[64] = {  // FIPS 180-4 §4.2.2
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The working variables as the instructions want them: {f, e, b, a} and {h, g, d, c}, low word first.
struct Working {
  __m128i abef, cdgh;
};

/// Four rounds with the schedule's words `w`, the first of them word `t`.
SALLYPORT_INLINE void four_rounds(Working& s, __m128i w, int t) {
  const __m128i wk = _mm_add_epi32(w, _mm_load_si128(reinterpret_cast<const __m128i*>(kRoundConstants + t)));
  s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, wk);
  s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(wk, 0x0e));
}
/// The four words of the schedule that follow the sixteen in w0 to w3.
SALLYPORT_INLINE __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
  const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
  return _mm_sha256msg2_epu32(sum, w3);
}
SALLYPORT_INLINE __m128i load_big_endian(const std::uint8_t* p) {
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)),
                          _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

/// Two words of the chaining value, which has one in each 64 bits.
SALLYPORT_INLINE __m128 load_pair(const std::uint64_t* h) {
  return _mm_castsi128_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(h)));
}
SALLYPORT_INLINE void store_pair(std::uint64_t* h, __m128i pair) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(h), pair);
}
/// The low halves of two pairs, the last first.
SALLYPORT_INLINE __m128i pack(const std::uint64_t* high, const std::uint64_t* low) {
  return _mm_castps_si128(_mm_shuffle_ps(load_pair(high), load_pair(low), _MM_SHUFFLE(0, 2, 0, 2)));
}
SALLYPORT_INLINE void unpack(__m128i packed, std::uint64_t* high, std::uint64_t* low) {
  const __m128i words = _mm_shuffle_epi32(packed, _MM_SHUFFLE(0, 1, 2, 3));
  store_pair(low, _mm_unpacklo_epi32(words, _mm_setzero_si128()));
  store_pair(high, _mm_unpackhi_epi32(words, _mm_setzero_si128()));
}

void compress(std::uint64_t* h, const std::uint8_t* blocks, std::size_t count) noexcept {
  Working s{pack(h + 4, h), pack(h + 6, h + 2)};
  for (; count != 0; --count, blocks += 64) {
    const Working before = s;
    __m128i w0 = load_big_endian(blocks), w1 = load_big_endian(blocks + 16), w2 = load_big_endian(blocks + 32),
            w3 = load_big_endian(blocks + 48);
    for (int t = 0; t < 48; t += 16) {
      four_rounds(s, w0, t), w0 = next_words(w0, w1, w2, w3);
      four_rounds(s, w1, t + 4), w1 = next_words(w1, w2, w3, w0);
      four_rounds(s, w2, t + 8), w2 = next_words(w2, w3, w0, w1);
      four_rounds(s, w3, t + 12), w3 = next_words(w3, w0, w1, w2);
    }
    four_rounds(s, w0, 48), four_rounds(s, w1, 52), four_rounds(s, w2, 56), four_rounds(s, w3, 60);
    s.abef = _mm_add_epi32(s.abef, before.abef), s.cdgh = _mm_add_epi32(s.cdgh, before.cdgh);
  }
  unpack(s.abef, h + 4, h);
  unpack(s.cdgh, h + 6, h + 2);
}

}  // namespace

constinit const HashImpl kSha256ShaNi = {.name = "sha256-shani",
                                         .id = HashId::sha256,
                                         .required = Feature::sha | Feature::sse41 | Feature::ssse3,
                                         .digest_size = 32,
                                         .block_size = 64,
                                         .initial = kSha256Initial,
                                         .compress = compress};

}  // namespace tls::crypto
SALLYPORT_TARGET_END
#endif
