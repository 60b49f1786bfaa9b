// Which keys and signatures are good enough, decided from their DER before any arithmetic is done with them.
#pragma once

#include <optional>
#include <string_view>

#include "base/limits.h"
#include "crypto/signature.h"
#include "pki/certificate.h"
#include "tls/credentials.h"
#include "tls/error.h"
#include "tls/info.h"

namespace tls::pki {

/// Who holds a certificate, for its purpose.
enum class Role : std::uint8_t { server, client };

/// The kind of the certificate's key as TLS knows it; nullopt when it is malformed or of another kind (Ed448, say).
[[nodiscard]] std::optional<KeyKind> key_kind(const Certificate& certificate) noexcept;

/// RSA of `min_rsa_bits` to limits::kMaxRsaBits with a small odd exponent, ECDSA on P-256, P-384 or P-521, Ed25519.
/// Fails with unsupported_certificate, or with bad_certificate when the key is malformed. What passes has a bounded
/// cost to verify with.
[[nodiscard]] Result<void> check_key(const Certificate& certificate, std::size_t min_rsa_bits = limits::kMinRsaBits);

/// RFC 5280 §4.2: every critical extension is understood. Fails with unknown_critical_extension.
[[nodiscard]] Result<void> check_critical_extensions(const Certificate& certificate);

/// A signature with SHA-256, SHA-384, SHA-512 or Ed25519. Fails with weak_certificate_signature.
[[nodiscard]] Result<void> check_signature_algorithm(const Certificate& certificate);

/// The scheme of the certificate's own signature, where TLS has one: for ECDSA by its hash, for RSASSA-PSS as rsae.
[[nodiscard]] std::optional<SignatureScheme> signature_scheme(const Certificate& certificate) noexcept;

/// Whether the certificate was signed with `key`, the key of its issuer. check_signature_algorithm() has accepted it.
[[nodiscard]] bool verify_signature(const Certificate& certificate, const crypto::PublicKey& key);

/// RFC 9846 §4.5.1.2: a leaf that signs in TLS has a keyUsage with digitalSignature, or none. Fails with
/// certificate_purpose.
[[nodiscard]] Result<void> check_may_sign(const Certificate& leaf);

/// A leaf for `role`: check_may_sign(), and extKeyUsage, if present, has the role's purpose. Fails with
/// certificate_purpose.
[[nodiscard]] Result<void> check_leaf_usage(const Certificate& leaf, Role role);

/// Words to end a refusal of a chain with, when its first certificate is an authority's; else empty.
[[nodiscard]] std::string_view order_hint(const Certificate& first) noexcept;

}  // namespace tls::pki
