// What one call of an AES-GCM kernel reads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tls::crypto {

/// The 12-byte nonce, what is authenticated and what is encrypted: in || extra.
struct AesGcmInput {
  const std::uint8_t *nonce, *aad, *in, *extra;
  std::size_t aad_size, in_size, extra_size;
};

}  // namespace tls::crypto
