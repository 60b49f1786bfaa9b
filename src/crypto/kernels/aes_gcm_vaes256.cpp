// AES-GCM with VAES and VPCLMULQDQ on 256-bit vectors: sixteen blocks at a time (aes_gcm_steps.inc).
#include <immintrin.h>

#include <cstring>

#include "base/constant_time.h"
#include "crypto/kernels/aes_gcm_input.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

#if defined(__x86_64__)

namespace tls::crypto {
SALLYPORT_TARGET_BEGIN("avx2,aes,pclmul,vaes,vpclmulqdq")
namespace {

#include "crypto/kernels/aes_gcm_x86.inc"

using Block = __m128i;
using Vector = __m256i;
constexpr std::size_t kLanes = 2;

SALLYPORT_INLINE Vector load_vector(const std::uint8_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
SALLYPORT_INLINE void store_vector(std::uint8_t* p, Vector v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
SALLYPORT_INLINE Vector repeat(Block block) { return _mm256_broadcastsi128_si256(block); }
SALLYPORT_INLINE Vector add(Vector a, Vector b) { return _mm256_xor_si256(a, b); }
SALLYPORT_INLINE Vector mask(Vector a, Vector b) { return _mm256_and_si256(a, b); }
SALLYPORT_INLINE Vector widen(Block block) { return _mm256_zextsi128_si256(block); }
SALLYPORT_INLINE Block sum_lanes(Vector v) {
  return _mm_xor_si128(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}
SALLYPORT_INLINE Vector reverse_bytes(Vector v) {
  return _mm256_shuffle_epi8(v, repeat(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
}
SALLYPORT_INLINE Vector swap_halves(Vector v) { return _mm256_shuffle_epi32(v, 0x4e); }

struct Sum {
  Vector low, middle, high;
};
SALLYPORT_INLINE Sum empty_sum() { return {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()}; }
SALLYPORT_INLINE void add_product(Sum& sum, Vector block, Vector power) {
  sum.low = add(sum.low, _mm256_clmulepi64_epi128(block, power, 0x00));
  sum.high = add(sum.high, _mm256_clmulepi64_epi128(block, power, 0x11));
  sum.middle =
      add(sum.middle, add(_mm256_clmulepi64_epi128(block, power, 0x01), _mm256_clmulepi64_epi128(block, power, 0x10)));
}
/// low ^ high half of `even` in the low halves, of `odd` in the high halves.
SALLYPORT_INLINE Vector fold_pair(Vector even, Vector odd) {
  return add(_mm256_unpacklo_epi64(even, odd), _mm256_unpackhi_epi64(even, odd));
}
/// Two at once by Karatsuba: `middle` then still contains low and high.
SALLYPORT_INLINE void add_products_folded(Sum& sum, Vector even, Vector odd, Vector h0, Vector h1, Vector folded) {
  const Vector both = fold_pair(even, odd);
  sum.low = add(sum.low, _mm256_clmulepi64_epi128(even, h0, 0x00));
  SALLYPORT_SETTLE(sum.low);
  sum.high = add(sum.high, _mm256_clmulepi64_epi128(even, h0, 0x11));
  SALLYPORT_SETTLE(sum.high);
  sum.low = add(sum.low, _mm256_clmulepi64_epi128(odd, h1, 0x00));
  SALLYPORT_SETTLE(sum.low);
  sum.high = add(sum.high, _mm256_clmulepi64_epi128(odd, h1, 0x11));
  SALLYPORT_SETTLE(sum.high);
  sum.middle = add(sum.middle, _mm256_clmulepi64_epi128(both, folded, 0x00));
  SALLYPORT_SETTLE(sum.middle);
  sum.middle = add(sum.middle, _mm256_clmulepi64_epi128(both, folded, 0x11));
  SALLYPORT_SETTLE(sum.middle);
}
SALLYPORT_INLINE Vector reduce(const Sum& p) {
  const Vector m = repeat(modulus());
  const Vector once = add(add(p.middle, swap_halves(p.low)), _mm256_clmulepi64_epi128(m, p.low, 0x01));
  return add(add(p.high, swap_halves(once)), _mm256_clmulepi64_epi128(m, once, 0x01));
}
SALLYPORT_INLINE Vector reduce_folded(Sum sum) {
  sum.middle = add(sum.middle, add(sum.low, sum.high));
  return reduce(sum);
}
SALLYPORT_INLINE Vector multiply(Vector a, Vector b) {
  Sum sum = empty_sum();
  add_product(sum, a, b);
  return reduce(sum);
}
SALLYPORT_INLINE Block first_lane(Vector v) { return _mm256_castsi256_si128(v); }
SALLYPORT_INLINE Block last_lane(Vector v) { return _mm256_extracti128_si256(v, 1); }
SALLYPORT_INLINE Vector from_blocks(Block low, Block high) { return _mm256_set_m128i(high, low); }
SALLYPORT_INLINE Vector first_powers(Block h) { return _mm256_set_m128i(h, multiply(h, h)); }

/// Counter blocks are added up as numbers, bytes reversed, of which the low 32 bits count (NIST SP 800-38D §6.2).
SALLYPORT_INLINE Vector add_words(Vector v, int n) { return _mm256_add_epi32(v, repeat(_mm_cvtsi32_si128(n))); }
SALLYPORT_INLINE Vector counters_behind(Block number) {
  return _mm256_add_epi32(repeat(number), _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 1));
}

SALLYPORT_INLINE Vector start_round(const Block* round_key, Vector b) { return add(b, repeat(round_key[0])); }
SALLYPORT_INLINE Vector middle_round(const Block* round_key, unsigned round, Vector b) {
  return _mm256_aesenc_epi128(b, repeat(round_key[round]));
}
/// The last round's key and the text are added in one: (state ^ key) ^ text.
SALLYPORT_INLINE Vector last_round(const Block* round_key, unsigned rounds, Vector b, Vector text) {
  return _mm256_aesenclast_epi128(b, add(repeat(round_key[rounds]), text));
}

#include "crypto/kernels/aes_gcm_steps.inc"

}  // namespace
SALLYPORT_TARGET_END

namespace {

void wipe_state(void* state) noexcept { wipe({static_cast<std::uint8_t*>(state), sizeof(State)}); }

template <int kRounds>
constexpr AeadImpl row(std::string_view name, AeadId id) {
  return {.name = name,
          .id = id,
          .required = Feature::avx2 | Feature::aesni | Feature::pclmul | Feature::vaes | Feature::vpclmul,
          .state_size = sizeof(State),
          .state_align = alignof(State),
          .init = init<kRounds>,
          .seal = seal<kRounds>,
          .open = open<kRounds>,
          .wipe = wipe_state};
}

}  // namespace

constexpr AeadImpl kAes128GcmVaes256 = row<10>("aes-128-gcm-vaes256", AeadId::aes_128_gcm);
constexpr AeadImpl kAes256GcmVaes256 = row<14>("aes-256-gcm-vaes256", AeadId::aes_256_gcm);

}  // namespace tls::crypto
#endif  // __x86_64__
