// ChaCha20-Poly1305 in plain C++: no table, no branch and no address depends on a secret. Four blocks at a time in
// vectors of the compiler's, which become SSE2, NEON or plain registers.
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/constant_time.h"
#include "crypto/kernels/kernels.h"
#include "crypto/kernels/target.h"
#include "tls/secret.h"

namespace tls::crypto {
namespace {

#include "crypto/kernels/poly1305_scalar.inc"

#include "crypto/kernels/chacha20_vectors.inc"

#include "crypto/kernels/chacha20_poly1305_record.inc"

struct Words {
  using V = std::uint32_t __attribute__((vector_size(16)));
  using Halves = std::uint16_t __attribute__((vector_size(16)));
  using Pairs = std::uint64_t __attribute__((vector_size(16)));
  static constexpr std::size_t kLanes = 4;
#if defined(__x86_64__)
  static constexpr bool kFewRegisters = true;
#else
  static constexpr bool kFewRegisters = false;
#endif

  SALLYPORT_INLINE static V add(V a, V b) { return a + b; }
  SALLYPORT_INLINE static V exclusive_or(V a, V b) { return a ^ b; }
  template <int N>
  SALLYPORT_INLINE static V rotate(V a) {
    if constexpr (N == 16) {
      const auto halves = reinterpret_cast<Halves>(a);
      return reinterpret_cast<V>(__builtin_shufflevector(halves, halves, 1, 0, 3, 2, 5, 4, 7, 6));
    } else {
      return a << N | a >> (32 - N);
    }
  }
  template <int N>
  SALLYPORT_INLINE static V turn(V a) {
    return __builtin_shufflevector(a, a, N, (N + 1) % 4, (N + 2) % 4, (N + 3) % 4);
  }
  SALLYPORT_INLINE static V broadcast(std::uint32_t word) { return V{word, word, word, word}; }
  SALLYPORT_INLINE static V row(const std::uint32_t* words) {
    V v;
    __builtin_memcpy(&v, words, sizeof v);
    return v;
  }
  SALLYPORT_INLINE static V offsets() { return V{0xffffffff, 0, 1, 2}; }
  template <int F>
  SALLYPORT_INLINE static V row_offsets() {
    return V{static_cast<std::uint32_t>(F), 0, 0, 0};
  }
  SALLYPORT_INLINE static V clear_first(V a) { return a & V{0, 0xffffffff, 0xffffffff, 0xffffffff}; }
  SALLYPORT_INLINE static V low_pairs(V a, V b) {
    const auto x = reinterpret_cast<Pairs>(a), y = reinterpret_cast<Pairs>(b);
    return reinterpret_cast<V>(__builtin_shufflevector(x, y, 0, 2));
  }
  SALLYPORT_INLINE static V high_pairs(V a, V b) {
    const auto x = reinterpret_cast<Pairs>(a), y = reinterpret_cast<Pairs>(b);
    return reinterpret_cast<V>(__builtin_shufflevector(x, y, 1, 3));
  }
  SALLYPORT_INLINE static void transpose(V& a, V& b, V& c, V& d) {
    const V ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const V cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    a = low_pairs(ab, cd), b = high_pairs(ab, cd), c = low_pairs(ab2, cd2), d = high_pairs(ab2, cd2);
  }
  template <bool kXor>
  SALLYPORT_INLINE static void put(V v, const std::uint8_t* in, std::uint8_t* out) {
    if constexpr (kXor) {
      V text;
      __builtin_memcpy(&text, in, sizeof text);
      v ^= text;
    }
    __builtin_memcpy(out, &v, sizeof v);
  }
  template <bool kXor, int kStride>
  SALLYPORT_INLINE static void store(V a, V b, V c, V d, const std::uint8_t* in, std::uint8_t* out) {
    put<kXor>(a, in, out), put<kXor>(b, in + 16, out + 16);
    put<kXor>(c, in + 32, out + 32), put<kXor>(d, in + 48, out + 48);
  }
  SALLYPORT_INLINE static void keep(V&, V&, V&, V&) {}
  SALLYPORT_INLINE static void settle([[maybe_unused]] V& a, [[maybe_unused]] V& b, [[maybe_unused]] V& c,
                                      [[maybe_unused]] V& d) {
#if defined(__x86_64__)
    asm volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d));
#endif
  }
};

struct Portable {
  static constexpr std::size_t kStep = kBlock * Words::kLanes;
  static constexpr std::size_t kHead = kBlock * (2 * Words::kLanes);
  using Mac = ScalarMac;

  static std::size_t tail_size(std::size_t text_size) { return text_size % kStep; }
  static void head(const std::uint32_t* input, std::uint32_t first, std::size_t n, std::uint8_t* out) {
    if (n <= 1) return head_in_rows<Words, true>(input, first, out);
    head_in_lanes<Words, true>(input, first, out);
    if (n == Words::kLanes) head_in_rows<Words, false>(input, first + Words::kLanes - 1, out + kStep);
  }
  static void seal_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    crypt_and_authenticate<Words, true>(input, mac.poly, in, out, size);
  }
  static void open_steps(const std::uint32_t* input, Mac& mac, const std::uint8_t* in, std::uint8_t* out,
                         std::size_t size) {
    crypt_and_authenticate<Words, false>(input, mac.poly, in, out, size);
  }
};

}  // namespace

constinit const AeadImpl kChaCha20Poly1305Portable =
    chacha20_poly1305_row<Portable>("chacha20-poly1305-portable", Features());

}  // namespace tls::crypto
