// CertificateVerify of both versions (RFC 9846 §4.5.2, RFC 5246 §7.4.8).
#pragma once

#include "tls/error.h"
#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct CertificateVerify {
  static constexpr HandshakeType kType = HandshakeType::certificate_verify;

  SignatureScheme algorithm{};
  Opaque signature;  ///< 0 to 2^16-1 bytes

  /// Fails with decode_error.
  static Result<CertificateVerify> parse(Bytes body);
  void encode(Writer& w) const;
  friend bool operator==(const CertificateVerify&, const CertificateVerify&) = default;
};

}  // namespace tls::wire
