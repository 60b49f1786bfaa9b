// What an adapter gives to PublicKey: one key that verifies.
#pragma once

#include <memory>

#include "crypto/spki.h"

namespace tls::crypto {

/// Immutable; safe to share between threads.
class KeyVerifier {
 public:
  virtual ~KeyVerifier() = default;
  /// Whether `signature` over `message` (not hashed yet) is the key's. The scheme fits the key. Never throws.
  [[nodiscard]] virtual bool verify(SignatureScheme scheme, Bytes message, Bytes signature) const noexcept = 0;
};
using KeyVerifierPtr = std::unique_ptr<const KeyVerifier>;

}  // namespace tls::crypto
