// SHA-256 and SHA-384 by libsodium: run everywhere.
#pragma once

#include "crypto/hash.h"

namespace tls::crypto::sodium {

extern const HashImpl kSha256;  ///< "sha256-sodium"
extern const HashImpl kSha384;  ///< "sha384-sodium": SHA-512 from other initial values, cut (FIPS 180-4 §6.5)

}  // namespace tls::crypto::sodium
