// AES-GCM with VAES and VPCLMULQDQ on 512-bit vectors: four blocks in each.
//
// Eight vectors (512 bytes) are encrypted at a time, and between their rounds the ciphertext of the eight before is
// hashed: AES and carry-less multiplication use different slots of the same execution units. Each of the 32 blocks is
// multiplied by a power of H of its own, so that one reduction serves them all.
#include <immintrin.h>

#include <cstring>

#include "base/constant_time.h"
#include "base/secret.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 takes the "undefined" operands within its own AVX-512 intrinsics for uninitialised variables (PR 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace tls::crypto {
SALLYPORT_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi2,aes,pclmul,vaes,vpclmulqdq")
namespace {

#include "crypto/kernels/aes_gcm_x86.inc"

constexpr std::size_t kBlock = 16;
constexpr std::size_t kVector = 64;  // bytes: four blocks
constexpr int kStepVectors = 8;      // more do not fit the registers, fewer leave gaps
constexpr std::size_t kStep = kStepVectors * kVector;
constexpr int kGroupVectors = 4;  // behind the last whole step
constexpr std::size_t kGroup = kGroupVectors * kVector;

/// How two 128-bit numbers are multiplied without carries. Three instructions and some XOR are faster than four where
/// carry-less multiplication is the bottleneck (AMD), slower where shuffles and AES are (Intel).
enum class Multiply { schoolbook, karatsuba };

struct alignas(kVector) State {
  __m128i round_key[kMaxRounds + 1];
  std::uint32_t built;               // vectors of `power` that are filled, counted from its end
  __m512i power[kStepVectors];       // H^32 * x ... H^1 * x
  __m512i folded[kStepVectors / 2];  // for Karatsuba, low ^ high half of each power: of power[2i] in the low halves of
                                     // folded[i], of power[2i + 1] in the high halves
};
static_assert(sizeof(State) <= kMaxAeadState);

/// The 12-byte nonce, what is authenticated and what is encrypted: in || extra.
struct Input {
  const std::uint8_t *nonce, *aad, *in, *extra;
  std::size_t aad_size, in_size, extra_size;
};

// --- vectors of four blocks

SALLYPORT_INLINE __m512i load(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
SALLYPORT_INLINE __m512i reverse_bytes(__m512i v) {
  return _mm512_shuffle_epi8(
      v, _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
}
SALLYPORT_INLINE __m512i swap_halves(__m512i v) { return _mm512_shuffle_epi32(v, _MM_PERM_BADC); }
SALLYPORT_INLINE __m512i xor3(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
/// A mask of the first `bytes` (0 to 64) bytes.
SALLYPORT_INLINE __mmask64 first(std::size_t bytes) {
  return _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(bytes));
}

/// Four sums of products, not yet reduced; see Product. With Karatsuba, `middle` still contains low and high.
struct Sum {
  __m512i low, middle, high;
};
SALLYPORT_INLINE Sum empty_sum() { return {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()}; }

SALLYPORT_INLINE void add_product(Sum& sum, __m512i block, __m512i power) {
  sum.low = _mm512_xor_si512(sum.low, _mm512_clmulepi64_epi128(block, power, 0x00));
  sum.high = _mm512_xor_si512(sum.high, _mm512_clmulepi64_epi128(block, power, 0x11));
  sum.middle =
      xor3(sum.middle, _mm512_clmulepi64_epi128(block, power, 0x01), _mm512_clmulepi64_epi128(block, power, 0x10));
}
SALLYPORT_INLINE __m512i reduce_lanes(const Sum& p) {
  const __m512i m = _mm512_broadcast_i32x4(modulus());
  const __m512i once = xor3(p.middle, swap_halves(p.low), _mm512_clmulepi64_epi128(m, p.low, 0x01));
  return xor3(p.high, swap_halves(once), _mm512_clmulepi64_epi128(m, once, 0x01));
}
/// One block: the sum of all four lanes.
SALLYPORT_INLINE __m128i reduce(const Sum& sum) {
  const __m512i lanes = reduce_lanes(sum);
  const __m256i pair = _mm256_xor_si256(_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64(lanes, 1));
  return _mm_xor_si128(_mm256_castsi256_si128(pair), _mm256_extracti128_si256(pair, 1));
}
SALLYPORT_INLINE __m512i multiply(__m512i a, __m512i b) {
  Sum sum = empty_sum();
  add_product(sum, a, b);
  return reduce_lanes(sum);
}

// --- powers of H

SALLYPORT_INLINE void set_power(State& s, int i, __m512i value) {
  s.power[i] = value;
  const __m512i both = _mm512_xor_si512(value, swap_halves(value));
  s.folded[i / 2] = _mm512_mask_mov_epi64(s.folded[i / 2], i % 2 == 0 ? 0x55 : 0xaa, both);
}

/// Doubles the powers until there are `blocks` of them: a connection of short records never computes the rest.
[[gnu::noinline]] void build_powers(State& s, std::size_t blocks) {
  while (4 * s.built < blocks) {
    const auto have = static_cast<int>(s.built);
    const __m512i highest = _mm512_broadcast_i32x4(_mm512_castsi512_si128(s.power[kStepVectors - have]));
    for (int i = 0; i < have; i++) {
      set_power(s, kStepVectors - 1 - have - i, multiply(s.power[kStepVectors - 1 - i], highest));
    }
    s.built *= 2;
  }
}
SALLYPORT_INLINE void need_powers(State& s, std::size_t blocks) {
  if (4 * s.built < blocks) [[unlikely]]
    build_powers(s, blocks);
}

/// Where the powers H^blocks ... H^1 begin.
SALLYPORT_INLINE const std::uint8_t* powers_of(const State& s, std::size_t blocks) {
  return reinterpret_cast<const std::uint8_t*>(s.power + kStepVectors) - kBlock * blocks;
}

template <int kRounds>
void init(void* state, const std::uint8_t* key) noexcept {
  auto& s = *static_cast<State*>(state);
  expand<kRounds>(key, s.round_key);
  const __m128i h1 = hash_key<kRounds>(s.round_key);
  const __m128i h2 = multiply(h1, h1), h3 = multiply(h2, h1), h4 = multiply(h2, h2);
  const __m512i low = _mm512_inserti32x4(_mm512_castsi128_si512(h4), h3, 1);
  set_power(s, kStepVectors - 1, _mm512_inserti32x4(_mm512_inserti32x4(low, h2, 2), h1, 3));
  s.built = 1;
}

// --- whole steps

/// Counter blocks as numbers (bytes reversed), one in each lane; only their low 32 bits count (NIST SP 800-38D §6.2).
struct Counter {
  __m512i next;
  SALLYPORT_INLINE explicit Counter(__m128i first_block)
      : next(_mm512_add_epi32(_mm512_broadcast_i32x4(reverse_bytes(first_block)),
                              _mm512_set_epi32(0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1))) {}
  SALLYPORT_INLINE __m512i take() {
    const __m512i blocks = reverse_bytes(next);
    next = _mm512_add_epi32(next, _mm512_set_epi32(0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4));
    return blocks;
  }
};

SALLYPORT_INLINE __m512i round_key(const State& s, int round) { return _mm512_broadcast_i32x4(s.round_key[round]); }

template <int kVectors>
SALLYPORT_INLINE void first_round(const State& s, Counter& counter, __m512i* b) {
  SALLYPORT_UNROLL
  for (int i = 0; i < kVectors; i++) b[i] = _mm512_xor_si512(counter.take(), round_key(s, 0));
}
template <int kVectors>
SALLYPORT_INLINE void middle_round(const State& s, int round, __m512i* b) {
  SALLYPORT_UNROLL
  for (int i = 0; i < kVectors; i++) b[i] = _mm512_aesenc_epi128(b[i], round_key(s, round));
}
/// The last round's key and the text are added in one: (state ^ key) ^ text.
template <int kRounds>
SALLYPORT_INLINE __m512i last_round(const State& s, __m512i b, __m512i text) {
  return _mm512_aesenclast_epi128(b, _mm512_xor_si512(round_key(s, kRounds), text));
}

/// Hashes vector `i` of a step. `hash` enters with the first.
template <Multiply kMultiply>
SALLYPORT_INLINE void hash_vector(const State& s, Sum& sum, int i, const std::uint8_t* ciphertext, __m512i hash) {
  __m512i block = reverse_bytes(load(ciphertext + static_cast<std::size_t>(i) * kVector));
  if (i == 0) block = _mm512_xor_si512(block, hash);
  if constexpr (kMultiply == Multiply::schoolbook) {
    add_product(sum, block, s.power[i]);
  } else {
    const __m512i both = _mm512_xor_si512(block, swap_halves(block));
    sum.low = _mm512_xor_si512(sum.low, _mm512_clmulepi64_epi128(block, s.power[i], 0x00));
    sum.high = _mm512_xor_si512(sum.high, _mm512_clmulepi64_epi128(block, s.power[i], 0x11));
    sum.middle = _mm512_xor_si512(sum.middle, i % 2 == 0 ? _mm512_clmulepi64_epi128(both, s.folded[i / 2], 0x00)
                                                         : _mm512_clmulepi64_epi128(both, s.folded[i / 2], 0x10));
  }
  SALLYPORT_SETTLE(sum.low);
  SALLYPORT_SETTLE(sum.middle);
  SALLYPORT_SETTLE(sum.high);
}
template <Multiply kMultiply>
SALLYPORT_INLINE __m512i finish_step(Sum sum) {
  if constexpr (kMultiply == Multiply::karatsuba) sum.middle = xor3(sum.middle, sum.low, sum.high);
  return _mm512_zextsi128_si512(reduce(sum));
}

template <int kRounds>
SALLYPORT_INLINE void store_step(const State& s, const __m512i* b, const std::uint8_t* in, std::uint8_t* out) {
  SALLYPORT_UNROLL
  for (std::size_t i = 0; i < kStepVectors; i++) {
    _mm512_storeu_si512(out + i * kVector, last_round<kRounds>(s, b[i], load(in + i * kVector)));
  }
}

template <int kRounds>
SALLYPORT_INLINE void encrypt_step(const State& s, Counter& counter, const std::uint8_t* in, std::uint8_t* out) {
  __m512i b[kStepVectors];
  first_round<kStepVectors>(s, counter, b);
  SALLYPORT_UNROLL
  for (int r = 1; r < kRounds; r++) middle_round<kStepVectors>(s, r, b);
  store_step<kRounds>(s, b, in, out);
}

template <Multiply kMultiply>
SALLYPORT_INLINE __m512i hash_step(const State& s, const std::uint8_t* ciphertext, __m512i hash) {
  Sum sum = empty_sum();
  SALLYPORT_UNROLL
  for (int i = 0; i < kStepVectors; i++) hash_vector<kMultiply>(s, sum, i, ciphertext, hash);
  return finish_step<kMultiply>(sum);
}

/// Encrypts 512 bytes while it hashes 512 others (or the same ones, before they are decrypted in place).
template <int kRounds, Multiply kMultiply>
SALLYPORT_INLINE __m512i fused_step(const State& s, Counter& counter, const std::uint8_t* in, std::uint8_t* out,
                                    const std::uint8_t* ciphertext, __m512i hash) {
  __m512i b[kStepVectors];
  Sum sum = empty_sum();
  first_round<kStepVectors>(s, counter, b);
  SALLYPORT_UNROLL
  for (int r = 1; r < kRounds; r++) {
    middle_round<kStepVectors>(s, r, b);
    SALLYPORT_UNROLL
    for (int i = (r - 1) * kStepVectors / (kRounds - 1); i < r * kStepVectors / (kRounds - 1); i++) {
      hash_vector<kMultiply>(s, sum, i, ciphertext, hash);
    }
  }
  hash = finish_step<kMultiply>(sum);
  store_step<kRounds>(s, b, in, out);
  return hash;
}

/// The first `size` bytes, a multiple of a step. Returns the hash, in the first lane.
template <int kRounds, bool kSeal, Multiply kMultiply>
SALLYPORT_INLINE __m512i whole_steps(const State& s, Counter& counter, const std::uint8_t* in, std::uint8_t* out,
                                     std::size_t size, __m512i hash) {
  if constexpr (!kSeal) {
    for (std::size_t at = 0; at < size; at += kStep) {
      hash = fused_step<kRounds, kMultiply>(s, counter, in + at, out + at, in + at, hash);
    }
    return hash;
  } else {
    encrypt_step<kRounds>(s, counter, in, out);
    for (std::size_t at = kStep; at < size; at += kStep) {
      hash = fused_step<kRounds, kMultiply>(s, counter, in + at, out + at, out + at - kStep, hash);
    }
    return hash_step<kMultiply>(s, out + size - kStep, hash);
  }
}

// --- what is left: less than a step of `in`, and `extra`

/// 64 bytes of in || extra from `at` on; those outside of `valid` are 0 and not touched.
SALLYPORT_INLINE __m512i load_joined(const Input& input, std::size_t at, __mmask64 valid) {
  if (at + kVector <= input.in_size) return load(input.in + at);
  const std::size_t of_in = at < input.in_size ? input.in_size - at : 0;
  __m512i text = _mm512_maskz_loadu_epi8(valid & first(of_in), input.in + at);
  if (input.extra_size != 0) {
    // The address of byte `at` if `extra` began right behind `in`; bytes masked out are not read.
    const auto from = reinterpret_cast<std::uintptr_t>(input.extra) + at - input.in_size;
    text = _mm512_mask_loadu_epi8(text, valid & ~first(of_in), reinterpret_cast<const void*>(from));
  }
  return text;
}

/// Encrypts and hashes kVectors vectors from `at` on, `size` bytes of them, with the powers from `power` on. Unless
/// more follows, the length block is hashed behind them and one more power is used.
template <int kRounds, bool kSeal, int kVectors, bool kLast>
SALLYPORT_INLINE __m128i last_vectors(const State& s, Counter& counter, const Input& input, std::size_t at,
                                      std::size_t size, std::uint8_t* out, __m128i hash, __m128i lengths) {
  constexpr std::size_t kFull = (kVectors - 1) * kVector;
  const std::size_t blocks = (size + kBlock - 1) / kBlock;
  const std::uint8_t* power = powers_of(s, blocks + (kLast ? 1 : 0));
  const __mmask64 valid = first(size - kFull);
  __m512i b[kVectors];
  first_round<kVectors>(s, counter, b);
  SALLYPORT_UNROLL
  for (int r = 1; r < kRounds; r++) middle_round<kVectors>(s, r, b);
  Sum sum = empty_sum();
  __m512i block = _mm512_setzero_si512();
  SALLYPORT_UNROLL
  for (std::size_t i = 0; i < kVectors; i++) {
    const bool partial = i == kVectors - 1;
    const __m512i text = load_joined(input, at + i * kVector, partial ? valid : ~__mmask64{0});
    __m512i done = last_round<kRounds>(s, b[i], text);
    if (partial) {
      _mm512_mask_storeu_epi8(out + at + i * kVector, valid, done);
      done = _mm512_maskz_mov_epi8(valid, done);
    } else {
      _mm512_storeu_si512(out + at + i * kVector, done);
    }
    block = reverse_bytes(kSeal ? done : text);
    if (i == 0) block = _mm512_xor_si512(block, _mm512_zextsi128_si512(hash));
    if (!partial) add_product(sum, block, load(power + i * kVector));
  }
  if constexpr (kLast) {
    // The length block takes the lane behind the last block; if there is none, it is a product of its own.
    const std::size_t lane = blocks - (kVectors - 1) * 4;
    if (lane < 4) {
      block = _mm512_mask_broadcast_i32x4(block, static_cast<__mmask16>(0xf << 4 * lane), lengths);
    } else {
      add_product(sum, _mm512_zextsi128_si512(lengths), _mm512_zextsi128_si512(load_block(powers_of(s, 1))));
    }
  }
  add_product(sum, block, load(power + kFull));
  return reduce(sum);
}

template <int kRounds, bool kSeal>
SALLYPORT_INLINE __m128i finish(State& s, Counter& counter, const Input& input, std::size_t at, std::uint8_t* out,
                                __m128i hash) {
  const std::size_t size = input.in_size + input.extra_size;
  const __m128i lengths = length_block(input.aad_size, size);
  for (; size - at > kGroup; at += kGroup) {
    hash = last_vectors<kRounds, kSeal, kGroupVectors, false>(s, counter, input, at, kGroup, out, hash, lengths);
  }
  const std::size_t rest = size - at;
  switch ((rest + kVector - 1) / kVector) {
    case 0:
      return multiply(_mm_xor_si128(hash, lengths), load_block(powers_of(s, 1)));
    case 1:
      return last_vectors<kRounds, kSeal, 1, true>(s, counter, input, at, rest, out, hash, lengths);
    case 2:
      return last_vectors<kRounds, kSeal, 2, true>(s, counter, input, at, rest, out, hash, lengths);
    case 3:
      return last_vectors<kRounds, kSeal, 3, true>(s, counter, input, at, rest, out, hash, lengths);
    default:
      return last_vectors<kRounds, kSeal, 4, true>(s, counter, input, at, rest, out, hash, lengths);
  }
}

/// GHASH of the additional data, four blocks at a time.
SALLYPORT_INLINE __m128i hash_aad(const State& s, const std::uint8_t* aad, std::size_t size) {
  __m128i hash = _mm_setzero_si128();
  for (std::size_t at = 0; at < size; at += kVector) {
    const std::size_t bytes = size - at < kVector ? size - at : kVector;
    const __m512i block = reverse_bytes(_mm512_maskz_loadu_epi8(first(bytes), aad + at));
    Sum sum = empty_sum();
    add_product(sum, _mm512_xor_si512(block, _mm512_zextsi128_si512(hash)),
                load(powers_of(s, (bytes + kBlock - 1) / kBlock)));
    hash = reduce(sum);
  }
  return hash;
}

/// En- or decrypts to `out` and returns the tag.
template <int kRounds, bool kSeal, Multiply kMultiply>
SALLYPORT_INLINE __m128i crypt(State& s, const Input& input, std::uint8_t* out) {
  const std::size_t steps = input.in_size / kStep * kStep;
  const std::size_t rest = input.in_size + input.extra_size - steps;
  need_powers(s, steps != 0 || rest > kGroup ? 4 * kStepVectors : (rest + kBlock - 1) / kBlock + 1);
  const __m128i first_block = first_counter(input.nonce);
  Counter counter(first_block);
  __m128i hash = hash_aad(s, input.aad, input.aad_size);
  if (steps != 0) {
    hash = _mm512_castsi512_si128(
        whole_steps<kRounds, kSeal, kMultiply>(s, counter, input.in, out, steps, _mm512_zextsi128_si512(hash)));
  }
  hash = finish<kRounds, kSeal>(s, counter, input, steps, out, hash);
  return _mm_xor_si128(encrypt_block<kRounds>(s.round_key, first_block), reverse_bytes(hash));
}

template <int kRounds, Multiply kMultiply>
void seal(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) noexcept {
  const Input input{nonce, aad.data(), in.data(), extra.data(), aad.size(), in.size(), extra.size()};
  const __m128i tag = crypt<kRounds, true, kMultiply>(*static_cast<State*>(state), input, out);
  store_block(out + in.size() + extra.size(), tag);
}

template <int kRounds, Multiply kMultiply>
bool open(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, std::uint8_t* out) noexcept {
  const std::size_t size = in.size() - kAeadTag;
  const Input input{nonce, aad.data(), in.data(), nullptr, aad.size(), size, 0};
  const __m128i tag = crypt<kRounds, false, kMultiply>(*static_cast<State*>(state), input, out);
  if (same_tag(tag, load_block(in.data() + size))) return true;
  if (size != 0) std::memset(out, 0, size);
  return false;
}

}  // namespace
SALLYPORT_TARGET_END

namespace {

void wipe_state(void* state) noexcept { wipe({static_cast<std::uint8_t*>(state), sizeof(State)}); }

constexpr Features kRequired = Feature::avx512 | Feature::vaes | Feature::vpclmul | Feature::aesni | Feature::pclmul |
                               Feature::avx2 | Feature::bmi2;

template <int kRounds, Multiply kMultiply>
constexpr AeadImpl row(std::string_view name, AeadId id) {
  return {.name = name,
          .id = id,
          .required = kRequired,
          .state_size = sizeof(State),
          .state_align = alignof(State),
          .init = init<kRounds>,
          .seal = seal<kRounds, kMultiply>,
          .open = open<kRounds, kMultiply>,
          .wipe = wipe_state,
          .vendor = kMultiply == Multiply::schoolbook ? Vendor::intel : Vendor::other};
}

}  // namespace

constexpr AeadImpl kAes128GcmVaes512 = row<10, Multiply::karatsuba>("aes-128-gcm-vaes512", AeadId::aes_128_gcm);
constexpr AeadImpl kAes256GcmVaes512 = row<14, Multiply::karatsuba>("aes-256-gcm-vaes512", AeadId::aes_256_gcm);
constexpr AeadImpl kAes128GcmVaes512Schoolbook =
    row<10, Multiply::schoolbook>("aes-128-gcm-vaes512-schoolbook", AeadId::aes_128_gcm);
constexpr AeadImpl kAes256GcmVaes512Schoolbook =
    row<14, Multiply::schoolbook>("aes-256-gcm-vaes512-schoolbook", AeadId::aes_256_gcm);

}  // namespace tls::crypto
#endif  // __x86_64__
