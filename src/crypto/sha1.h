// SHA-1, for names alone: OCSP finds certificates by SHA-1 of their issuer (RFC 6960 §4.1.1). No signature is made or
// verified with it.
#pragma once

#include <array>

#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::crypto {

using Sha1 = std::array<std::uint8_t, 20>;

/// The digest of `bytes`, which are no secret. Fails with provider_failed when the library below does.
[[nodiscard]] Result<Sha1> sha1(Bytes bytes);

}  // namespace tls::crypto
