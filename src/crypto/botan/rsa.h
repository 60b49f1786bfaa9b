// RSA signatures (RFC 8017 §8) made by Botan: PSS with a salt as long as the hash, and PKCS#1 v1.5.
#pragma once

#include <memory>

#include "crypto/spki.h"

namespace tls::crypto::botan {

/// `der`: an RSAPrivateKey (RFC 8017 A.1.2) of two primes, whose numbers agree.
[[nodiscard]] Result<std::shared_ptr<const SigningKey>> rsa_signing_key(const KeyAlgorithm& algorithm, Bytes der,
                                                                        std::size_t min_bits);

}  // namespace tls::crypto::botan
