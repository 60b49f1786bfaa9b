// CertificateRequest of TLS 1.3 (RFC 9846 §4.4.2).
#pragma once

#include <optional>

#include "wire/entries.h"
#include "wire/extension.h"

namespace tls::wire {

struct CertificateRequest {
  static constexpr HandshakeType kType = HandshakeType::certificate_request;

  Opaque certificate_request_context;        ///< 0 to 255 bytes; empty in the main handshake
  SignatureSchemeList signature_algorithms;  ///< mandatory, not empty
  std::optional<SignatureSchemeList> signature_algorithms_cert;
  std::optional<DistinguishedNameList> certificate_authorities;
  bool status_request = false;  ///< an OCSP response is asked for
  bool signed_certificate_timestamp = false;

  /// Errors: decode_error, bad_extension, duplicate_extension, extension_not_allowed, missing_extension without
  /// signature_algorithms. Extensions that are not recognised are ignored.
  static Result<CertificateRequest> parse(Bytes body);
  void encode(Writer& w) const;

  /// The extensions that the client's Certificate may answer.
  [[nodiscard]] ExtensionSet offered() const noexcept;
  friend bool operator==(const CertificateRequest&, const CertificateRequest&) = default;
};

}  // namespace tls::wire
