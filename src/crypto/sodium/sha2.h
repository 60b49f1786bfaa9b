// SHA-256 and SHA-384 by libsodium: run everywhere.
#pragma once

#include <initializer_list>
#include <span>

#include "crypto/hash.h"

namespace tls::crypto::sodium {

extern const HashImpl kSha256;  ///< "sha256-sodium"
extern const HashImpl kSha384;  ///< "sha384-sodium": SHA-512 from other initial values, cut (FIPS 180-4 §6.5)

/// SHA-512 of the parts, one behind the other.
void sha512(std::initializer_list<Bytes> parts, std::span<std::uint8_t, 64> out) noexcept;

}  // namespace tls::crypto::sodium
