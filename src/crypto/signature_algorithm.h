// What a signature is made with, apart from any one key: what certificates and the schemes of TLS have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "crypto/spki.h"

namespace tls::crypto {

enum class SignatureKind : std::uint8_t { rsa_pkcs1, rsa_pss, ecdsa, ed25519 };

struct SignatureAlgorithm {
  SignatureKind kind{};
  SchemeHash hash{};       ///< of the message; SHA-512 for Ed25519, which hashes by itself
  SchemeHash mgf1_hash{};  ///< of RSASSA-PSS's mask generation function; otherwise the same as `hash`
  std::size_t salt = 0;    ///< RSASSA-PSS: bytes of the salt, neither more nor less

  friend bool operator==(const SignatureAlgorithm&, const SignatureAlgorithm&) = default;
};

/// What a scheme of the table signs with; an ECDSA scheme's curve is not part of it.
[[nodiscard]] SignatureAlgorithm algorithm_of(SignatureScheme scheme) noexcept;

}  // namespace tls::crypto
