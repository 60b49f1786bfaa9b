// AES-GCM with the cryptographic extensions of ARMv8: eight blocks at a time (aes_gcm_steps.inc).
#if defined(__aarch64__)
#include <arm_neon.h>

#include <bit>
#include <cstring>

#include "base/constant_time.h"
#include "crypto/kernels/aes_gcm_input.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

namespace tls::crypto {
#if defined(__clang__)
SALLYPORT_TARGET_BEGIN("aes")
#else
SALLYPORT_TARGET_BEGIN("+crypto")
#endif
namespace {

static_assert(std::endian::native == std::endian::little, "lane 0 is taken for the lower half");

constexpr int kMaxRounds = 14;

using Block = uint8x16_t;
using Vector = Block;
constexpr std::size_t kLanes = 1;

SALLYPORT_INLINE Block load_block(const std::uint8_t* p) { return vld1q_u8(p); }
SALLYPORT_INLINE void store_block(std::uint8_t* p, Block block) { vst1q_u8(p, block); }
SALLYPORT_INLINE Vector load_vector(const std::uint8_t* p) { return vld1q_u8(p); }
SALLYPORT_INLINE void store_vector(std::uint8_t* p, Vector v) { vst1q_u8(p, v); }
SALLYPORT_INLINE Block add(Block a, Block b) { return veorq_u8(a, b); }
SALLYPORT_INLINE Vector mask(Vector a, Vector b) { return vandq_u8(a, b); }
SALLYPORT_INLINE Vector widen(Block block) { return block; }
SALLYPORT_INLINE Block sum_lanes(Vector v) { return v; }
SALLYPORT_INLINE Vector repeat(Block block) { return block; }
SALLYPORT_INLINE Block first_lane(Vector v) { return v; }
SALLYPORT_INLINE Block last_lane(Vector v) { return v; }
SALLYPORT_INLINE Vector from_blocks(Block only, Block) { return only; }
SALLYPORT_INLINE Vector first_powers(Block h) { return h; }
SALLYPORT_INLINE Block swap_halves(Block v) { return vextq_u8(v, v, 8); }
SALLYPORT_INLINE Block reverse_bytes(Block v) { return swap_halves(vrev64q_u8(v)); }
SALLYPORT_INLINE Block from_halves(std::uint64_t low, std::uint64_t high) {
  return vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(low), vcreate_u64(high)));
}

SALLYPORT_INLINE std::uint64_t low_half(Block v) { return vgetq_lane_u64(vreinterpretq_u64_u8(v), 0); }
SALLYPORT_INLINE std::uint64_t high_half(Block v) { return vgetq_lane_u64(vreinterpretq_u64_u8(v), 1); }

// --- GHASH: with H * x for H and reversed bytes, as on x86-64 (aes_gcm_x86.inc tells why)

SALLYPORT_INLINE Block multiply_low(Block a, Block b) {
  return vreinterpretq_u8_p128(vmull_p64(static_cast<poly64_t>(vgetq_lane_u64(vreinterpretq_u64_u8(a), 0)),
                                         static_cast<poly64_t>(vgetq_lane_u64(vreinterpretq_u64_u8(b), 0))));
}
SALLYPORT_INLINE Block multiply_high(Block a, Block b) {
  return vreinterpretq_u8_p128(vmull_high_p64(vreinterpretq_p64_u8(a), vreinterpretq_p64_u8(b)));
}

/// Products that are not yet reduced: low + middle * x^64 + high * x^128.
struct Sum {
  Vector low, middle, high;
};
SALLYPORT_INLINE Sum empty_sum() { return {vdupq_n_u8(0), vdupq_n_u8(0), vdupq_n_u8(0)}; }
SALLYPORT_INLINE void add_product(Sum& sum, Vector block, Vector power) {
  const Vector swapped = swap_halves(power);
  sum.low = add(sum.low, multiply_low(block, power));
  sum.high = add(sum.high, multiply_high(block, power));
  sum.middle = add(sum.middle, add(multiply_low(block, swapped), multiply_high(block, swapped)));
}
/// low ^ high half of `even` in the low halves, of `odd` in the high halves.
SALLYPORT_INLINE Vector fold_pair(Vector even, Vector odd) {
  const uint64x2_t a = vreinterpretq_u64_u8(even), b = vreinterpretq_u64_u8(odd);
  return vreinterpretq_u8_u64(veorq_u64(vzip1q_u64(a, b), vzip2q_u64(a, b)));
}
/// Two at once by Karatsuba: `middle` then still contains low and high.
SALLYPORT_INLINE void add_products_folded(Sum& sum, Vector even, Vector odd, Vector h0, Vector h1, Vector folded) {
  const Vector both = fold_pair(even, odd);
  sum.low = add(sum.low, add(multiply_low(even, h0), multiply_low(odd, h1)));
  sum.high = add(sum.high, add(multiply_high(even, h0), multiply_high(odd, h1)));
  sum.middle = add(sum.middle, add(multiply_low(both, folded), multiply_high(both, folded)));
  SALLYPORT_SETTLE(sum.low);
  SALLYPORT_SETTLE(sum.middle);
  SALLYPORT_SETTLE(sum.high);
}
/// Folds the lower 64 bits into the rest, twice.
SALLYPORT_INLINE Vector reduce(const Sum& p) {
  const Block modulus = from_halves(0xc200000000000000, 0);
  const Block once = add(add(p.middle, swap_halves(p.low)), multiply_low(modulus, p.low));
  return add(add(p.high, swap_halves(once)), multiply_low(modulus, once));
}
SALLYPORT_INLINE Vector reduce_folded(Sum sum) {
  sum.middle = add(sum.middle, add(sum.low, sum.high));
  return reduce(sum);
}
SALLYPORT_INLINE Block multiply(Block a, Block b) {
  Sum sum = empty_sum();
  add_product(sum, a, b);
  return reduce(sum);
}

// --- AES: the instruction adds the round key first, so a round's key is the one before

SALLYPORT_INLINE Vector start_round(const Block*, Vector b) { return b; }
SALLYPORT_INLINE Vector middle_round(const Block* round_key, unsigned round, Vector b) {
  return vaesmcq_u8(vaeseq_u8(b, round_key[round - 1]));
}
SALLYPORT_INLINE Vector last_round(const Block* round_key, unsigned rounds, Vector b, Vector text) {
  return add(vaeseq_u8(b, round_key[rounds - 1]), add(round_key[rounds], text));
}
template <int kRounds>
SALLYPORT_INLINE Block encrypt_block(const Block* round_key, Block block) {
  SALLYPORT_UNROLL
  for (unsigned r = 1; r < kRounds; r++) block = middle_round(round_key, r, block);
  return last_round(round_key, kRounds, block, vdupq_n_u8(0));
}

/// SubWord of FIPS 197 §5.2: with four equal columns ShiftRows changes nothing.
SALLYPORT_INLINE std::uint32_t substitute_word(std::uint32_t word) {
  const Block columns = vreinterpretq_u8_u32(vdupq_n_u32(word));
  return vgetq_lane_u32(vreinterpretq_u32_u8(vaeseq_u8(columns, vdupq_n_u8(0))), 0);
}
template <int kRounds>
SALLYPORT_INLINE void expand(const std::uint8_t* key, Block* round_key) {
  constexpr unsigned kWords = kRounds == 10 ? 4 : 8;
  std::uint32_t w[4 * (kRounds + 1)];
  __builtin_memcpy(w, key, 4 * kWords);
  std::uint32_t round_constant = 1;
  for (unsigned i = kWords; i < 4 * (kRounds + 1); i++) {
    std::uint32_t t = w[i - 1];
    if (i % kWords == 0) {
      t = substitute_word(t >> 8 | t << 24) ^ round_constant;
      round_constant = round_constant == 0x80 ? 0x1b : round_constant << 1;
    } else if (kWords == 8 && i % 4 == 0) {
      t = substitute_word(t);
    }
    w[i] = w[i - kWords] ^ t;
  }
  for (int r = 0; r <= kRounds; r++) round_key[r] = vreinterpretq_u8_u32(vld1q_u32(w + 4 * r));
  wipe({reinterpret_cast<std::uint8_t*>(w), sizeof w});
}

/// H * x, bytes reversed; the bit that falls out is reduced without a branch.
template <int kRounds>
SALLYPORT_INLINE Block hash_key(const Block* round_key) {
  const uint64x2_t h = vreinterpretq_u64_u8(reverse_bytes(encrypt_block<kRounds>(round_key, vdupq_n_u8(0))));
  const std::uint64_t low = vgetq_lane_u64(h, 0), high = vgetq_lane_u64(h, 1), top = 0 - (high >> 63);
  return from_halves((low << 1) ^ (top & 1), (high << 1 | low >> 63) ^ (top & 0xc200000000000000));
}

// --- blocks of GCM

/// The counter block J0 = nonce || 1 (NIST SP 800-38D §7.1).
SALLYPORT_INLINE Block first_counter(const std::uint8_t* nonce) {
  std::uint32_t salt;
  std::uint64_t sequence;
  __builtin_memcpy(&salt, nonce, 4);
  __builtin_memcpy(&sequence, nonce + 4, 8);
  return from_halves(sequence << 32 | salt, sequence >> 32 | std::uint64_t{0x01000000} << 32);
}
/// Counter blocks are added up as numbers, bytes reversed, of which the low 32 bits count (NIST SP 800-38D §6.2).
SALLYPORT_INLINE Vector add_words(Vector v, int n) {
  const uint32x4_t words = vsetq_lane_u32(static_cast<std::uint32_t>(n), vdupq_n_u32(0), 0);
  return vreinterpretq_u8_u32(vaddq_u32(vreinterpretq_u32_u8(v), words));
}
SALLYPORT_INLINE Vector counters_behind(Block number) { return add_words(number, 1); }
/// The last block of GHASH: both lengths in bits.
SALLYPORT_INLINE Block length_block(std::size_t aad_size, std::size_t text_size) {
  return from_halves(text_size * 8, aad_size * 8);
}
/// Whether the tags are equal, in a time that does not depend on them. The answer is public.
SALLYPORT_INLINE bool same_tag(Block a, Block b) {
  std::uint8_t same = vminvq_u8(vceqq_u8(a, b)) == 0xff;
  unpoison({&same, 1});
  return same != 0;
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
          .required = Feature::neon | Feature::arm_aes | Feature::arm_pmull,
          .state_size = sizeof(State),
          .state_align = alignof(State),
          .init = init<kRounds>,
          .seal = seal<kRounds>,
          .open = open<kRounds>,
          .wipe = wipe_state};
}

}  // namespace

constexpr AeadImpl kAes128GcmArmv8 = row<10>("aes-128-gcm-armv8", AeadId::aes_128_gcm);
constexpr AeadImpl kAes256GcmArmv8 = row<14>("aes-256-gcm-armv8", AeadId::aes_256_gcm);

}  // namespace tls::crypto
#endif  // __aarch64__
