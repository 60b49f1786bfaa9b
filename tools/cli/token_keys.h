// Keys in PKCS#11 tokens, as --key names them.
#pragma once

#include <memory>
#include <string>

#include "cli/key_passwords.h"
#include "tls/credentials.h"

namespace sallyport::cli {

/// The key that a PKCS#11 URI names (RFC 7512). Its PIN comes from `pin`, from the file that the URI names by
/// pin-source, or from SALLYPORT_PKCS11_PIN in the environment: from one of them, or none. One that is in use already
/// is shared, with the PIN that it has. Failure(kUsage) or Failure(kIo).
[[nodiscard]] std::shared_ptr<const tls::SigningKey> token_key(const std::string& uri, const PinSource& pin);

}  // namespace sallyport::cli
