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

struct KeyAlgorithm {
  KeyKind kind{};
  std::optional<SchemeHash> pss_hash;  ///< id-RSASSA-PSS with parameters: the one hash that may be used
};

/// Takes an AlgorithmIdentifier (RFC 5280 §4.1.1.2). Fails with `malformed` when it cannot be parsed and with
/// `unsupported` for other algorithms, curves and PSS parameters.
[[nodiscard]] Result<KeyAlgorithm> read_key_algorithm(DerReader& reader, Code malformed, Code unsupported);

/// The hash that RSASSA-PSS-params (RFC 4055 §3.1) demand: `reader` stands at them. None when they ask for something
/// that no scheme of TLS does (SHA-1, another hash in MGF1, a salt longer than the hash).
[[nodiscard]] std::optional<SchemeHash> read_pss_parameters(DerReader& reader) noexcept;

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
/// Fails with `code`, and words, for a modulus (big-endian, no leading zeros) outside `min_bits` to kMaxRsaBits.
[[nodiscard]] Result<void> check_rsa_size(Bytes modulus, std::size_t min_bits, Code code);

}  // namespace tls::crypto
