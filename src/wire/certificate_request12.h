// CertificateRequest of TLS 1.2 (RFC 5246 §7.4.4).
#pragma once

#include "tls/error.h"
#include "wire/entries.h"

namespace tls::wire {

/// ClientCertificateType (RFC 5246 §7.4.4, RFC 8422 §5.5).
enum class ClientCertificateType : std::uint8_t { rsa_sign = 1, ecdsa_sign = 64 };

struct CertificateRequest12 {
  static constexpr HandshakeType kType = HandshakeType::certificate_request;

  Opaque certificate_types;                            ///< 1 to 255 values of ClientCertificateType
  SignatureSchemeList supported_signature_algorithms;  ///< not empty
  DistinguishedNameList certificate_authorities;       ///< may be empty

  /// Fails with decode_error.
  static Result<CertificateRequest12> parse(Bytes body);
  void encode(Writer& w) const;

  [[nodiscard]] bool accepts(ClientCertificateType type) const noexcept;
  friend bool operator==(const CertificateRequest12&, const CertificateRequest12&) = default;
};

}  // namespace tls::wire
