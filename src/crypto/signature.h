// Signature schemes as rows of a table, and public keys that verify.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/limits.h"
#include "crypto/signature_algorithm.h"
#include "tls/bytes.h"
#include "tls/credentials.h"
#include "tls/error.h"
#include "tls/info.h"

namespace tls::crypto {

struct SchemeFacts {
  SignatureScheme id;
  std::string_view name;  ///< IANA
  std::string_view openssl_name;
  KeyKind key;           ///< the kind of public key that it fits in TLS 1.3 (ECDSA: curve and all)
  bool tls13_handshake;  ///< may sign a TLS 1.3 CertificateVerify (RFC 9846 §4.3.3): no rsa_pkcs1
};

[[nodiscard]] std::span<const SchemeFacts> all_schemes() noexcept;
[[nodiscard]] const SchemeFacts* find_scheme(SignatureScheme id) noexcept;
/// The curve of an ECDSA key.
[[nodiscard]] std::optional<NamedGroup> curve_of(KeyKind key) noexcept;
/// Whether a key of that kind can sign with that scheme. In TLS 1.2 an ECDSA scheme names the hash alone and fits all
/// curves (RFC 9846 §4.3.3). False for a scheme that is not in the table.
[[nodiscard]] bool fits(SignatureScheme scheme, KeyKind key, ProtocolVersion version = ProtocolVersion::tls13) noexcept;

/// A public key taken from a certificate. Immutable: may be shared between threads.
class PublicKey {
 public:
  /// `spki`: DER of a SubjectPublicKeyInfo. Fails with bad_certificate when it is malformed or the point is not on its
  /// curve, with unsupported_certificate for other algorithms and curves, compressed points, and RSA keys outside
  /// limits::kMinRsaBits to kMaxRsaBits.
  /// `min_rsa_bits` is there to replay old traces (RFC 8448 has a key of 1024 bits).
  static Result<PublicKey> from_spki(Bytes spki, std::size_t min_rsa_bits = limits::kMinRsaBits);
  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;
  ~PublicKey();
  [[nodiscard]] KeyKind kind() const noexcept;
  /// RFC 9846 §4.5.2: fails with wrong_signature_scheme when the scheme does not fit the key, with bad_signature when
  /// the signature does not verify. `message` is not hashed yet; `version` decides what fits (see fits()).
  [[nodiscard]] Result<void> verify(SignatureScheme scheme, Bytes message, Bytes signature,
                                    ProtocolVersion version = ProtocolVersion::tls13) const;

 private:
  struct Impl;
  explicit PublicKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tls::crypto
