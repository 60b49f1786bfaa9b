// What SIGN and VERIFY cases have in common: which scheme of TLS does what the case asks for.
#pragma once

#include <variant>

#include "tls/info.h"
#include "vectors/registry.h"

namespace tls::vectors {

/// A scheme, and the version in which it does that (TLS 1.2 joins any curve with any hash).
struct SchemeUse {
  SignatureScheme scheme;
  ProtocolVersion version;
};

/// By `algorithm`: a scheme's name, or "ECDSA", "RSA-PKCS1", "RSA-PSS", "RSA-PSS-KEY" (id-RSASSA-PSS) with the values
/// `hash` and, as it applies, `curve`, `mgf_hash` and `salt_size`. Words when TLS has no such scheme.
[[nodiscard]] std::variant<SchemeUse, std::string> scheme_of(const Case& c);

/// The curve of an ECDSA case: "secp256r1", "secp384r1" or "secp521r1".
[[nodiscard]] std::string curve_of(const Case& c);

/// `signature`, or from `r` and `s` what TLS carries.
[[nodiscard]] ByteVector signature_of(const Case& c);

}  // namespace tls::vectors
