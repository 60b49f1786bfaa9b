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

/// Whether a key that is restricted to `key` may be used with a signature of that algorithm. RFC 4055 §3.1: the hashes
/// are the key's own, and its salt length is the least.
/// RFC 9846 §4.3.3 calls for parameters "identical" to the key's; no salt but the hash's occurs in TLS, so that a key
/// with a smaller minimum, which every other use may exceed, could not be used at all. OpenSSL 3.0 reads it this way.
[[nodiscard]] bool permits(const PssParameters& key, const SignatureAlgorithm& algorithm) noexcept;

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
  /// Whether the key can verify such a signature: its kind is the algorithm's, and an id-RSASSA-PSS key verifies
  /// nothing but RSASSA-PSS with what its parameters restrict it to (RFC 4055 §3.1: these hashes, a salt of at least
  /// that length). Fails with bad_certificate and words. Takes no arithmetic: a search for an issuer may ask often.
  [[nodiscard]] Result<void> check_algorithm(const SignatureAlgorithm& algorithm) const;
  /// The signature over a certificate (RFC 5280 §4.1.1.3) or whatever else says its algorithm as a certificate does.
  /// `tbs`: what is signed, not hashed yet; `signature`: the contents of the BIT STRING. Fails with bad_certificate and
  /// words, as check_algorithm() does or because the signature does not verify.
  [[nodiscard]] Result<void> verify_certificate(const SignatureAlgorithm& algorithm, Bytes tbs, Bytes signature) const;
  /// The same of a large `tbs` that is gone, and of which the digest by `algorithm.hash` is left. No signature of
  /// Ed25519 verifies so: it needs the octets.
  [[nodiscard]] Result<void> verify_certificate_digest(const SignatureAlgorithm& algorithm, Bytes digest,
                                                       Bytes signature) const;

  /// Whether signatures of that scheme by this key can be verified: it fits the kind (see fits()) and the parameters of
  /// an id-RSASSA-PSS key.
  [[nodiscard]] bool allows(SignatureScheme scheme, ProtocolVersion version = ProtocolVersion::tls13) const noexcept;
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
