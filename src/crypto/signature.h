// Signature schemes as rows of a table, and public keys that verify.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "tls/bytes.h"
#include "tls/credentials.h"
#include "tls/error.h"
#include "tls/info.h"

namespace tls::crypto {

struct SchemeFacts {
  SignatureScheme id;
  std::string_view name;          ///< IANA
  std::string_view openssl_name;
  KeyKind key;                    ///< the kind of public key that it fits in TLS 1.3 (ECDSA: curve and all)
  bool tls13_handshake;           ///< may sign a TLS 1.3 CertificateVerify (RFC 9846 §4.3.3): no rsa_pkcs1
};

[[nodiscard]] std::span<const SchemeFacts> all_schemes() noexcept;
[[nodiscard]] const SchemeFacts* find_scheme(SignatureScheme id) noexcept;

/// A public key taken from a certificate.
class PublicKey {
 public:
  /// `spki`: DER of a SubjectPublicKeyInfo. Fails with unsupported_certificate or bad_certificate.
  static Result<PublicKey> from_spki(Bytes spki);
  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;
  ~PublicKey();
  [[nodiscard]] KeyKind kind() const noexcept;
  /// RFC 9846 §4.5.2: fails with wrong_signature_scheme when the scheme does not fit the key, with bad_signature when
  /// the signature does not verify.
  [[nodiscard]] Result<void> verify(SignatureScheme scheme, Bytes message, Bytes signature) const;

 private:
  struct Impl;
  explicit PublicKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tls::crypto
