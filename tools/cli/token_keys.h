// Keys in PKCS#11 tokens, as --key names them.
#pragma once

#include <memory>
#include <string>

#include "tls/credentials.h"

namespace sallyport::cli {

/// The key that a PKCS#11 URI names (RFC 7512). Its PIN is in the file that the URI names by pin-source, else in the
/// environment as SALLYPORT_PKCS11_PIN. One that is in use already is shared. Failure(kUsage) or Failure(kIo).
[[nodiscard]] std::shared_ptr<const tls::SigningKey> token_key(const std::string& uri);

}  // namespace sallyport::cli
