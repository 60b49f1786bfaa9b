// Which keys and signatures are good enough, decided from their DER before any arithmetic is done with them.
#pragma once

#include <optional>

#include "base/limits.h"
#include "crypto/signature.h"
#include "pki/certificate.h"
#include "tls/credentials.h"
#include "tls/error.h"
#include "tls/info.h"

namespace tls::pki {

/// Who holds a certificate, for its purpose.
enum class Role : std::uint8_t { server, client };

/// The kind of the certificate's key as TLS knows it; nullopt when TLS has no signature scheme for it (P-521, Ed448).
[[nodiscard]] std::optional<KeyKind> key_kind(const Certificate& certificate) noexcept;

/// RSA of `min_rsa_bits` to limits::kMaxRsaBits with a small odd exponent, ECDSA on named curves, Ed25519. Fails with
/// unsupported_certificate. What passes has a bounded cost to verify with.
[[nodiscard]] Result<void> check_key(const Certificate& certificate, std::size_t min_rsa_bits = limits::kMinRsaBits);

/// RFC 5280 §4.2: every critical extension is understood. Fails with unknown_critical_extension.
[[nodiscard]] Result<void> check_critical_extensions(const Certificate& certificate);

/// A signature with SHA-256, SHA-384, SHA-512 or Ed25519. Fails with weak_certificate_signature.
[[nodiscard]] Result<void> check_signature_algorithm(const Certificate& certificate);

/// The scheme of the certificate's own signature, where TLS has one: for ECDSA by its hash, for RSASSA-PSS as rsae.
[[nodiscard]] std::optional<SignatureScheme> signature_scheme(const Certificate& certificate) noexcept;

/// Whether the certificate was signed with `key`, the key of its issuer. check_signature_algorithm() has accepted it.
[[nodiscard]] bool verify_signature(const Certificate& certificate, const crypto::PublicKey& key);

/// RFC 9846 §4.5.1.2: a leaf that signs in TLS. keyUsage, if present, allows digitalSignature; extKeyUsage, if present,
/// has the role's purpose. Fails with certificate_purpose.
[[nodiscard]] Result<void> check_leaf_usage(const Certificate& leaf, Role role);

}  // namespace tls::pki
