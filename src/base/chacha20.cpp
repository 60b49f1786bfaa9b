#include "base/chacha20.h"

#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "tls/secret.h"

namespace tls {
namespace {

/// One word of four blocks.
using Lanes = std::uint32_t __attribute__((vector_size(16)));
using State = std::array<Lanes, 16>;

Lanes rotated(Lanes word, int bits) noexcept { return (word << bits) | (word >> (32 - bits)); }

void quarter(Lanes& a, Lanes& b, Lanes& c, Lanes& d) noexcept {
  a += b, d = rotated(d ^ a, 16);
  c += d, b = rotated(b ^ c, 12);
  a += b, d = rotated(d ^ a, 8);
  c += d, b = rotated(b ^ c, 7);
}

void twenty_rounds(State& x) noexcept {
  for (int i = 0; i < 10; ++i) {
    quarter(x[0], x[4], x[8], x[12]);
    quarter(x[1], x[5], x[9], x[13]);
    quarter(x[2], x[6], x[10], x[14]);
    quarter(x[3], x[7], x[11], x[15]);
    quarter(x[0], x[5], x[10], x[15]);
    quarter(x[1], x[6], x[11], x[12]);
    quarter(x[2], x[7], x[8], x[13]);
    quarter(x[3], x[4], x[9], x[14]);
  }
}

std::uint32_t little_endian(std::uint32_t word) noexcept {
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap32(word);
  return word;
}

}  // namespace

void chacha20_keystream(std::span<const std::uint8_t, kChaCha20Key> key, MutableBytes out) noexcept {
  assert(out.size() % kChaCha20Batch == 0);
  State start{};
  constexpr std::array<std::uint32_t, 4> kConstants = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (std::size_t i = 0; i < 4; ++i) start[i] = Lanes{} + kConstants[i];
  for (std::size_t i = 0; i < 8; ++i) {
    std::uint32_t word;
    std::memcpy(&word, key.data() + 4 * i, 4);
    start[4 + i] = Lanes{} + little_endian(word);
  }
  start[12] = Lanes{0, 1, 2, 3};  // the blocks' counters
  State x{};
  for (; !out.empty(); out = out.subspan(kChaCha20Batch)) {
    x = start;
    twenty_rounds(x);
    for (std::size_t i = 0; i < 16; ++i) {
      x[i] += start[i];
      for (std::size_t lane = 0; lane < 4; ++lane) {
        const std::uint32_t word = little_endian(x[i][lane]);
        std::memcpy(out.data() + 64 * lane + 4 * i, &word, 4);
      }
    }
    start[12] += Lanes{4, 4, 4, 4};
  }
  for (State* const state : {&start, &x}) wipe({reinterpret_cast<std::uint8_t*>(state->data()), sizeof *state});
}

}  // namespace tls
