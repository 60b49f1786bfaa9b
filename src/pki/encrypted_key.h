// EncryptedPrivateKeyInfo (RFC 5958 §3): PKCS#8 under a password.
#pragma once

#include <string>

#include "pki/password_encryption.h"
#include "pki/pem.h"

namespace tls::pki {

/// PKCS#8 in block.der, out of the DER of an EncryptedPrivateKeyInfo. `what` is for PasswordRequest. Fails as
/// parse_password_encryption() and decrypt() do; what is decrypted and is no PKCS#8 is kWrongPassword, too. Wipes all
/// that it copies of password and key.
[[nodiscard]] Result<PemBlock> decrypt_pkcs8(Bytes encrypted, KeyContainer container, PasswordAsker& asker,
                                             const std::string& what);

}  // namespace tls::pki
