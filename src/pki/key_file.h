// Private keys in files: PKCS#8, SEC1 and PKCS#1, all turned into PKCS#8.
#pragma once

#include "pki/pem.h"
#include "tls/error.h"

namespace tls::pki {

/// The first private key of `pem` as PKCS#8 (RFC 5958) in block.der. Accepts "PRIVATE KEY", "EC PRIVATE KEY" (RFC 5915,
/// with its curve) and "RSA PRIVATE KEY" (RFC 8017 §A.1.2). Fails with bad_key_file when there is none or it is
/// encrypted.
[[nodiscard]] Result<PemBlock> load_private_key(std::string_view pem);

}  // namespace tls::pki
