// What the kernels and their tests call of libsodium and of the table, so that they can be built for aarch64 from
// nothing but a cross compiler: the libraries of that architecture are seldom at hand.
#include <sodium.h>

#include <algorithm>

#include "base/constant_time.h"
#include "crypto/kernels/kernels.h"
#include "tls/secret.h"

namespace tls {

void wipe(MutableBytes bytes) noexcept {
  volatile std::uint8_t* p = bytes.data();
  for (std::size_t i = 0; i < bytes.size(); ++i) p[i] = 0;
}
bool constant_time_equal(Bytes a, Bytes b) noexcept {
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) difference |= static_cast<std::uint8_t>(a[i] ^ b[i]);
  return a.size() == b.size() && difference == 0;
}
void poison(Bytes) noexcept {}
void unpoison(Bytes) noexcept {}

namespace crypto {

std::span<const AeadImpl* const> all_aeads() noexcept {
  static constexpr const AeadImpl* kRows[] = {&kAes128GcmArmv8,    &kAes256GcmArmv8,       &kAes128GcmPortable,
                                              &kAes256GcmPortable, &kChaCha20Poly1305Neon, &kChaCha20Poly1305Portable};
  return kRows;
}

}  // namespace crypto
}  // namespace tls

/// Not libsodium's stream, but as good for filling test buffers (SplitMix64).
extern "C" void randombytes_buf_deterministic(void* const buffer, const std::size_t size,
                                              const unsigned char seed[randombytes_SEEDBYTES]) {
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < randombytes_SEEDBYTES; ++i) state = state * 0x100000001b3 + seed[i];
  auto* const out = static_cast<unsigned char*>(buffer);
  for (std::size_t i = 0; i < size; ++i) {
    state += 0x9e3779b97f4a7c15;
    std::uint64_t z = (state ^ state >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    out[i] = static_cast<unsigned char>(z >> 56);
  }
}
