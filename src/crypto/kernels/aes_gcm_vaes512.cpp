// AES-GCM with VAES and VPCLMULQDQ on 512-bit vectors: four blocks in each.
//
// Eight vectors (512 bytes) are encrypted at a time, and between their rounds the ciphertext of the eight before is
// hashed: AES and carry-less multiplication use different slots of the same execution units. Each of the 32 blocks is
// multiplied by a power of H of its own, so that one reduction serves them all.
#include <immintrin.h>

#include <cstring>

#include "base/constant_time.h"
#include "crypto/kernels/aes_gcm_input.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

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
// The vectors stand on the blocks.
#include "crypto/kernels/aes_gcm_vaes512.inc"

// --- whole steps

/// `n` in the lowest word of each lane. Counter blocks are added up as numbers, with their bytes reversed, of which
/// only the low 32 bits count (NIST SP 800-38D §6.2).
SALLYPORT_INLINE __m512i low_words(int n) { return _mm512_broadcast_i32x4(_mm_cvtsi32_si128(n)); }

/// The counter blocks of whole steps. A step's numbers are n + 2 to n + 33, where n is a multiple of 32: all but the
/// last two differ from n in their lowest byte alone, by an XOR.
struct StepCounter {
  __m512i number;  // n + 32 in each lane
  __m512i block;   // n as a counter block
  SALLYPORT_INLINE explicit StepCounter(__m128i first_number) {
    const __m512i one = _mm512_broadcast_i32x4(first_number);
    block = reverse_bytes(_mm512_sub_epi32(one, low_words(1)));
    number = _mm512_add_epi32(one, low_words(31));
  }
  /// XORs them with the first round key.
  SALLYPORT_INLINE void take(__m512i key, __m512i* b) {
    const __m512i next = reverse_bytes(number);
    SALLYPORT_UNROLL
    for (int i = 0; i < kStepVectors; i++) {
      const int m = (2 + 4 * i) << 24, o = 1 << 24;
      if (i < kStepVectors - 1) {
        b[i] = xor3(block, key, _mm512_set_epi32(m + 3 * o, 0, 0, 0, m + 2 * o, 0, 0, 0, m + o, 0, 0, 0, m, 0, 0, 0));
      } else {
        b[i] = xor3(_mm512_mask_mov_epi64(block, 0xf0, next), key,
                    _mm512_set_epi32(o, 0, 0, 0, 0, 0, 0, 0, m + o, 0, 0, 0, m, 0, 0, 0));
      }
    }
    block = next;
    number = _mm512_add_epi32(number, low_words(32));
  }
};

SALLYPORT_INLINE __m512i round_key(const State& s, unsigned round) {
  return _mm512_broadcast_i32x4(s.round_key[round]);
}

template <int kVectors>
SALLYPORT_INLINE void middle_round(const State& s, unsigned round, __m512i* b) {
  SALLYPORT_UNROLL
  for (int i = 0; i < kVectors; i++) b[i] = _mm512_aesenc_epi128(b[i], round_key(s, round));
}
/// The last round's key and the text are added in one: (state ^ key) ^ text.
template <int kRounds>
SALLYPORT_INLINE __m512i last_round(const State& s, __m512i b, __m512i text) {
  return _mm512_aesenclast_epi128(b, _mm512_xor_si512(round_key(s, kRounds), text));
}

/// Hashes vectors 2 i and 2 i + 1 of a step. `hash` enters with the first.
template <Multiply kMultiply>
SALLYPORT_INLINE void hash_pair(const State& s, Sum& sum, unsigned i, const std::uint8_t* ciphertext, __m512i hash) {
  __m512i even = reverse_bytes(load(ciphertext + std::size_t{2 * i} * kVector));
  const __m512i odd = reverse_bytes(load(ciphertext + std::size_t{2 * i + 1} * kVector));
  if (i == 0) even = _mm512_xor_si512(even, hash);
  const __m512i h0 = s.power[2 * i], h1 = s.power[2 * i + 1], h01 = s.folded[i];
  if constexpr (kMultiply == Multiply::schoolbook) {
    add_product(sum, even, h0);
    add_product(sum, odd, h1);
  } else {
    sum.low = xor3(sum.low, _mm512_clmulepi64_epi128(even, h0, 0x00), _mm512_clmulepi64_epi128(odd, h1, 0x00));
    sum.high = xor3(sum.high, _mm512_clmulepi64_epi128(even, h0, 0x11), _mm512_clmulepi64_epi128(odd, h1, 0x11));
    const __m512i both = fold_pair(even, odd);
    sum.middle = xor3(sum.middle, _mm512_clmulepi64_epi128(both, h01, 0x00), _mm512_clmulepi64_epi128(both, h01, 0x11));
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
SALLYPORT_INLINE void encrypt_step(const State& s, StepCounter& counter, const std::uint8_t* in, std::uint8_t* out) {
  __m512i b[kStepVectors];
  counter.take(round_key(s, 0), b);
  SALLYPORT_UNROLL
  for (unsigned r = 1; r < kRounds; r++) middle_round<kStepVectors>(s, r, b);
  store_step<kRounds>(s, b, in, out);
}

template <Multiply kMultiply>
SALLYPORT_INLINE __m512i hash_step(const State& s, const std::uint8_t* ciphertext, __m512i hash) {
  Sum sum = empty_sum();
  SALLYPORT_UNROLL
  for (unsigned i = 0; i < kStepVectors / 2; i++) hash_pair<kMultiply>(s, sum, i, ciphertext, hash);
  return finish_step<kMultiply>(sum);
}

/// Encrypts 512 bytes while it hashes 512 others (or the same ones, before they are decrypted in place).
template <int kRounds, Multiply kMultiply>
SALLYPORT_INLINE __m512i fused_step(const State& s, StepCounter& counter, const std::uint8_t* in, std::uint8_t* out,
                                    const std::uint8_t* ciphertext, __m512i hash) {
  constexpr unsigned kPairs = kStepVectors / 2;
  __m512i b[kStepVectors];
  Sum sum = empty_sum();
  counter.take(round_key(s, 0), b);
  SALLYPORT_UNROLL
  for (unsigned r = 1; r < kRounds; r++) {
    middle_round<kStepVectors>(s, r, b);
    const unsigned i = (r - 1) * kPairs / (kRounds - 1);  // spread evenly
    if (i != r * kPairs / (kRounds - 1)) hash_pair<kMultiply>(s, sum, i, ciphertext, hash);
  }
  hash = finish_step<kMultiply>(sum);
  store_step<kRounds>(s, b, in, out);
  return hash;
}

/// The first `size` bytes, a multiple of a step and not 0. `number` is that of the block J0.
template <int kRounds, bool kSeal, Multiply kMultiply>
SALLYPORT_INLINE __m128i whole_steps(const State& s, __m128i number, const std::uint8_t* in, std::uint8_t* out,
                                     std::size_t size, __m128i hash_before) {
  StepCounter counter(number);
  __m512i hash = _mm512_zextsi128_si512(hash_before);
  if (kSeal) encrypt_step<kRounds>(s, counter, in, out);
  for (std::size_t at = kSeal ? kStep : 0; at < size; at += kStep) {
    const std::uint8_t* ciphertext = kSeal ? out + at - kStep : in + at;
    hash = fused_step<kRounds, kMultiply>(s, counter, in + at, out + at, ciphertext, hash);
  }
  if (kSeal) hash = hash_step<kMultiply>(s, out + size - kStep, hash);
  return _mm512_castsi512_si128(hash);
}

// --- what is left: less than a step of `in`, and `extra`

/// A vector at an address that may lie outside of its array where `valid` is 0: those bytes are not read.
SALLYPORT_INLINE __m512i load_masked(__m512i otherwise, __mmask64 valid, std::uintptr_t address) {
  return _mm512_mask_loadu_epi8(otherwise, valid, reinterpret_cast<const void*>(address));
}
/// 64 bytes of in || extra from `at` on; those outside of `valid` are 0 and not touched.
SALLYPORT_INLINE __m512i load_joined(const AesGcmInput& input, std::size_t at, __mmask64 valid) {
  if (at + kVector <= input.in_size) return load(input.in + at);
  const __mmask64 of_in = first(at < input.in_size ? input.in_size - at : 0);
  const auto in = reinterpret_cast<std::uintptr_t>(input.in), extra = reinterpret_cast<std::uintptr_t>(input.extra);
  const __m512i text = load_masked(_mm512_setzero_si512(), valid & of_in, in + at);
  if (input.extra_size == 0) return text;
  return load_masked(text, valid & ~of_in, extra + at - input.in_size);  // as if it began right behind `in`
}

/// What the end of a message starts from.
struct Rest {
  std::size_t at;         // of in || extra: up to here all is done
  __m512i counters;       // numbers of the next four blocks
  __m128i hash;           // of what is before
  __m512i known, powers;  // blocks of the hash that are known before the text is, and the powers they are multiplied by
};

/// Encrypts and hashes the next kVectors vectors, `size` bytes. The last ones are hashed together with rest.known, and
/// one more power stands behind theirs, the length block's. Not inlined: one copy serves both key sizes.
template <bool kSeal, int kVectors, bool kLast>
[[gnu::noinline]] __m128i crypt_vectors(const State& s, const AesGcmInput& input, std::size_t size, std::uint8_t* out,
                                        const Rest& rest) {
  constexpr std::size_t kFull = (kVectors - 1) * kVector;
  const std::uint8_t* power = powers_of(s, (size + kBlock - 1) / kBlock + (kLast ? 1 : 0));
  const __mmask64 valid = first(size - kFull);
  __m512i b[kVectors];
  SALLYPORT_UNROLL
  for (int i = 0; i < kVectors; i++) {
    b[i] = _mm512_xor_si512(reverse_bytes(_mm512_add_epi32(rest.counters, low_words(4 * i))), round_key(s, 0));
  }
  SALLYPORT_UNROLL
  for (unsigned r = 1; r < 10; r++) middle_round<kVectors>(s, r, b);
  if (s.rounds == kMaxRounds) {
    SALLYPORT_UNROLL
    for (unsigned r = 10; r < kMaxRounds; r++) middle_round<kVectors>(s, r, b);
  }
  const __m512i last_key = round_key(s, s.rounds);
  Sum sum = empty_sum();
  if (kLast) add_product(sum, rest.known, rest.powers);
  SALLYPORT_UNROLL
  for (std::size_t i = 0; i < kVectors; i++) {
    const bool partial = i == kVectors - 1;
    const __m512i text = load_joined(input, rest.at + i * kVector, partial ? valid : ~__mmask64{0});
    __m512i done = _mm512_aesenclast_epi128(b[i], _mm512_xor_si512(last_key, text));
    if (partial) {
      _mm512_mask_storeu_epi8(out + rest.at + i * kVector, valid, done);
      done = _mm512_maskz_mov_epi8(valid, done);
    } else {
      _mm512_storeu_si512(out + rest.at + i * kVector, done);
    }
    __m512i block = reverse_bytes(kSeal ? done : text);
    if (i == 0) block = _mm512_xor_si512(block, _mm512_zextsi128_si512(rest.hash));
    add_product(sum, block, load(power + i * kVector));
  }
  return reduce(sum);
}

template <bool kSeal>
SALLYPORT_INLINE __m128i crypt_rest(const State& s, const AesGcmInput& input, std::uint8_t* out, Rest& rest) {
  const std::size_t size = input.in_size + input.extra_size;
  for (; size - rest.at > kMostAtOnce; rest.at += kGroup) {
    rest.hash = crypt_vectors<kSeal, kGroupVectors, false>(s, input, kGroup, out, rest);
    rest.counters = _mm512_add_epi32(rest.counters, low_words(4 * kGroupVectors));
  }
  const std::size_t n = size - rest.at;
  switch ((n + kVector - 1) / kVector) {
    case 0:
      return multiply(_mm_xor_si128(rest.hash, _mm512_castsi512_si128(rest.known)), load_block(powers_of(s, 1)));
    case 1:
      return crypt_vectors<kSeal, 1, true>(s, input, n, out, rest);
    case 2:
      return crypt_vectors<kSeal, 2, true>(s, input, n, out, rest);
    case 3:
      return crypt_vectors<kSeal, 3, true>(s, input, n, out, rest);
    case 4:
      return crypt_vectors<kSeal, 4, true>(s, input, n, out, rest);
    case 5:
      return crypt_vectors<kSeal, 5, true>(s, input, n, out, rest);
    case 6:
      return crypt_vectors<kSeal, 6, true>(s, input, n, out, rest);
    case 7:
      return crypt_vectors<kSeal, 7, true>(s, input, n, out, rest);
    default:
      return crypt_vectors<kSeal, 8, true>(s, input, n, out, rest);
  }
}

/// GHASH of more than a block of additional data, four blocks at a time.
[[gnu::noinline]] __m128i hash_long_aad(const State& s, const std::uint8_t* aad, std::size_t size) {
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
SALLYPORT_INLINE __m128i crypt(State& s, const AesGcmInput& input, std::uint8_t* out) {
  const std::size_t size = input.in_size + input.extra_size, steps = input.in_size / kStep * kStep;
  const std::size_t blocks = (size + kBlock - 1) / kBlock;
  need_powers(s, size > kMostAtOnce ? 4 * kStepVectors : blocks + 2);
  const __m128i first_block = first_counter(input.nonce), first_number = reverse_bytes(first_block);
  const __m128i h1 = load_block(powers_of(s, 1));

  Rest rest;
  rest.at = steps;
  rest.hash = _mm_setzero_si128();
  rest.known = _mm512_zextsi128_si512(length_block(input.aad_size, size));
  rest.powers = _mm512_zextsi128_si512(h1);
  if (input.aad_size <= kBlock) {
    const auto valid = static_cast<__mmask16>(first(input.aad_size));
    const __m128i aad = reverse_bytes(_mm_maskz_loadu_epi8(valid, input.aad));
    if (size != 0 && size <= kMostAtOnce) {  // the block gets a power of its own in the one sum
      rest.known = _mm512_inserti32x4(rest.known, aad, 1);
      rest.powers = _mm512_inserti32x4(rest.powers, load_block(powers_of(s, blocks + 2)), 1);
    } else {
      rest.hash = multiply(aad, h1);
    }
  } else {
    rest.hash = hash_long_aad(s, input.aad, input.aad_size);
  }
  if (steps != 0) {
    rest.hash = whole_steps<kRounds, kSeal, kMultiply>(s, first_number, input.in, out, steps, rest.hash);
  }
  rest.counters = _mm512_add_epi32(
      _mm512_add_epi32(_mm512_broadcast_i32x4(first_number), low_words(static_cast<int>(steps / kBlock))),
      _mm512_set_epi32(0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1));
  const __m128i mask = encrypt_block<kRounds>(s.round_key, first_block);
  return _mm_xor_si128(mask, reverse_bytes(crypt_rest<kSeal>(s, input, out, rest)));
}

template <int kRounds, Multiply kMultiply>
void seal(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) noexcept {
  const AesGcmInput input{nonce, aad.data(), in.data(), extra.data(), aad.size(), in.size(), extra.size()};
  const __m128i tag = crypt<kRounds, true, kMultiply>(*static_cast<State*>(state), input, out);
  store_block(out + in.size() + extra.size(), tag);
}

template <int kRounds, Multiply kMultiply>
bool open(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, std::uint8_t* out) noexcept {
  const std::size_t size = in.size() - kAeadTag;
  const AesGcmInput input{nonce, aad.data(), in.data(), nullptr, aad.size(), size, 0};
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
