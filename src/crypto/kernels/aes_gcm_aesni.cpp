// AES-GCM with AES-NI and PCLMULQDQ on 128-bit vectors: eight blocks at a time (aes_gcm_steps.inc).
#include <immintrin.h>

#include <cstring>

#include "base/constant_time.h"
#include "base/secret.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"

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
SALLYPORT_INLINE Vector repeat_first(Vector v) { return v; }
SALLYPORT_INLINE Vector first_powers(Block h) { return h; }

using Sum = Product;
SALLYPORT_INLINE Sum empty_sum() { return {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()}; }
SALLYPORT_INLINE void add_product(Sum& sum, Vector block, Vector power) {
  const Product p = product(block, power);
  sum = {add(sum.low, p.low), add(sum.middle, p.middle), add(sum.high, p.high)};
}
/// Karatsuba: `middle` then still contains low and high.
SALLYPORT_INLINE void add_product_folded(Sum& sum, Vector block, Vector power, Vector folded, bool odd) {
  const Vector both = add(block, swap_halves(block));
  sum.low = add(sum.low, _mm_clmulepi64_si128(block, power, 0x00));
  sum.high = add(sum.high, _mm_clmulepi64_si128(block, power, 0x11));
  sum.middle =
      add(sum.middle, odd ? _mm_clmulepi64_si128(both, folded, 0x10) : _mm_clmulepi64_si128(both, folded, 0x00));
  SALLYPORT_SETTLE(sum.low);
  SALLYPORT_SETTLE(sum.middle);
  SALLYPORT_SETTLE(sum.high);
}
SALLYPORT_INLINE Vector reduce_folded(Sum sum) {
  sum.middle = add(sum.middle, add(sum.low, sum.high));
  return reduce(sum);
}
SALLYPORT_INLINE Vector fold_pair(Vector even, Vector odd) {
  return _mm_unpacklo_epi64(add(even, swap_halves(even)), add(odd, swap_halves(odd)));
}

SALLYPORT_INLINE Vector counters_behind(Block first) {
  return _mm_add_epi32(reverse_bytes(first), _mm_set_epi32(0, 0, 0, 1));
}
/// The next counter blocks. They are kept as numbers of which the low 32 bits count (NIST SP 800-38D §6.2).
SALLYPORT_INLINE Vector take_counters(Vector& counters) {
  const Vector blocks = reverse_bytes(counters);
  counters = _mm_add_epi32(counters, _mm_set_epi32(0, 0, 0, 1));
  return blocks;
}

SALLYPORT_INLINE Vector start_round(const Block* round_key, Vector b) { return add(b, round_key[0]); }
SALLYPORT_INLINE Vector middle_round(const Block* round_key, int round, Vector b) {
  return _mm_aesenc_si128(b, round_key[round]);
}
/// The last round's key and the text are added in one: (state ^ key) ^ text.
template <int kRounds>
SALLYPORT_INLINE Vector last_round(const Block* round_key, Vector b, Vector text) {
  return _mm_aesenclast_si128(b, add(round_key[kRounds], text));
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
