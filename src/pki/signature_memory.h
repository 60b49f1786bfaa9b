// The signatures on certificates that one search has verified.
#pragma once

#include <vector>

#include "base/limits.h"
#include "crypto/signature.h"
#include "pki/certificate.h"
#include "pki/path_validation.h"
#include "pki/verification_store.h"

namespace tls::pki {

/// Verifies signatures on certificates, each pair of certificate and issuer key once, and at most
/// limits::kMaxVerifications in all. Keys are compared by their SubjectPublicKeyInfo: two certificates of one key are
/// one issuer. What is in `store`, where there is one, is not verified again, and counts all the same. The certificates
/// outlive it.
class SignatureMemory {
 public:
  explicit SignatureMemory(VerificationStore* store = nullptr) : store_(store) {}

  enum class Verdict : std::uint8_t { good, bad, exhausted };
  /// Whether `subject` was signed with the key of `issuer`; `key` is that key where it is at hand, else null: it is
  /// made, once, from the certificate, whose key check_key() has accepted.
  Verdict verify(const Certificate& subject, const Certificate& issuer, const crypto::PublicKey* key);
  /// True when the pair was verified before and is bad.
  [[nodiscard]] bool known_bad(const Certificate& subject, const Certificate& issuer) const noexcept;
  /// Why no key could be made of an issuer that verify() has met; null: one could, or none was needed.
  [[nodiscard]] const Error* key_error(const Certificate& issuer) const noexcept;
  /// Under what the signatures on a path are remembered: those that verify() found good, and none without a store.
  [[nodiscard]] std::vector<MemoryKey> keys_of(Path path) const;
  [[nodiscard]] std::size_t count() const noexcept { return verified_.size(); }

 private:
  struct Pair {
    const Certificate* subject;
    Bytes issuer_key;  ///< SubjectPublicKeyInfo
    bool good;
    MemoryKey key;  ///< set where there is a store
  };
  struct Key {
    Bytes info;  ///< SubjectPublicKeyInfo
    Result<crypto::PublicKey> key;
  };
  [[nodiscard]] const Pair* find(const Certificate& subject, const Certificate& issuer) const noexcept;
  [[nodiscard]] const crypto::PublicKey* key_of(const Certificate& issuer);

  VerificationStore* store_;
  std::vector<Pair> verified_;
  std::vector<Key> keys_;
};

}  // namespace tls::pki
