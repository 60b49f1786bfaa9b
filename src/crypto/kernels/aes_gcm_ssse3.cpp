// AES-GCM for x86-64 CPUs without AES instructions, by the byte shuffles of SSSE3. No branch and no address is made
// from a secret: a shuffle looks up within a register.
//
// AES is bitsliced as in aes_gcm_portable.cpp, but each byte of a word holds the bit of eight blocks (Käsper and
// Schwabe, "Faster and Timing-Attack Resistant AES-GCM", 2009), so that moving bytes of the states is moving bytes.
// GHASH looks the multiples of H by all half bytes up in tables whose rows are single bytes of the products (after
// Hamburg, "Accelerating AES with Vector Permute Instructions", 2009). The hash of one block depends on that before,
// so one of them is computed beside each round of AES, which has enough to do meanwhile.
#if defined(__x86_64__)
#include <tmmintrin.h>

#include <bit>
#include <cstring>

#include "base/constant_time.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

SALLYPORT_TARGET_BEGIN("ssse3")
namespace tls::crypto {
namespace {

// Bit k of byte 4 r + c of word b: bit b of row r, column c of the AES state of block k.
using Word = std::uint64_t __attribute__((vector_size(16)));
using Bytes16 = std::uint8_t __attribute__((vector_size(16)));

SALLYPORT_INLINE Word next_row(Word word) {
  return reinterpret_cast<Word>(_mm_shuffle_epi32(reinterpret_cast<__m128i>(word), 0x39));
}
SALLYPORT_INLINE Word row_after_next(Word word) {
  return reinterpret_cast<Word>(_mm_shuffle_epi32(reinterpret_cast<__m128i>(word), 0x4e));
}

#include "crypto/kernels/aes_gcm_bitsliced.inc"

SALLYPORT_INLINE __m128i load_block(const std::uint8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
SALLYPORT_INLINE void store_block(std::uint8_t* p, __m128i block) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), block);
}

/// Multiples of H, reduced: byte n of rows[half][i] is byte i of the product of H and the half byte n.
struct HashTable {
  alignas(kBlock) std::uint8_t rows[2][kBlock][16];  // of the high half bytes, of the low ones
};

struct State {
  alignas(kBlock) std::uint8_t round_key[kMaxRounds + 1][kBlock];
  HashTable table;
};
static_assert(sizeof(State) <= kMaxAeadState);

// --- AES

/// Rows for columns: byte 4 c + r for byte 4 r + c and the other way round.
SALLYPORT_INLINE __m128i transpose(__m128i block) {
  return _mm_shuffle_epi8(block, _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
}

/// One state as all eight blocks: bit b of its bytes, which are in rows, eight times in word b.
SALLYPORT_INLINE void slice(__m128i rows, Word* q) {
  SALLYPORT_UNROLL
  for (int b = 0; b < 8; b++) {
    const __m128i bit = _mm_set1_epi8(static_cast<char>(1 << b));
    q[b] = reinterpret_cast<Word>(_mm_cmpeq_epi8(_mm_and_si128(rows, bit), bit));
  }
}

/// The sliced round keys of one call: too many for a state.
template <int kRounds>
struct SlicedKeys {
  Word word[kRounds + 1][8];

  explicit SlicedKeys(const State& s) {
    for (int r = 0; r <= kRounds; r++) slice(load_block(s.round_key[r]), word[r]);
  }
  SlicedKeys(const SlicedKeys&) = delete;
  SlicedKeys& operator=(const SlicedKeys&) = delete;
  ~SlicedKeys() {
    std::memset(word, 0, sizeof word);
    asm volatile("" : : "r"(word) : "memory");
  }
};

SALLYPORT_INLINE void shift_rows(Word* q) {
  const __m128i order = _mm_setr_epi8(0, 1, 2, 3, 5, 6, 7, 4, 10, 11, 8, 9, 15, 12, 13, 14);
  SALLYPORT_UNROLL
  for (int b = 0; b < 8; b++) {
    q[b] = reinterpret_cast<Word>(_mm_shuffle_epi8(reinterpret_cast<__m128i>(q[b]), order));
  }
}
SALLYPORT_INLINE void add_round_key(Word* q, const Word* key) {
  SALLYPORT_UNROLL
  for (int b = 0; b < 8; b++) q[b] ^= key[b];
}

/// Word k becomes the state of block k, its bytes in rows: a matrix of 8 x 8 bits transposed in each byte position.
SALLYPORT_INLINE void unslice(Word* q) {
  SALLYPORT_UNROLL
  for (int i = 0; i < 8; i += 2) exchange(q[i], q[i + 1], 0x5555555555555555, 1);
  SALLYPORT_UNROLL
  for (int i = 0; i < 8; i++) {
    if ((i & 2) == 0) exchange(q[i], q[i + 2], 0x3333333333333333, 2);
  }
  SALLYPORT_UNROLL
  for (int i = 0; i < 4; i++) exchange(q[i], q[i + 4], 0x0f0f0f0f0f0f0f0f, 4);
}

// --- GHASH: blocks with their bytes reversed, so that the bits of the polynomial are in order, x^0 on top

SALLYPORT_INLINE __m128i reverse_bytes(__m128i block) {
  return _mm_shuffle_epi8(block, _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}

/// The polynomial times x^kBits, of what stays below x^128.
template <int kBits>
SALLYPORT_INLINE __m128i times_power(__m128i v, __m128i high_half) {
  return _mm_xor_si128(_mm_srli_epi64(v, kBits), _mm_slli_epi64(high_half, 64 - kBits));
}

/// A product on its way: what is below x^128, and, at the front of `over`, what is above.
struct Sum {
  __m128i sum, over;
};
/// Times x^(8 kBytes).
template <int kBytes>
SALLYPORT_INLINE Sum move_bytes(const Sum& a) {
  return {_mm_srli_si128(a.sum, kBytes), _mm_alignr_epi8(a.sum, a.over, kBytes)};
}

/// Byte k of row i is byte i of the product of byte k and H; so it belongs i + k bytes behind the front. Four rows are
/// put together, then the fours: a longer chain would be waited for.
SALLYPORT_INLINE Sum four_rows(const HashTable& table, int first, __m128i high, __m128i low) {
  const auto row = [&](int i) {
    return _mm_xor_si128(_mm_shuffle_epi8(load_block(table.rows[0][i]), high),
                         _mm_shuffle_epi8(load_block(table.rows[1][i]), low));
  };
  Sum s = {row(first + 3), _mm_setzero_si128()};
  SALLYPORT_UNROLL
  for (int i = first + 2; i >= first; i--) {
    s = move_bytes<1>(s);
    s.sum = _mm_xor_si128(s.sum, row(i));
  }
  return s;
}

SALLYPORT_INLINE __m128i multiply(__m128i v, const HashTable& table) {
  const __m128i half_byte = _mm_set1_epi8(0x0f);
  const __m128i low = _mm_and_si128(v, half_byte), high = _mm_and_si128(_mm_srli_epi16(v, 4), half_byte);
  Sum s = four_rows(table, 12, high, low);
  SALLYPORT_UNROLL
  for (int first = 8; first >= 0; first -= 4) {
    const Sum four = four_rows(table, first, high, low);
    s = move_bytes<4>(s);
    s = {_mm_xor_si128(s.sum, four.sum), _mm_xor_si128(s.over, four.over)};
  }
  // x^128 = 1 + x + x^2 + x^7; `over` has a free byte at its end.
  const __m128i high_half = _mm_srli_si128(s.over, 8);
  const __m128i once = _mm_xor_si128(_mm_xor_si128(s.sum, s.over), times_power<1>(s.over, high_half));
  return _mm_xor_si128(once, _mm_xor_si128(times_power<2>(s.over, high_half), times_power<7>(s.over, high_half)));
}

SALLYPORT_INLINE __m128i hash_block(__m128i hash, const std::uint8_t* block, const HashTable& table) {
  return multiply(_mm_xor_si128(hash, reverse_bytes(load_block(block))), table);
}
/// Whole blocks, one after the other.
[[gnu::noinline]] __m128i hash_blocks(__m128i hash, const std::uint8_t* p, std::size_t blocks, const HashTable& table) {
  for (; blocks != 0; blocks--, p += kBlock) hash = hash_block(hash, p, table);
  return hash;
}
/// `size` bytes, zeros behind them up to a whole block.
__m128i hash_bytes(__m128i hash, const std::uint8_t* p, std::size_t size, const HashTable& table) {
  hash = hash_blocks(hash, p, size / kBlock, table);
  if (size % kBlock == 0) return hash;
  std::uint8_t last[kBlock] = {};
  std::memcpy(last, p + size / kBlock * kBlock, size % kBlock);
  return hash_blocks(hash, last, 1, table);
}

void make_table(const std::uint8_t* h, HashTable& table) {
  std::uint64_t high = load_big_endian(h), low = load_big_endian(h + 8);
  for (auto& rows : table.rows) {
    std::uint64_t multiple[16][2] = {};
    for (unsigned n = 8; n != 0; n /= 2) {  // H x^0 to x^3: the highest bit is that of x^0
      multiple[n][0] = high, multiple[n][1] = low;
      const std::uint64_t carry = 0 - (low & 1);
      low = low >> 1 | high << 63;
      high = high >> 1 ^ (carry & 0xe100000000000000);
    }
    for (unsigned n = 1; n < 16; n++) {
      const unsigned rest = n & (n - 1), lowest = n ^ rest;
      for (int half = 0; half < 2; half++) {
        if (rest != 0) multiple[n][half] = multiple[rest][half] ^ multiple[lowest][half];
      }
    }
    for (unsigned n = 0; n < 16; n++) {
      for (unsigned i = 0; i < 8; i++) {
        rows[i][n] = static_cast<std::uint8_t>(multiple[n][0] >> (56 - 8 * i));
        rows[8 + i][n] = static_cast<std::uint8_t>(multiple[n][1] >> (56 - 8 * i));
      }
    }
    wipe({reinterpret_cast<std::uint8_t*>(multiple), sizeof multiple});
  }
}

// --- GCM

/// Blocks whose hash waits for the next rounds of AES: at most eight.
struct Waiting {
  const std::uint8_t* at = nullptr;
  int blocks = 0;
};

/// Eight blocks of keystream. `nonce` is the counter block with counter 0, its bytes in rows; `counter` is a multiple
/// of eight. Meanwhile hashes what waits.
template <int kRounds>
[[gnu::noinline]] __m128i keystream(const SlicedKeys<kRounds>& keys, __m128i nonce, std::uint32_t counter, __m128i* out,
                                    __m128i hash, Waiting waiting, const HashTable& table) {
  // The number's bytes, the highest first, are the last column. The low three bits are the number of the block.
  const __m128i number = _mm_cvtsi32_si128(static_cast<int>(__builtin_bswap32(counter)));
  const __m128i column =
      _mm_shuffle_epi8(number, _mm_setr_epi8(-1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3));
  Word q[8];
  slice(_mm_or_si128(nonce, column), q);
  q[0] ^= Word{0, 0xaa00000000000000};
  q[1] ^= Word{0, 0xcc00000000000000};
  q[2] ^= Word{0, 0xf000000000000000};
  add_round_key(q, keys.word[0]);
  for (int r = 1; r < kRounds; r++) {
    if (waiting.blocks != 0) {
      hash = hash_block(hash, waiting.at, table);
      waiting.at += kBlock, waiting.blocks--;
    }
    substitute(q);
    shift_rows(q);
    mix_columns(q);
    add_round_key(q, keys.word[r]);
    SALLYPORT_FENCE;  // the rows of the table do not fit the registers
  }
  substitute(q);
  shift_rows(q);
  add_round_key(q, keys.word[kRounds]);
  unslice(q);
  SALLYPORT_UNROLL
  for (int k = 0; k < 8; k++) out[k] = transpose(reinterpret_cast<__m128i>(q[k]));
  return hash;
}

template <int kRounds>
void init(void* state, const std::uint8_t* key) noexcept {
  auto& s = *static_cast<State*>(state);
  RoundKeys<kRounds> keys;
  expand_key(key, keys);
  for (int r = 0; r <= kRounds; r++) store_block(s.round_key[r], transpose(load_block(keys.block[r])));
  wipe({keys.block[0], sizeof keys});
  alignas(kBlock) std::uint8_t blocks[kBatch];
  const SlicedKeys<kRounds> sliced(s);
  const __m128i none = _mm_setzero_si128();
  keystream(sliced, none, 0, reinterpret_cast<__m128i*>(blocks), none, {}, s.table);  // the first one is E(0) = H
  make_table(blocks, s.table);
  wipe(blocks);
}

/// A batch of keystream under what it encrypts: a whole batch, or what there is of in || extra.
SALLYPORT_INLINE void crypt_batch(Bytes in, Bytes extra, std::size_t at, std::size_t size, const std::uint8_t* key,
                                  std::uint8_t* out, bool whole) {
  if (!whole) return crypt_batch(in, extra, at, size, key, out);
  SALLYPORT_UNROLL
  for (std::size_t i = 0; i < kBatch; i += kBlock) {
    store_block(out + at + i, _mm_xor_si128(load_block(in.data() + at + i), load_block(key + i)));
  }
}

/// En- or decrypts in || extra to `out` and returns the tag.
template <int kRounds, bool kSeal>
__m128i crypt(const State& s, const std::uint8_t* nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) {
  const SlicedKeys<kRounds> keys(s);
  alignas(kBlock) std::uint8_t key[kBatch];
  auto* const key_blocks = reinterpret_cast<__m128i*>(key);
  std::uint8_t first[kBlock] = {};
  std::memcpy(first, nonce, kAeadNonce);
  const __m128i rows = transpose(load_block(first));
  const std::size_t size = in.size() + extra.size();

  __m128i hash = hash_bytes(_mm_setzero_si128(), aad.data(), aad.size(), s.table);
  // NIST SP 800-38D §7.1: counter 1 encrypts the tag, the text begins with 2; 0 is not used.
  std::size_t used = 2 * kBlock, n = size < kBatch - used ? size : kBatch - used;
  const auto whole_blocks = [](std::size_t bytes) { return static_cast<int>(bytes / kBlock); };
  Waiting waiting;
  if (!kSeal) waiting = {in.data(), whole_blocks(n)};
  hash = keystream(keys, rows, 0, key_blocks, hash, waiting, s.table);
  const __m128i tag_key = key_blocks[1];
  std::uint32_t counter = 0;
  for (std::size_t at = 0; at < size;) {
    if (!kSeal && n % kBlock != 0) {
      hash = hash_bytes(hash, in.data() + at + n / kBlock * kBlock, n % kBlock, s.table);
    }
    crypt_batch(in, extra, at, n, key + used, out, n == kBatch && at + kBatch <= in.size());
    const std::uint8_t* const done = out + at;
    at += n;
    used = 0;
    if (at == size) {
      if (kSeal) hash = hash_bytes(hash, done, n, s.table);
      break;
    }
    const std::size_t next = size - at < kBatch ? size - at : kBatch;
    waiting = kSeal ? Waiting{done, whole_blocks(n)} : Waiting{in.data() + at, whole_blocks(next)};
    hash = keystream(keys, rows, counter += 8, key_blocks, hash, waiting, s.table);
    n = next;
  }
  const __m128i lengths =
      _mm_set_epi64x(static_cast<long long>(aad.size() * 8), static_cast<long long>(std::uint64_t{size} * 8));
  hash = multiply(_mm_xor_si128(hash, lengths), s.table);
  wipe(key);
  return _mm_xor_si128(tag_key, reverse_bytes(hash));
}

template <int kRounds>
void seal(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) noexcept {
  const __m128i tag = crypt<kRounds, true>(*static_cast<const State*>(state), nonce, aad, in, extra, out);
  store_block(out + in.size() + extra.size(), tag);
}

template <int kRounds>
bool open(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, std::uint8_t* out) noexcept {
  const Bytes text = in.first(in.size() - kAeadTag);
  const __m128i tag = crypt<kRounds, false>(*static_cast<const State*>(state), nonce, aad, text, {}, out);
  const __m128i claimed = load_block(in.data() + text.size());
  std::uint8_t authentic = _mm_movemask_epi8(_mm_cmpeq_epi8(tag, claimed)) == 0xffff;
  unpoison({&authentic, 1});  // the verdict is public
  if (!authentic && !text.empty()) std::memset(out, 0, text.size());
  return authentic != 0;
}

void wipe_state(void* state) noexcept { wipe({static_cast<std::uint8_t*>(state), sizeof(State)}); }

template <int kRounds>
constexpr AeadImpl row(std::string_view name, AeadId id) {
  return {.name = name,
          .id = id,
          .required = Feature::ssse3,
          .state_size = sizeof(State),
          .state_align = alignof(State),
          .init = init<kRounds>,
          .seal = seal<kRounds>,
          .open = open<kRounds>,
          .wipe = wipe_state};
}

}  // namespace

constinit const AeadImpl kAes128GcmSsse3 = row<10>("aes-128-gcm-ssse3", AeadId::aes_128_gcm);
constinit const AeadImpl kAes256GcmSsse3 = row<14>("aes-256-gcm-ssse3", AeadId::aes_256_gcm);

}  // namespace tls::crypto
SALLYPORT_TARGET_END
#endif
