// Certificate of TLS 1.3 (RFC 9846 §4.5.1).
#pragma once

#include <optional>

#include "base/limits.h"
#include "wire/extension.h"
#include "wire/types.h"

namespace tls::wire {

struct CertificateEntry {
  Opaque cert_data;                      ///< DER of an X.509 certificate, 1 byte or more
  std::optional<Opaque> status_request;  ///< OCSPResponse, DER
  std::optional<Opaque>
      signed_certificate_timestamp;  ///< SignedCertificateTimestampList of RFC 6962, with its length prefix
  friend bool operator==(const CertificateEntry&, const CertificateEntry&) = default;
};

struct Certificate {
  static constexpr HandshakeType kType = HandshakeType::certificate;

  Opaque certificate_request_context;                                      ///< 0 to 255 bytes
  FixedList<CertificateEntry, limits::kMaxCertificates> certificate_list;  ///< leaf first. A client's list may be empty

  /// `offered` is the set of extensions of the ClientHello, or of the CertificateRequest that this message answers.
  /// Fails with decode_error, bad_extension, duplicate_extension, extension_not_allowed, unsolicited_extension or
  /// certificate_list_too_long.
  static Result<Certificate> parse(Bytes body, ExtensionSet offered);
  void encode(Writer& w) const;
  friend bool operator==(const Certificate&, const Certificate&) = default;
};

}  // namespace tls::wire
