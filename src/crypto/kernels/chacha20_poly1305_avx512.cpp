// ChaCha20-Poly1305 with twice sixteen blocks in 512-bit registers, and Poly1305 over eight lanes.
#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own intrinsics start from registers that they leave undefined on purpose (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/constant_time.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

SALLYPORT_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma,avx2,bmi2")
namespace tls::crypto {
namespace {

#include "crypto/kernels/poly1305_scalar.inc"

#include "crypto/kernels/poly1305_ifma.inc"

#include "crypto/kernels/chacha20_vectors.inc"

#include "crypto/kernels/chacha20_poly1305_record.inc"

#include "crypto/kernels/chacha20_words256.inc"

struct Words {
  using V = __m512i;
  static constexpr std::size_t kLanes = 16;
  static constexpr bool kFewRegisters = false;

  SALLYPORT_INLINE static V add(V a, V b) { return _mm512_add_epi32(a, b); }
  SALLYPORT_INLINE static V exclusive_or(V a, V b) { return _mm512_xor_si512(a, b); }
  template <int N>
  SALLYPORT_INLINE static V rotate(V a) {
    return _mm512_rol_epi32(a, N);
  }
  SALLYPORT_INLINE static V broadcast(std::uint32_t word) { return _mm512_set1_epi32(static_cast<int>(word)); }
  SALLYPORT_INLINE static V offsets() {
    return _mm512_setr_epi32(-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
  }
  SALLYPORT_INLINE static V clear_first(V a) { return _mm512_maskz_mov_epi32(0xfffe, a); }
  SALLYPORT_INLINE static void transpose(V& a, V& b, V& c, V& d) {
    const V ab = _mm512_unpacklo_epi32(a, b), ab2 = _mm512_unpackhi_epi32(a, b);
    const V cd = _mm512_unpacklo_epi32(c, d), cd2 = _mm512_unpackhi_epi32(c, d);
    a = _mm512_unpacklo_epi64(ab, cd), b = _mm512_unpackhi_epi64(ab, cd);
    c = _mm512_unpacklo_epi64(ab2, cd2), d = _mm512_unpackhi_epi64(ab2, cd2);
  }
  template <bool kXor>
  SALLYPORT_INLINE static void put(V v, const std::uint8_t* in, std::uint8_t* out) {
    if constexpr (kXor) v = _mm512_xor_si512(v, _mm512_loadu_si512(in));
    _mm512_storeu_si512(out, v);
  }
  template <bool kXor, int kStride>
  SALLYPORT_INLINE static void store(V a, V b, V c, V d, const std::uint8_t* in, std::uint8_t* out) {
    constexpr std::size_t kNext = 64 * kStride;
    const V ab = _mm512_shuffle_i32x4(a, b, 0x44), ab2 = _mm512_shuffle_i32x4(a, b, 0xee);
    const V cd = _mm512_shuffle_i32x4(c, d, 0x44), cd2 = _mm512_shuffle_i32x4(c, d, 0xee);
    put<kXor>(_mm512_shuffle_i32x4(ab, cd, 0x88), in, out);
    put<kXor>(_mm512_shuffle_i32x4(ab, cd, 0xdd), in + kNext, out + kNext);
    put<kXor>(_mm512_shuffle_i32x4(ab2, cd2, 0x88), in + 2 * kNext, out + 2 * kNext);
    put<kXor>(_mm512_shuffle_i32x4(ab2, cd2, 0xdd), in + 3 * kNext, out + 3 * kNext);
  }
  /// No instruction, but a fence for the compilers' schedulers: they tend to undo the interleaving and then run out of
  /// registers (0.66 instead of 0.59 cycles a byte with GCC 12 on Zen 4).
  SALLYPORT_INLINE static void keep(V& a, V& b, V& c, V& d) { asm volatile("" : "+v"(a), "+v"(b), "+v"(c), "+v"(d)); }
};

/// For a few blocks, where latency counts: 512-bit rotations take one cycle more.
struct NarrowWords : Words256 {
  static constexpr bool kFewRegisters = false;
  template <int N>
  SALLYPORT_INLINE static V rotate(V a) {
    return _mm256_rol_epi32(a, N);
  }
};

/// The same beside sixteen blocks in 512-bit registers, in an order that the compiler does not change either.
struct OrderedNarrowWords : NarrowWords {
  SALLYPORT_INLINE static void keep(V& a, V& b, V& c, V& d) { asm volatile("" : "+v"(a), "+v"(b), "+v"(c), "+v"(d)); }
};

// Where the key stands in a state of 16 words (RFC 8439 §2.3): what was put in memory of it is wiped.
constexpr int kKeyWord = 4, kKeyWords = 8;

/// Two times sixteen blocks at once: one state's instructions fill the latencies of the other, and together they take
/// all 32 registers.
[[gnu::noinline]] void crypt_twice_lanes(const std::uint32_t* input, std::uint32_t first, const std::uint8_t* in,
                                         std::uint8_t* out, std::size_t size) {
  __m512i v[16];
  broadcast_input<Words>(input, v);
  asm volatile("" : "+m"(v));  // in memory: the states need all registers, and clang then aligns what it spills
  __m512i counters = Words::add(Words::broadcast(first + 1), Words::offsets());
  for (; size != 0; size -= 2048, in += 2048, out += 2048) {
    const __m512i next = Words::add(counters, Words::broadcast(Words::kLanes));
    Lanes<Words> s, t;
    s.start(v, counters), t.start(v, next);
    for (int i = 0; i < 10; ++i) {
      s.column_ab<16>(), t.column_ab<16>(), s.column_cd<12>(), t.column_cd<12>();
      s.column_ab<8>(), t.column_ab<8>(), s.column_cd<7>(), t.column_cd<7>();
      s.diagonal_ab<16>(), t.diagonal_ab<16>(), s.diagonal_cd<12>(), t.diagonal_cd<12>();
      s.diagonal_ab<8>(), t.diagonal_ab<8>(), s.diagonal_cd<7>(), t.diagonal_cd<7>();
    }
    s.finish<true>(v, counters, in, out);
    t.finish<true>(v, next, in + 1024, out + 1024);
    counters = Words::add(next, Words::broadcast(Words::kLanes));
  }
  erase(v + kKeyWord, kKeyWords * sizeof v[0]);
}

/// Block 0, then 23 blocks from `first` on: eight of all in 256-bit lanes beside sixteen in 512-bit ones.
[[gnu::noinline]] void head_in_both_lanes(const std::uint32_t* input, std::uint32_t first, std::uint8_t* out) {
  __m256i v[16];
  __m512i w[16];
  broadcast_input<NarrowWords>(input, v), broadcast_input<Words>(input, w);
  asm volatile("" : "+m"(v), "+m"(w));  // in memory: the states need all registers
  const __m256i counters =
      NarrowWords::clear_first(NarrowWords::add(NarrowWords::broadcast(first), NarrowWords::offsets()));
  const __m512i behind = Words::add(Words::broadcast(first + NarrowWords::kLanes), Words::offsets());
  Lanes<OrderedNarrowWords> s;
  Lanes<Words> t;
  s.start(v, counters), t.start(w, behind);
  for (int i = 0; i < 10; ++i) {
    s.column_ab<16>(), t.column_ab<16>(), s.column_cd<12>(), t.column_cd<12>();
    s.column_ab<8>(), t.column_ab<8>(), s.column_cd<7>(), t.column_cd<7>();
    s.diagonal_ab<16>(), t.diagonal_ab<16>(), s.diagonal_cd<12>(), t.diagonal_cd<12>();
    s.diagonal_ab<8>(), t.diagonal_ab<8>(), s.diagonal_cd<7>(), t.diagonal_cd<7>();
  }
  s.finish<false>(v, counters, out, out);
  t.finish<false>(w, behind, out + kBlock * NarrowWords::kLanes, out + kBlock * NarrowWords::kLanes);
  erase(v + kKeyWord, kKeyWords * sizeof v[0]), erase(w + kKeyWord, kKeyWords * sizeof w[0]);
}

struct Avx512 {
  static constexpr std::size_t kStep = kBlock * Words::kLanes;
  static constexpr std::size_t kHeadBlocks = Words::kLanes + NarrowWords::kLanes;
  static constexpr std::size_t kHead = kBlock * kHeadBlocks;
  using Mac = IfmaMac;

  /// A step that has no other beside it joins the tail, if the head has room for both: a record of 1350 bytes is one.
  static std::size_t tail_size(std::size_t text_size) {
    const std::size_t tail = text_size % (2 * kStep);
    return tail < kStep || tail > kBlock * (kHeadBlocks - 1) ? tail % kStep : tail;
  }
  static void head(const std::uint32_t* input, std::uint32_t first, std::size_t n, std::uint8_t* out) {
    if (n <= 3) return head_in_rows<NarrowWords, true>(input, first, out);
    if (n <= 7) return head_in_lanes<NarrowWords, true>(input, first, out);
    if (n <= 9) return head_in_lanes_and_rows<NarrowWords>(input, first, out);
    if (n < Words::kLanes) return head_in_lanes<Words, true>(input, first, out);
    head_in_both_lanes(input, first, out);
  }
  static void seal_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    mac.expect(size);
    for (std::size_t done = 0; done < size; done += kChunk) {
      const std::size_t chunk = size - done < kChunk ? size - done : kChunk;
      crypt(input, done, in, out, chunk);
      mac.blocks(out + done, chunk);
    }
  }
  static void open_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    for (std::size_t done = 0; done < size; done += kChunk) {
      const std::size_t chunk = size - done < kChunk ? size - done : kChunk;
      mac.blocks(in + done, chunk);
      crypt(input, done, in, out, chunk);
    }
  }

 private:
  static constexpr std::size_t kChunk = 4096;  // bytes encrypted, then authenticated while in the L1 cache

  /// `size` bytes at `done`, whole steps.
  static void crypt(const std::uint32_t* input, std::size_t done, const std::uint8_t* in, std::uint8_t* out,
                    std::size_t size) {
    const std::size_t twice = size - size % (2 * kStep);
    const auto counter = static_cast<std::uint32_t>(input[12] + done / kBlock);
    crypt_twice_lanes(input, counter, in + done, out + done, twice);
    if (twice == size) return;
    crypt_lanes<Words>(input, static_cast<std::uint32_t>(counter + twice / kBlock), in + done + twice,
                       out + done + twice, kStep);
  }
};

}  // namespace

constinit const AeadImpl kChaCha20Poly1305Avx512 = chacha20_poly1305_row<Avx512>(
    "chacha20-poly1305-avx512", Feature::avx512 | Feature::avx512ifma | Feature::avx2 | Feature::bmi2);

}  // namespace tls::crypto
SALLYPORT_TARGET_END
#endif
