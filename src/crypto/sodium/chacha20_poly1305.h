// ChaCha20-Poly1305 by libsodium: runs everywhere.
#pragma once

#include "crypto/aead.h"

namespace tls::crypto::sodium {

extern const AeadImpl kChaCha20Poly1305;  ///< "chacha20-poly1305-sodium"

}  // namespace tls::crypto::sodium
