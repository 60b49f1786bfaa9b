// Keys that are kept elsewhere, as --key names them: keyserver:PATH#NAME, pkcs11:... (RFC 7512).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/key_passwords.h"
#include "cli/settings.h"
#include "cli/shared.h"
#include "tls/credentials.h"

namespace sallyport::cli {

/// Whether `key`, the words of a --key, name a key that is kept elsewhere, and not a file.
[[nodiscard]] bool is_far_key(const std::string& key);

/// The key itself. `pin` is that of a token. Key servers and modules that are in use already are shared: a reload opens
/// no second one. Waits for them. Failure(kUsage) for words that cannot be, Failure(kIo) when the key is not to be had.
[[nodiscard]] std::shared_ptr<const tls::SigningKey> far_key(const std::string& key, const PinSource& pin);

/// The chain in the file `cert` with such a key, which has signed once: it belongs to the leaf. A key server counts
/// that signature. Null: `key` names a file. Failure(kUsage) or Failure(kIo).
[[nodiscard]] tls::CredentialPtr far_credential(const std::string& cert, const std::string& key, const PinSource& pin,
                                                Side side);

/// Answers the signatures of such keys, and hands all else to `next`, which may be empty.
[[nodiscard]] Answerer with_far_keys(Answerer next);

}  // namespace sallyport::cli
