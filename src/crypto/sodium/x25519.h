// X25519 (RFC 7748 §6.1) by libsodium.
#pragma once

#include "crypto/dh_group.h"

namespace tls::crypto::sodium {

inline constexpr std::size_t kX25519Size = 32;  // bytes of scalar, share and secret

Result<KeySharePrivate> x25519_generate(Random& random, MutableBytes share);
Result<SharedSecret> x25519_finish(KeySharePrivate&& key, Bytes share);

inline constexpr GroupImpl kX25519 =
    dh_group<x25519_generate, x25519_finish>(NamedGroup::x25519, "x25519", kX25519Size, kX25519Size);

}  // namespace tls::crypto::sodium
