// How schemes of TLS are signed by PKCS#11: mechanisms, what they are given, and what becomes of what they give.
#pragma once

#include <p11-kit/pkcs11.h>

#include <optional>
#include <span>
#include <vector>

#include "tls/credentials.h"

namespace tls::pkcs11 {

/// One way to sign.
struct Way {
  CK_MECHANISM_TYPE mechanism = 0;
  CK_RSA_PKCS_PSS_PARAMS pss{};  ///< hashAlg 0: the mechanism takes no parameters
  enum class Input : std::uint8_t { message, digest, digest_info } input = Input::message;
  std::size_t curve = 0;  ///< bytes of r and of s; 0: the signature is as TLS carries it
};

/// The first way of `scheme` for a key of that kind whose mechanism is in `offered`. Nothing: there is none.
[[nodiscard]] std::optional<Way> way_of(SignatureScheme scheme, KeyKind kind,
                                        std::span<const CK_MECHANISM_TYPE> offered) noexcept;

/// What C_Sign is given.
[[nodiscard]] std::vector<std::uint8_t> input_of(const Way& way, SignatureScheme scheme, Bytes message);

/// The signature as TLS carries it: Ecdsa-Sig-Value (RFC 3279 §2.2.3) where C_Sign gave r and s. Nothing: it is none.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> output_of(const Way& way, Bytes signature);

/// The kind of an EC or Edwards key by its CKA_EC_PARAMS: the OID of a curve, or the name of an Edwards one.
[[nodiscard]] std::optional<KeyKind> kind_of_curve(Bytes parameters) noexcept;

}  // namespace tls::pkcs11
