// AES-GCM by Botan: runs everywhere.
#pragma once

#include "crypto/aead.h"

namespace tls::crypto::botan {

extern const AeadImpl kAes128Gcm;  ///< "aes-128-gcm-botan"
extern const AeadImpl kAes256Gcm;  ///< "aes-256-gcm-botan"

}  // namespace tls::crypto::botan
