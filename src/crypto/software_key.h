// Private keys in memory.
#pragma once

#include <memory>

#include "base/limits.h"
#include "tls/credentials.h"

namespace tls::crypto {

/// A private key that signs in this process: RSA, RSASSA-PSS, ECDSA on secp256r1, secp384r1 or secp521r1, Ed25519.
/// `pkcs8`: DER of an unencrypted PrivateKeyInfo (RFC 5958 §2); it is not kept, and wiping it is the caller's.
/// `min_rsa_bits` is there to replay old traces. Fails with bad_key_file and words. sign() never waits, may be called
/// from several threads, and draws only PSS salts from its `random`: ECDSA nonces come from the message (RFC 6979), as
/// those of Ed25519 do.
[[nodiscard]] Result<std::shared_ptr<const SigningKey>> software_key(Bytes pkcs8,
                                                                     std::size_t min_rsa_bits = limits::kMinRsaBits);

}  // namespace tls::crypto
