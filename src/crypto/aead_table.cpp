// The table of AEAD implementations: within an algorithm the best comes first, and the last runs everywhere.
#include <algorithm>
#include <cassert>

#include "crypto/aead.h"
#include "crypto/botan/aes_gcm.h"
#include "crypto/kernels/kernels.h"
#include "crypto/sodium/chacha20_poly1305.h"

namespace tls::crypto {
namespace {

constexpr const AeadImpl* kAeadTable[] = {
// AES-128-GCM
#if defined(__x86_64__)
    &kAes128GcmVaes512Schoolbook,
    &kAes128GcmVaes512,
    &kAes128GcmVaes256,
    &kAes128GcmAesni,
    &kAes128GcmSsse3,
#elif defined(__aarch64__)
    &kAes128GcmArmv8,
#endif
    &kAes128GcmPortable,
    &botan::kAes128Gcm,
// AES-256-GCM
#if defined(__x86_64__)
    &kAes256GcmVaes512Schoolbook,
    &kAes256GcmVaes512,
    &kAes256GcmVaes256,
    &kAes256GcmAesni,
    &kAes256GcmSsse3,
#elif defined(__aarch64__)
    &kAes256GcmArmv8,
#endif
    &kAes256GcmPortable,
    &botan::kAes256Gcm,
// ChaCha20-Poly1305
#if defined(__x86_64__)
    &kChaCha20Poly1305Avx512,
    &kChaCha20Poly1305Avx2,
    &kChaCha20Poly1305Ssse3,
#elif defined(__aarch64__)
    &kChaCha20Poly1305Neon,
#endif
    &kChaCha20Poly1305Portable,
    &sodium::kChaCha20Poly1305,
};

}  // namespace

std::span<const AeadImpl* const> all_aeads() noexcept { return kAeadTable; }

const AeadImpl& select_aead(AeadId id, const Cpu& cpu) noexcept {
  const auto row = std::ranges::find_if(kAeadTable, [&](const AeadImpl* impl) {
    return impl->id == id && cpu.features.contains(impl->required) &&
           (impl->vendor == Vendor::other || impl->vendor == cpu.vendor);
  });
  assert(row != std::ranges::end(kAeadTable));  // the last row of each algorithm requires nothing (aead_test.cpp)
  return **row;
}

const AeadImpl* aead_named(std::string_view name) noexcept {
  const auto row = std::ranges::find(kAeadTable, name, &AeadImpl::name);
  return row == std::ranges::end(kAeadTable) ? nullptr : *row;
}

}  // namespace tls::crypto
