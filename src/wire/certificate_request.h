// CertificateRequest of TLS 1.3 (RFC 9846 §4.4.2).
#pragma once

#include <optional>

#include "wire/entries.h"
#include "wire/extension.h"

namespace tls::wire {

struct CertificateRequest {
  static constexpr HandshakeType kType = HandshakeType::certificate_request;

  Opaque certificate_request_context;        ///< 0 to 255 bytes. Empty in the main handshake
  SignatureSchemeList signature_algorithms;  ///< mandatory, not empty
  std::optional<SignatureSchemeList> signature_algorithms_cert;
  std::optional<DistinguishedNameList> certificate_authorities;
  bool status_request = false;  ///< the server asks for an OCSP response
  bool signed_certificate_timestamp = false;

  /// Ignores extensions that it does not recognise. Fails with decode_error, bad_extension, duplicate_extension or
  /// extension_not_allowed, and with missing_extension if signature_algorithms is missing.
  static Result<CertificateRequest> parse(Bytes body);
  void encode(Writer& w) const;

  /// Returns the extensions that the client's Certificate may contain as an answer.
  [[nodiscard]] ExtensionSet offered() const noexcept;
  friend bool operator==(const CertificateRequest&, const CertificateRequest&) = default;
};

}  // namespace tls::wire
