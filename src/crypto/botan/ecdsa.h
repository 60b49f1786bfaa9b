// ECDSA (FIPS 186-5 §6) on secp256r1, secp384r1 and secp521r1 by Botan; signatures in DER (RFC 8422 §5.4).
#pragma once

#include "crypto/key_verifier.h"

namespace tls::crypto::botan {

/// `point`: uncompressed (RFC 5480 §2.2).
[[nodiscard]] Result<KeyVerifierPtr> ecdsa_verifier(KeyKind kind, Bytes point);
/// `der`: an ECPrivateKey (RFC 5915 §3).
[[nodiscard]] Result<std::shared_ptr<const SigningKey>> ecdsa_signing_key(KeyKind kind, Bytes der);

}  // namespace tls::crypto::botan
