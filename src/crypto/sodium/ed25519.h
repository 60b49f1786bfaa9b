// Ed25519 (RFC 8032 §5.1) by libsodium.
#pragma once

#include "crypto/key_verifier.h"

namespace tls::crypto::sodium {

/// `key`: 32 bytes (RFC 8410 §4).
[[nodiscard]] Result<KeyVerifierPtr> ed25519_verifier(Bytes key);
/// `seed`: the 32 bytes of a private key (RFC 8410 §7).
[[nodiscard]] Result<std::shared_ptr<const SigningKey>> ed25519_signing_key(Bytes seed);

}  // namespace tls::crypto::sodium
