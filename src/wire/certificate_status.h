// CertificateStatus (RFC 6066 §8): a message of TLS 1.2, and the body of status_request in TLS 1.3's Certificate
// (RFC 9846 §4.5.1.1).
#pragma once

#include "tls/error.h"
#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct CertificateStatus {
  static constexpr HandshakeType kType = HandshakeType::certificate_status;

  Opaque response;  ///< OCSPResponse, DER, 1 byte or more

  /// Fails with decode_error, also if status_type is not ocsp, which is the only type that we request.
  static Result<CertificateStatus> parse(Bytes body);
  void encode(Writer& w) const;
  friend bool operator==(const CertificateStatus&, const CertificateStatus&) = default;
};

}  // namespace tls::wire
