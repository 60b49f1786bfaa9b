// RSA signatures verified (RFC 8017 §8): RSASSA-PSS with any salt, and RSASSA-PKCS1-v1_5.
#pragma once

#include "crypto/key_verifier.h"

namespace tls::crypto {

/// `numbers` as read_rsa_public_key() gives them.
[[nodiscard]] KeyVerifierPtr rsa_verifier(const RsaNumbers& numbers);

}  // namespace tls::crypto
