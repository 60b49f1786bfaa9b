// AES-GCM without special instructions, in a time that depends on the lengths alone: no branch and no address is made
// from a secret.
//
// AES is bitsliced (Käsper and Schwabe, "Faster and Timing-Attack Resistant AES-GCM", 2009): eight blocks side by side,
// and word b holds bit b of each of their 128 bytes. GHASH multiplies with integers whose bits stand four apart, so
// that the carries of a sum fall into the gaps and are masked away (Pornin, "BearSSL: constant-time multiplications").
// The words are vectors of the compiler's, which become SSE2, NEON or plain registers.
#include <bit>
#include <cstring>

#include "base/constant_time.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tls::crypto {
namespace {

static_assert(std::endian::native == std::endian::little, "the bitslicing below counts bytes from the low end");

// Bit 16 r + 4 c + k of lane l of word b: bit b of row r, column c of the AES state of block 4 l + k.
using Word = std::uint64_t __attribute__((vector_size(16)));
using Halves = std::uint16_t __attribute__((vector_size(16)));
using Quarters = std::uint32_t __attribute__((vector_size(16)));
using Bytes16 = std::uint8_t __attribute__((vector_size(16)));

// --- AES

/// ShiftRows: row r, which is 16 bits, is rotated by r columns of 4 bits.
SALLYPORT_INLINE Word shift_rows(Word word) {
  const Halves x = reinterpret_cast<Halves>(word);
#if defined(__SSE2__)
  // SSE2 has no shift with a count per lane, but the two halves of a product are one.
  const Halves factor = {1, 1 << 12, 1 << 8, 1 << 4, 1, 1 << 12, 1 << 8, 1 << 4};
  const __m128i low = _mm_mullo_epi16(reinterpret_cast<__m128i>(x), reinterpret_cast<__m128i>(factor));
  const __m128i high = _mm_mulhi_epu16(reinterpret_cast<__m128i>(x), reinterpret_cast<__m128i>(factor));
  return reinterpret_cast<Word>(_mm_or_si128(low, high));
#else
  const Halves right = {0, 4, 8, 12, 0, 4, 8, 12}, left = {0, 12, 8, 4, 0, 12, 8, 4};
  return reinterpret_cast<Word>(x >> right | x << left);
#endif
}

/// Row r + 1 (and r + 2) to the place of row r.
SALLYPORT_INLINE Word next_row(Word word) {
  const Halves x = reinterpret_cast<Halves>(word);
  return reinterpret_cast<Word>(__builtin_shufflevector(x, x, 1, 2, 3, 0, 5, 6, 7, 4));
}
SALLYPORT_INLINE Word row_after_next(Word word) {
  const Quarters x = reinterpret_cast<Quarters>(word);
  return reinterpret_cast<Word>(__builtin_shufflevector(x, x, 1, 0, 3, 2));
}

#include "crypto/kernels/aes_gcm_bitsliced.inc"

/// 128 bits of GHASH, the bytes of the block reversed: `high` begins with the block's first byte.
struct Element {
  std::uint64_t low, high;
};

struct State {
  std::uint64_t round_key[kMaxRounds + 1][8];  // the lanes of Words, which are equal
  Element hash_key;                            // H * x
};
static_assert(sizeof(State) <= kMaxAeadState);

SALLYPORT_INLINE void add_round_key(Word* q, const std::uint64_t* key) {
  SALLYPORT_UNROLL
  for (int b = 0; b < 8; b++) q[b] ^= Word{key[b], key[b]};
}

/// Each half of a vector is spread over the whole: bytes 0 8 1 9 ... 7 15.
SALLYPORT_INLINE Bytes16 interleave(Bytes16 x) {
  return __builtin_shufflevector(x, x, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

/// Eight blocks of keystream from eight bitsliced states.
SALLYPORT_INLINE void store_blocks(Word* q, std::uint8_t* out) {
  // Bits of the word's number (7 to 0) for those of the position: now each byte is a byte of a state, word 4 x + k
  // holds columns x and 2 + x of blocks k and 4 + k.
  SALLYPORT_UNROLL
  for (int i = 0; i < 8; i += 2) exchange(q[i], q[i + 1], 0x5555555555555555, 1);
  SALLYPORT_UNROLL
  for (int i = 0; i < 8; i++) {
    if ((i & 2) == 0) exchange(q[i], q[i + 2], 0x3333333333333333, 2);
  }
  SALLYPORT_UNROLL
  for (int i = 0; i < 4; i++) exchange(q[i], q[i + 4], 0x0f0f0f0f0f0f0f0f, 4);
  SALLYPORT_UNROLL
  for (int k = 0; k < 4; k++) {
    const auto even = reinterpret_cast<Bytes16>(q[k]), odd = reinterpret_cast<Bytes16>(q[4 + k]);
    const Bytes16 rows[2] = {
        __builtin_shufflevector(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
        __builtin_shufflevector(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)};
    SALLYPORT_UNROLL
    for (int lane = 0; lane < 2; lane++) {
      const Bytes16 columns = interleave(interleave(rows[lane]));  // a 4 x 4 matrix transposed
      std::memcpy(out + (4 * lane + k) * static_cast<int>(kBlock), &columns, kBlock);
    }
  }
}

/// The bits of one block, for all eight places.
void slice_block(const std::uint8_t* block, std::uint64_t* word) {
  for (int b = 0; b < 8; b++) {
    word[b] = 0;
    for (int r = 0; r < 4; r++) {
      for (int c = 0; c < 4; c++) word[b] |= std::uint64_t{block[4 * c + r] >> b & 1u} << (16 * r + 4 * c);
    }
    word[b] *= 0xf;
  }
}

/// The round keys, sliced.
template <int kRounds>
void expand(const std::uint8_t* key, State& s) {
  RoundKeys<kRounds> keys;
  expand_key(key, keys);
  for (int r = 0; r <= kRounds; r++) slice_block(keys.block[r], s.round_key[r]);
  wipe({keys.block[0], sizeof keys});
}

/// Eight blocks of keystream. `nonce` is the sliced counter block with counter 0, `counter` a multiple of eight.
template <int kRounds>
void keystream(const State& s, const std::uint64_t* nonce, std::uint32_t counter, std::uint8_t* out) {
  // Within the batch the low three bits are the number of the block; the others are the same for all.
  Word q[8] = {
      {0xa000000000000000, 0xa000000000000000}, {0xc000000000000000, 0xc000000000000000}, {0, 0xf000000000000000}};
  const std::uint64_t rows = __builtin_bswap32(counter);
  for (int b = 0; b < 8; b++) {
    std::uint64_t bit = rows >> b & 0x01010101;  // of rows 0 to 3, spread to column 3 of each
    bit = (bit | bit << 16) & 0x0000ffff0000ffff;
    bit = (bit | bit << 8) & 0x00ff00ff00ff00ff;
    bit = nonce[b] ^ ((bit << 16) - (bit << 12));
    q[b] ^= Word{bit, bit};
  }
  add_round_key(q, s.round_key[0]);
  for (int r = 1; r < kRounds; r++) {
    substitute(q);
    for (Word& word : q) word = shift_rows(word);
    mix_columns(q);
    add_round_key(q, s.round_key[r]);
  }
  substitute(q);
  for (Word& word : q) word = shift_rows(word);
  add_round_key(q, s.round_key[kRounds]);
  store_blocks(q, out);
}

// --- GHASH

__extension__ typedef unsigned __int128 Wide;

/// The product without carries of two 64-bit numbers. Bits four apart: a column of the multiplication sums up to 16 of
/// them, one more than fits the gap, so the lowest four bits of `a` are multiplied apart.
SALLYPORT_INLINE Wide multiply_64(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kEvery = 0x1111111111111111;
  const std::uint64_t a0 = a & kEvery << 4, a1 = a & kEvery << 5, a2 = a & kEvery << 6, a3 = a & kEvery << 7;
  const std::uint64_t b0 = b & kEvery, b1 = b & kEvery << 1, b2 = b & kEvery << 2, b3 = b & kEvery << 3;
  const Wide c0 = (Wide{a0} * b0) ^ (Wide{a1} * b3) ^ (Wide{a2} * b2) ^ (Wide{a3} * b1);
  const Wide c1 = (Wide{a0} * b1) ^ (Wide{a1} * b0) ^ (Wide{a2} * b3) ^ (Wide{a3} * b2);
  const Wide c2 = (Wide{a0} * b2) ^ (Wide{a1} * b1) ^ (Wide{a2} * b0) ^ (Wide{a3} * b3);
  const Wide c3 = (Wide{a0} * b3) ^ (Wide{a1} * b2) ^ (Wide{a2} * b1) ^ (Wide{a3} * b0);
  constexpr Wide kMask = Wide{kEvery} << 64 | kEvery;
  const Wide low = Wide{b & (0 - (a & 1))} ^ Wide { b & (0 - (a >> 1 & 1)) } << 1 ^
                   Wide { b & (0 - (a >> 2 & 1)) } << 2 ^ Wide { b & (0 - (a >> 3 & 1)) } << 3;
  return (c0 & kMask) ^ (c1 & kMask << 1) ^ (c2 & kMask << 2) ^ (c3 & kMask << 3) ^ low;
}

/// a * h, where h = H * x, modulo x^128 + x^127 + x^126 + x^121 + 1 (aes_gcm_x86.inc tells why).
SALLYPORT_INLINE Element multiply(Element a, Element h) {
  const Wide low = multiply_64(a.low, h.low), high = multiply_64(a.high, h.high);
  const Wide middle = multiply_64(a.low ^ a.high, h.low ^ h.high) ^ low ^ high;
  const auto z0 = static_cast<std::uint64_t>(low);
  const auto z1 =
      static_cast<std::uint64_t>(low >> 64) ^ static_cast<std::uint64_t>(middle) ^ z0 << 63 ^ z0 << 62 ^ z0 << 57;
  const auto z2 =
      static_cast<std::uint64_t>(high) ^ static_cast<std::uint64_t>(middle >> 64) ^ z0 ^ z0 >> 1 ^ z0 >> 2 ^ z0 >> 7;
  const auto z3 = static_cast<std::uint64_t>(high >> 64);
  return {z2 ^ z1 << 63 ^ z1 << 62 ^ z1 << 57, z3 ^ z1 ^ z1 >> 1 ^ z1 >> 2 ^ z1 >> 7};
}

void hash_block(const State& s, Element& hash, const std::uint8_t* block) {
  hash.high ^= load_big_endian(block);
  hash.low ^= load_big_endian(block + 8);
  hash = multiply(hash, s.hash_key);
}

/// `size` bytes, zeros behind them up to a whole block.
void hash_bytes(const State& s, Element& hash, const std::uint8_t* p, std::size_t size) {
  for (; size >= kBlock; p += kBlock, size -= kBlock) hash_block(s, hash, p);
  if (size == 0) return;
  std::uint8_t last[kBlock] = {};
  std::memcpy(last, p, size);
  hash_block(s, hash, last);
}

// --- GCM

void store_big_endian(std::uint8_t* p, std::uint64_t v) {
  v = __builtin_bswap64(v);
  std::memcpy(p, &v, sizeof v);
}

template <int kRounds>
void init(void* state, const std::uint8_t* key) noexcept {
  auto& s = *static_cast<State*>(state);
  expand<kRounds>(key, s);
  const std::uint64_t no_nonce[8] = {};
  std::uint8_t blocks[kBatch];
  keystream<kRounds>(s, no_nonce, 0, blocks);  // the first one is E(0) = H
  const Element h = {load_big_endian(blocks + 8), load_big_endian(blocks)};
  wipe(blocks);
  const std::uint64_t top = 0 - (h.high >> 63);
  s.hash_key = {(h.low << 1) ^ (top & 1), (h.high << 1 | h.low >> 63) ^ (top & 0xc200000000000000)};
}

/// En- or decrypts in || extra to `out` and writes the tag.
template <int kRounds, bool kSeal>
void crypt(const State& s, const std::uint8_t* nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out,
           std::uint8_t* tag) {
  std::uint8_t first[kBlock] = {}, key[kBatch], tag_key[kBlock];
  std::memcpy(first, nonce, kAeadNonce);
  std::uint64_t sliced[8];
  slice_block(first, sliced);
  // NIST SP 800-38D §7.1: counter 1 encrypts the tag, the text begins with 2; 0 is not used.
  keystream<kRounds>(s, sliced, 0, key);
  std::memcpy(tag_key, key + kBlock, kBlock);
  std::size_t used = 2 * kBlock;
  std::uint32_t counter = 0;

  Element hash = {};
  hash_bytes(s, hash, aad.data(), aad.size());
  const std::size_t size = in.size() + extra.size();
  for (std::size_t at = 0; at < size;) {
    const std::size_t n = size - at < kBatch - used ? size - at : kBatch - used;
    if (!kSeal) hash_bytes(s, hash, in.data() + at, n);
    crypt_batch(in, extra, at, n, key + used, out);
    if (kSeal) hash_bytes(s, hash, out + at, n);
    at += n;
    used = 0;
    if (at < size) keystream<kRounds>(s, sliced, counter += 8, key);
  }
  hash.high ^= std::uint64_t{aad.size()} * 8;
  hash.low ^= std::uint64_t{size} * 8;
  hash = multiply(hash, s.hash_key);
  store_big_endian(tag, hash.high);
  store_big_endian(tag + 8, hash.low);
  xor_bytes(tag, tag, tag_key, kBlock);
  wipe(key);
  wipe(tag_key);
}

template <int kRounds>
void seal(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) noexcept {
  crypt<kRounds, true>(*static_cast<const State*>(state), nonce, aad, in, extra, out, out + in.size() + extra.size());
}

template <int kRounds>
bool open(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, std::uint8_t* out) noexcept {
  const Bytes text = in.first(in.size() - kAeadTag);
  std::uint8_t tag[kAeadTag];
  crypt<kRounds, false>(*static_cast<const State*>(state), nonce, aad, text, {}, out, tag);
  std::uint8_t authentic = constant_time_equal(tag, in.last(kAeadTag));
  unpoison({&authentic, 1});  // the verdict is public
  if (!authentic && !text.empty()) std::memset(out, 0, text.size());
  return authentic != 0;
}

void wipe_state(void* state) noexcept { wipe({static_cast<std::uint8_t*>(state), sizeof(State)}); }

template <int kRounds>
constexpr AeadImpl row(std::string_view name, AeadId id) {
  return {.name = name,
          .id = id,
          .required = {},
          .state_size = sizeof(State),
          .state_align = alignof(State),
          .init = init<kRounds>,
          .seal = seal<kRounds>,
          .open = open<kRounds>,
          .wipe = wipe_state};
}

}  // namespace

constexpr AeadImpl kAes128GcmPortable = row<10>("aes-128-gcm-portable", AeadId::aes_128_gcm);
constexpr AeadImpl kAes256GcmPortable = row<14>("aes-256-gcm-portable", AeadId::aes_256_gcm);

}  // namespace tls::crypto
