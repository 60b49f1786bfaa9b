// What a file of DER holds, told by its outermost elements: labels and file names may say something else.
#pragma once

#include <cstdint>
#include <string_view>

#include "tls/bytes.h"

namespace tls::pki {

enum class DerKind : std::uint8_t {
  certificate,      ///< Certificate (RFC 5280 §4.1), or a CertificateList: SEQUENCE, SEQUENCE, BIT STRING
  request,          ///< CertificationRequest (RFC 2986 §4)
  public_key,       ///< SubjectPublicKeyInfo: SEQUENCE, BIT STRING
  pkcs8,            ///< PrivateKeyInfo or OneAsymmetricKey (RFC 5958 §2), whatever the algorithm
  encrypted_pkcs8,  ///< EncryptedPrivateKeyInfo (RFC 5958 §3)
  pkcs1,            ///< RSAPrivateKey (RFC 8017 A.1.2) of two primes
  pkcs1_multiprime,
  sec1,    ///< ECPrivateKey (RFC 5915 §3)
  dsa,     ///< OpenSSL's DSA keys: version 0 and five INTEGERs
  pkcs7,   ///< ContentInfo (RFC 5652 §3)
  pkcs12,  ///< PFX (RFC 7292 §4)
  unknown
};

/// The kind of `der`, one element and nothing behind it; unknown otherwise. Looks at tags, versions and lengths, and
/// not at the octets of keys. The contents are not checked any further.
[[nodiscard]] DerKind der_kind(Bytes der) noexcept;

/// True when `text` is DER and not PEM: one SEQUENCE, and nothing before or behind it.
[[nodiscard]] bool is_der(std::string_view text) noexcept;

/// What a user is to do with what is neither a certificate nor a private key in the clear: words that follow "it is ".
/// Empty for certificate, pkcs8, pkcs1 and sec1.
[[nodiscard]] std::string_view advice_for(DerKind kind) noexcept;

}  // namespace tls::pki
