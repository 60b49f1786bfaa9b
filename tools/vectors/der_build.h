// Puts keys and signatures that vectors give as numbers into the DER that the library takes.
#pragma once

#include <initializer_list>

#include "vectors/case.h"

namespace tls::vectors::der {

[[nodiscard]] ByteVector element(std::uint8_t tag, const ByteVector& contents);
[[nodiscard]] ByteVector sequence(std::initializer_list<ByteVector> elements);
/// A number, big-endian, that is not negative.
[[nodiscard]] ByteVector integer(const ByteVector& number);

/// Ecdsa-Sig-Value (RFC 3279 §2.2.3).
[[nodiscard]] ByteVector ecdsa_signature(const ByteVector& r, const ByteVector& s);
/// SubjectPublicKeyInfo of an RSA key, of a point on a named curve ("secp256r1", "secp384r1"), of an Ed25519 key.
[[nodiscard]] ByteVector rsa_spki(const ByteVector& modulus, const ByteVector& exponent);
[[nodiscard]] ByteVector ec_spki(std::string_view curve, const ByteVector& point);
[[nodiscard]] ByteVector ed25519_spki(const ByteVector& key);
/// PKCS#8 (RFC 5958) of a scalar, of a seed, of an RSAPrivateKey.
[[nodiscard]] ByteVector ec_pkcs8(std::string_view curve, const ByteVector& scalar);
[[nodiscard]] ByteVector ed25519_pkcs8(const ByteVector& seed);
[[nodiscard]] ByteVector rsa_pkcs8(const ByteVector& rsa_private_key);

/// `number` in exactly `size` bytes: leading zeros go or come. BadVector when it does not fit.
[[nodiscard]] ByteVector resized(const ByteVector& number, std::size_t size);

}  // namespace tls::vectors::der
