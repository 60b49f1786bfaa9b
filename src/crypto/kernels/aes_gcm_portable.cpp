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
#include "tls/secret.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tls::crypto {
namespace {

static_assert(std::endian::native == std::endian::little, "the bitslicing below counts bytes from the low end");

constexpr std::size_t kBlock = 16;
constexpr std::size_t kBatch = 8 * kBlock;
constexpr int kMaxRounds = 14;

// Bit 16 r + 4 c + k of lane l of word b: bit b of row r, column c of the AES state of block 4 l + k.
using Word = std::uint64_t __attribute__((vector_size(16)));
using Halves = std::uint16_t __attribute__((vector_size(16)));
using Quarters = std::uint32_t __attribute__((vector_size(16)));
using Bytes16 = std::uint8_t __attribute__((vector_size(16)));

/// 128 bits of GHASH, the bytes of the block reversed: `high` begins with the block's first byte.
struct Element {
  std::uint64_t low, high;
};

struct State {
  std::uint64_t round_key[kMaxRounds + 1][8];  // the lanes of Words, which are equal
  Element hash_key;                            // H * x
};
static_assert(sizeof(State) <= kMaxAeadState);

std::uint64_t load_big_endian(const std::uint8_t* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap64(v);
}
void store_big_endian(std::uint8_t* p, std::uint64_t v) {
  v = __builtin_bswap64(v);
  std::memcpy(p, &v, sizeof v);
}

// --- AES

/// The S-box without its constant 0x63, which is part of the round keys: 113 gates less four (Boyar and Peralta, "A
/// small depth-16 circuit for the AES S-box", 2011; names and order are theirs, u0 is the highest bit).
SALLYPORT_INLINE void substitute(Word* q) {
  const Word u0 = q[7], u1 = q[6], u2 = q[5], u3 = q[4], u4 = q[3], u5 = q[2], u6 = q[1], u7 = q[0];
  const Word t1 = u0 ^ u3, t2 = u0 ^ u5, t3 = u0 ^ u6, t4 = u3 ^ u5, t5 = u4 ^ u6, t6 = t1 ^ t5, t7 = u1 ^ u2;
  const Word t8 = u7 ^ t6, t9 = u7 ^ t7, t10 = t6 ^ t7, t11 = u1 ^ u5, t12 = u2 ^ u5, t13 = t3 ^ t4, t14 = t6 ^ t11;
  const Word t15 = t5 ^ t11, t16 = t5 ^ t12, t17 = t9 ^ t16, t18 = u3 ^ u7, t19 = t7 ^ t18, t20 = t1 ^ t19;
  const Word t21 = u6 ^ u7, t22 = t7 ^ t21, t23 = t2 ^ t22, t24 = t2 ^ t10, t25 = t20 ^ t17, t26 = t3 ^ t16;
  const Word t27 = t1 ^ t12;

  const Word m1 = t13 & t6, m2 = t23 & t8, m3 = t14 ^ m1, m4 = t19 & u7, m5 = m4 ^ m1, m6 = t3 & t16, m7 = t22 & t9;
  const Word m8 = t26 ^ m6, m9 = t20 & t17, m10 = m9 ^ m6, m11 = t1 & t15, m12 = t4 & t27, m13 = m12 ^ m11;
  const Word m14 = t2 & t10, m15 = m14 ^ m11, m16 = m3 ^ m2, m17 = m5 ^ t24, m18 = m8 ^ m7, m19 = m10 ^ m15;
  const Word m20 = m16 ^ m13, m21 = m17 ^ m15, m22 = m18 ^ m13, m23 = m19 ^ t25, m24 = m22 ^ m23, m25 = m22 & m20;
  const Word m26 = m21 ^ m25, m27 = m20 ^ m21, m28 = m23 ^ m25, m29 = m28 & m27, m30 = m26 & m24, m31 = m20 & m23;
  const Word m32 = m27 & m31, m33 = m27 ^ m25, m34 = m21 & m22, m35 = m24 & m34, m36 = m24 ^ m25, m37 = m21 ^ m29;
  const Word m38 = m32 ^ m33, m39 = m23 ^ m30, m40 = m35 ^ m36, m41 = m38 ^ m40, m42 = m37 ^ m39, m43 = m37 ^ m38;
  const Word m44 = m39 ^ m40, m45 = m42 ^ m41, m46 = m44 & t6, m47 = m40 & t8, m48 = m39 & u7, m49 = m43 & t16;
  const Word m50 = m38 & t9, m51 = m37 & t17, m52 = m42 & t15, m53 = m45 & t27, m54 = m41 & t10, m55 = m44 & t13;
  const Word m56 = m40 & t23, m57 = m39 & t19, m58 = m43 & t3, m59 = m38 & t22, m60 = m37 & t20, m61 = m42 & t1;
  const Word m62 = m45 & t4, m63 = m41 & t2;

  const Word l0 = m61 ^ m62, l1 = m50 ^ m56, l2 = m46 ^ m48, l3 = m47 ^ m55, l4 = m54 ^ m58, l5 = m49 ^ m61;
  const Word l6 = m62 ^ l5, l7 = m46 ^ l3, l8 = m51 ^ m59, l9 = m52 ^ m53, l10 = m53 ^ l4, l11 = m60 ^ l2;
  const Word l12 = m48 ^ m51, l13 = m50 ^ l0, l14 = m52 ^ m61, l15 = m55 ^ l1, l16 = m56 ^ l0, l17 = m57 ^ l1;
  const Word l18 = m58 ^ l8, l19 = m63 ^ l4, l20 = l0 ^ l1, l21 = l1 ^ l7, l22 = l3 ^ l12, l23 = l18 ^ l2;
  const Word l24 = l15 ^ l9, l25 = l6 ^ l10, l26 = l7 ^ l9, l27 = l8 ^ l10, l28 = l11 ^ l14, l29 = l11 ^ l17;
  q[7] = l6 ^ l24;
  q[6] = l16 ^ l26;
  q[5] = l19 ^ l28;
  q[4] = l6 ^ l21;
  q[3] = l20 ^ l22;
  q[2] = l25 ^ l29;
  q[1] = l13 ^ l27;
  q[0] = l6 ^ l23;
}

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

/// MixColumns: 2 (a[r] + a[r+1]) + a[r+1] + a[r+2] + a[r+3].
SALLYPORT_INLINE void mix_columns(Word* q) {
  Word next[8], sum[8];
  SALLYPORT_UNROLL
  for (int b = 0; b < 8; b++) next[b] = next_row(q[b]), sum[b] = q[b] ^ next[b];
  SALLYPORT_UNROLL
  for (int b = 0; b < 8; b++) {
    q[b] = next[b] ^ row_after_next(sum[b]) ^ sum[(b + 7) % 8];  // doubled: each bit moves up by one,
    if (b == 1 || b == 3 || b == 4) q[b] ^= sum[7];              // and x^8 = x^4 + x^3 + x + 1
  }
}

SALLYPORT_INLINE void add_round_key(Word* q, const std::uint64_t* key) {
  SALLYPORT_UNROLL
  for (int b = 0; b < 8; b++) q[b] ^= Word{key[b], key[b]};
}

/// Exchanges the bits of `a` that `mask << shift` selects with those of `b` that `mask` does.
SALLYPORT_INLINE void exchange(Word& a, Word& b, std::uint64_t mask, int shift) {
  const Word difference = (a >> shift ^ b) & Word{mask, mask};
  b ^= difference;
  a ^= difference << shift;
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

/// SubWord of FIPS 197 §5.2, by the bitsliced S-box.
std::uint32_t substitute_word(std::uint32_t word) {
  Word q[8];
  for (unsigned b = 0; b < 8; b++) q[b] = Word{word >> b & 0x01010101, 0};
  substitute(q);
  std::uint32_t out = 0x63636363;
  for (unsigned b = 0; b < 8; b++) out ^= static_cast<std::uint32_t>(q[b][0]) << b;
  return out;
}

template <int kRounds>
void expand(const std::uint8_t* key, State& s) {
  constexpr unsigned kWords = kRounds == 10 ? 4 : 8;
  std::uint32_t w[4 * (kRounds + 1)];
  std::memcpy(w, key, 4 * kWords);
  std::uint32_t round_constant = 1;
  for (unsigned i = kWords; i < 4 * (kRounds + 1); i++) {
    std::uint32_t t = w[i - 1];
    if (i % kWords == 0) {
      t = substitute_word(std::rotr(t, 8)) ^ round_constant;
      round_constant = round_constant == 0x80 ? 0x1b : round_constant << 1;
    } else if (kWords == 8 && i % 4 == 0) {
      t = substitute_word(t);
    }
    w[i] = w[i - kWords] ^ t;
  }
  for (int r = 0; r <= kRounds; r++) {
    std::uint8_t block[kBlock];
    std::memcpy(block, w + 4 * r, kBlock);
    for (std::uint8_t& byte : block) byte ^= r == 0 ? 0 : 0x63;  // what substitute() leaves out; MixColumns keeps it
    slice_block(block, s.round_key[r]);
    wipe(block);
  }
  wipe({reinterpret_cast<std::uint8_t*>(w), sizeof w});
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

void xor_bytes(std::uint8_t* out, const std::uint8_t* in, const std::uint8_t* key, std::size_t size) {
  for (; size >= 8; out += 8, in += 8, key += 8, size -= 8) {
    std::uint64_t a, b;
    std::memcpy(&a, in, 8);
    std::memcpy(&b, key, 8);
    a ^= b;
    std::memcpy(out, &a, 8);
  }
  for (; size != 0; out++, in++, key++, size--) *out = static_cast<std::uint8_t>(*in ^ *key);
}

/// Bytes [at, at + size) of in || extra, XOR the keystream.
void crypt_batch(Bytes in, Bytes extra, std::size_t at, std::size_t size, const std::uint8_t* key, std::uint8_t* out) {
  const std::size_t of_in = at >= in.size() ? 0 : in.size() - at < size ? in.size() - at : size;
  if (of_in != 0) xor_bytes(out + at, in.data() + at, key, of_in);
  if (of_in != size) xor_bytes(out + at + of_in, extra.data() + (at + of_in - in.size()), key + of_in, size - of_in);
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
