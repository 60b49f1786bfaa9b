// What a signature is made with, apart from any one key: what certificates and the schemes of TLS have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/spki.h"
#include "tls/error.h"

namespace tls::crypto {

enum class SignatureKind : std::uint8_t { rsa_pkcs1, rsa_pss, ecdsa, ed25519 };

struct SignatureAlgorithm {
  SignatureKind kind{};
  SchemeHash hash{};       ///< of the message; SHA-512 for Ed25519, which hashes by itself
  SchemeHash mgf1_hash{};  ///< of RSASSA-PSS's mask generation function; otherwise the same as `hash`
  std::size_t salt = 0;    ///< RSASSA-PSS: bytes of the salt, neither more nor less

  friend bool operator==(const SignatureAlgorithm&, const SignatureAlgorithm&) = default;
};

/// Reads the contents octets of an AlgorithmIdentifier, as the signatureAlgorithm of a certificate, a CRL or an OCSP
/// response is one (RFC 5280 §4.1.1.2): RSASSA-PKCS1-v1_5 and ECDSA with SHA-256, SHA-384 or SHA-512, RSASSA-PSS with
/// parameters of these hashes, and Ed25519. Fails with bad_certificate when it is not DER or its parameters are not
/// those of the algorithm, and with unsupported_certificate for all others; the words name SHA-1, MD5 or the OID.
[[nodiscard]] Result<SignatureAlgorithm> read_signature_algorithm(Bytes contents);

/// What a scheme of the table signs with; an ECDSA scheme's curve is not part of it.
[[nodiscard]] SignatureAlgorithm algorithm_of(SignatureScheme scheme) noexcept;
/// The scheme by which TLS names such a signature on a certificate (RFC 9846 §4.3.3): for ECDSA by its hash, for
/// RSASSA-PSS rsa_pss_rsae. None for RSASSA-PSS with another salt than the hash's length or another hash in MGF1, for
/// which TLS has no name.
[[nodiscard]] std::optional<SignatureScheme> scheme_of(const SignatureAlgorithm& algorithm) noexcept;
/// For people: "ECDSA with SHA-256", "RSASSA-PSS with SHA-256 and a salt of 32 bytes".
[[nodiscard]] std::string describe(const SignatureAlgorithm& algorithm);
/// "SHA-256"
[[nodiscard]] std::string_view name(SchemeHash hash) noexcept;

}  // namespace tls::crypto
