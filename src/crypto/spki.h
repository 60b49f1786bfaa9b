// Which key an AlgorithmIdentifier announces: what SubjectPublicKeyInfo and PKCS#8 share.
#pragma once

#include <optional>

#include "crypto/der.h"
#include "tls/credentials.h"

namespace tls::crypto {

/// The hash of a signature scheme, and what an id-RSASSA-PSS key may be restricted to.
enum class SchemeHash : std::uint8_t { sha256, sha384, sha512 };
/// Bytes of that hash, which are the bytes of the PSS salt too (RFC 9846 §4.3.3).
[[nodiscard]] constexpr std::size_t size(SchemeHash hash) noexcept {
  return hash == SchemeHash::sha256 ? 32 : hash == SchemeHash::sha384 ? 48 : 64;
}
/// The hash of a scheme of the table; SHA-512 for Ed25519, which hashes by itself.
[[nodiscard]] SchemeHash hash_of(SignatureScheme scheme) noexcept;

/// RSASSA-PSS-params (RFC 4055 §3.1). The trailer field has one value.
struct PssParameters {
  SchemeHash hash{};
  SchemeHash mgf1_hash{};
  std::size_t salt = 20;  ///< bytes: of a signature exactly, of a key the least that may be used
};
/// Takes RSASSA-PSS-params. Fails with `malformed` when they are not DER, and with `unsupported` and words when they
/// ask for another hash than SHA-256, SHA-384 and SHA-512 (absent means SHA-1), another mask generation function than
/// MGF1 or another trailer. The salt may have any length: a modulus that is too small for it verifies nothing.
[[nodiscard]] Result<PssParameters> read_pss_parameters(DerReader& reader, Code malformed, Code unsupported);

struct KeyAlgorithm {
  KeyKind kind{};
  std::optional<PssParameters> pss;  ///< of id-RSASSA-PSS: what the key is restricted to; none: any parameters
};

/// Takes an AlgorithmIdentifier (RFC 5280 §4.1.1.2). Fails with `malformed` when it cannot be parsed and with
/// `unsupported` for other algorithms, curves and PSS parameters.
[[nodiscard]] Result<KeyAlgorithm> read_key_algorithm(DerReader& reader, Code malformed, Code unsupported);

/// A SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) in pieces; `key` points into the DER that was parsed.
struct SubjectPublicKey {
  KeyAlgorithm algorithm;
  Bytes key;  ///< the contents of the BIT STRING: a point, an RSAPublicKey, or an Ed25519 key
};
[[nodiscard]] Result<SubjectPublicKey> read_spki(Bytes der);

/// Modulus and exponent of an RSAPublicKey (RFC 8017 A.1.1), checked against our limits. Big-endian, no leading zeros.
struct RsaNumbers {
  Bytes modulus, exponent;
};
[[nodiscard]] Result<RsaNumbers> read_rsa_public_key(Bytes der, std::size_t min_bits);
/// Fails, with words: with `unsupported` for a modulus outside `min_bits` to kMaxRsaBits and an exponent above
/// kMaxRsaExponentBits, with `malformed` when one of them is even or the exponent is 1.
[[nodiscard]] Result<void> check_rsa_numbers(const RsaNumbers& numbers, std::size_t min_bits, Code malformed,
                                             Code unsupported);

}  // namespace tls::crypto
