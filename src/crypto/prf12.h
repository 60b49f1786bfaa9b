// TLS 1.2's pseudorandom function (RFC 5246 §5).
#pragma once

#include <string_view>

#include "crypto/hash.h"

namespace tls::crypto {

/// PRF(secret, label, seed) with P_<hash>; fills all of `out`. The seed is the concatenation of `seed` and `more`
/// (client_random and server_random, in the order that the use demands). `secret` as a key made once, so that the
/// master secret's pads are hashed once.
void prf12(const HmacKey& secret, std::string_view label, Bytes seed, Bytes more, MutableBytes out) noexcept;

}  // namespace tls::crypto
