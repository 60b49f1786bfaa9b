// What an adapter gives to PublicKey: one key that verifies.
#pragma once

#include <memory>

#include "crypto/signature_algorithm.h"
#include "tls/error.h"

namespace tls::crypto {

/// Immutable; safe to share between threads.
class KeyVerifier {
 public:
  virtual ~KeyVerifier() = default;
  /// Whether `signature` over `message` (not hashed yet) is the key's. False for a kind that the key does not have.
  /// ECDSA signatures are DER, others plain octets. Throws std::bad_alloc if memory runs out: that must not be
  /// taken for a wrong signature, because verdicts are remembered.
  [[nodiscard]] virtual bool verify(const SignatureAlgorithm& algorithm, Bytes message, Bytes signature) const = 0;
  /// The same of a message of which the digest by `algorithm.hash` alone is at hand. False for Ed25519, whose
  /// signatures need the message. Throws as verify() does.
  [[nodiscard]] virtual bool verify_digest(const SignatureAlgorithm& algorithm, Bytes digest,
                                           Bytes signature) const = 0;
};
using KeyVerifierPtr = std::unique_ptr<const KeyVerifier>;

}  // namespace tls::crypto
