// AES-GCM with AES-NI and PCLMULQDQ on 128-bit vectors: eight blocks at a time (aes_gcm_steps.inc).
#include <immintrin.h>

#include <cstring>

#include "base/constant_time.h"
#include "crypto/kernels/aes_gcm_input.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

#if defined(__x86_64__)

namespace tls::crypto {
SALLYPORT_TARGET_BEGIN("sse4.1,ssse3,aes,pclmul")
namespace {

#include "crypto/kernels/aes_gcm_x86.inc"

using Block = __m128i;
using Vector = __m128i;
constexpr std::size_t kLanes = 1;

SALLYPORT_INLINE Vector load_vector(const std::uint8_t* p) { return load_block(p); }
SALLYPORT_INLINE void store_vector(std::uint8_t* p, Vector v) { store_block(p, v); }
SALLYPORT_INLINE Vector mask(Vector a, Vector b) { return _mm_and_si128(a, b); }
SALLYPORT_INLINE Vector widen(Block block) { return block; }
SALLYPORT_INLINE Block sum_lanes(Vector v) { return v; }
SALLYPORT_INLINE Vector repeat(Block block) { return block; }
SALLYPORT_INLINE Block first_lane(Vector v) { return v; }
SALLYPORT_INLINE Block last_lane(Vector v) { return v; }
SALLYPORT_INLINE Vector from_blocks(Block only, Block) { return only; }
SALLYPORT_INLINE Vector first_powers(Block h) { return h; }

using Sum = Product;
SALLYPORT_INLINE Sum empty_sum() { return {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()}; }
SALLYPORT_INLINE void add_product(Sum& sum, Vector block, Vector power) {
  const Product p = product(block, power);
  sum = {add(sum.low, p.low), add(sum.middle, p.middle), add(sum.high, p.high)};
}
/// low ^ high half of `even` in the low halves, of `odd` in the high halves.
SALLYPORT_INLINE Vector fold_pair(Vector even, Vector odd) {
  return add(_mm_unpacklo_epi64(even, odd), _mm_unpackhi_epi64(even, odd));
}
/// Two at once by Karatsuba: `middle` then still contains low and high.
SALLYPORT_INLINE void add_products_folded(Sum& sum, Vector even, Vector odd, Vector h0, Vector h1, Vector folded) {
  const Vector both = fold_pair(even, odd);
  sum.low = add(sum.low, _mm_clmulepi64_si128(even, h0, 0x00));
  SALLYPORT_SETTLE(sum.low);
  sum.high = add(sum.high, _mm_clmulepi64_si128(even, h0, 0x11));
  SALLYPORT_SETTLE(sum.high);
  sum.low = add(sum.low, _mm_clmulepi64_si128(odd, h1, 0x00));
  SALLYPORT_SETTLE(sum.low);
  sum.high = add(sum.high, _mm_clmulepi64_si128(odd, h1, 0x11));
  SALLYPORT_SETTLE(sum.high);
  sum.middle = add(sum.middle, _mm_clmulepi64_si128(both, folded, 0x00));
  SALLYPORT_SETTLE(sum.middle);
  sum.middle = add(sum.middle, _mm_clmulepi64_si128(both, folded, 0x11));
  SALLYPORT_SETTLE(sum.middle);
}
SALLYPORT_INLINE Vector reduce_folded(Sum sum) {
  sum.middle = add(sum.middle, add(sum.low, sum.high));
  return reduce(sum);
}

/// Counter blocks are added up as numbers, bytes reversed, of which the low 32 bits count (NIST SP 800-38D §6.2).
SALLYPORT_INLINE Vector add_words(Vector v, int n) { return _mm_add_epi32(v, _mm_cvtsi32_si128(n)); }
SALLYPORT_INLINE Vector counters_behind(Block number) { return add_words(number, 1); }

SALLYPORT_INLINE Vector start_round(const Block* round_key, Vector b) { return add(b, round_key[0]); }
SALLYPORT_INLINE Vector middle_round(const Block* round_key, unsigned round, Vector b) {
  return _mm_aesenc_si128(b, round_key[round]);
}
/// The last round's key and the text are added in one: (state ^ key) ^ text.
SALLYPORT_INLINE Vector last_round(const Block* round_key, unsigned rounds, Vector b, Vector text) {
  return _mm_aesenclast_si128(b, add(round_key[rounds], text));
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
          .required = Feature::sse41 | Feature::ssse3 | Feature::aesni | Feature::pclmul,
          .state_size = sizeof(State),
          .state_align = alignof(State),
          .init = init<kRounds>,
          .seal = seal<kRounds>,
          .open = open<kRounds>,
          .wipe = wipe_state};
}

}  // namespace

constexpr AeadImpl kAes128GcmAesni = row<10>("aes-128-gcm-aesni", AeadId::aes_128_gcm);
constexpr AeadImpl kAes256GcmAesni = row<14>("aes-256-gcm-aesni", AeadId::aes_256_gcm);

}  // namespace tls::crypto
#endif  // __x86_64__
