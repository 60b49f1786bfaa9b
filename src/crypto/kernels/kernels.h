// Our own implementations of AEADs and hashes, one row each; aead_table.cpp and hash_table.cpp put them in order. A row
// exists where its source can be compiled; whether this CPU can run it is what `required` says.
#pragma once

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace tls::crypto {

// AES-GCM (aes_gcm_*.cpp).
extern const AeadImpl kAes128GcmPortable, kAes256GcmPortable;
#if defined(__x86_64__)
extern const AeadImpl kAes128GcmSsse3, kAes256GcmSsse3;
extern const AeadImpl kAes128GcmAesni, kAes256GcmAesni;
extern const AeadImpl kAes128GcmVaes256, kAes256GcmVaes256;
extern const AeadImpl kAes128GcmVaes512, kAes256GcmVaes512;  // Karatsuba multiplication
extern const AeadImpl kAes128GcmVaes512Schoolbook, kAes256GcmVaes512Schoolbook;
#elif defined(__aarch64__)
extern const AeadImpl kAes128GcmArmv8, kAes256GcmArmv8;
#endif

// ChaCha20-Poly1305 (chacha20_poly1305_*.cpp).
extern const AeadImpl kChaCha20Poly1305Portable;
#if defined(__x86_64__)
extern const AeadImpl kChaCha20Poly1305Ssse3, kChaCha20Poly1305Avx2, kChaCha20Poly1305Avx512;
#elif defined(__aarch64__)
extern const AeadImpl kChaCha20Poly1305Neon;
#endif

// SHA-2 (sha256_*.cpp, sha512_*.cpp).
#if defined(__x86_64__)
extern const HashImpl kSha256ShaNi, kSha384Avx2;
#endif

}  // namespace tls::crypto
