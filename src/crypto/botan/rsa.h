// RSA signatures (RFC 8017 §8) by Botan: PSS with a salt as long as the hash, and PKCS#1 v1.5.
#pragma once

#include "crypto/key_verifier.h"

namespace tls::crypto::botan {

[[nodiscard]] Result<KeyVerifierPtr> rsa_verifier(const RsaNumbers& numbers);
/// `der`: an RSAPrivateKey (RFC 8017 A.1.2) of two primes.
[[nodiscard]] Result<std::shared_ptr<const SigningKey>> rsa_signing_key(const KeyAlgorithm& algorithm, Bytes der,
                                                                        std::size_t min_bits);

}  // namespace tls::crypto::botan
