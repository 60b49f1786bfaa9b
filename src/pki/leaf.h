// What the handshake needs of the peer's leaf certificate.
#pragma once

#include "base/limits.h"
#include "crypto/signature.h"
#include "pki/policy.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// The key with which the peer signs the handshake, taken from its leaf. Checks what holds whoever trusts the
/// chain: the key is strong enough and, if keyUsage is present, may sign (RFC 9846 §4.5.1.2). Fails with
/// bad_certificate, unsupported_certificate or certificate_purpose. The chain is not verified here: that is the
/// ChainVerifier's part. `min_rsa_bits` is there to replay old traces (RFC 8448 has keys of 1024 bits).
[[nodiscard]] Result<crypto::PublicKey> leaf_public_key(const Certificate& leaf,
                                                        std::size_t min_rsa_bits = limits::kMinRsaBits);

}  // namespace tls::pki
