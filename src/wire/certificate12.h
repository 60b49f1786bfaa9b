// Certificate of TLS 1.2 (RFC 5246 §7.4.2).
#pragma once

#include "base/limits.h"
#include "tls/error.h"
#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct Certificate12 {
  static constexpr HandshakeType kType = HandshakeType::certificate;

  FixedList<Opaque, limits::kMaxCertificates> certificate_list;  ///< DER, leaf first. A client's list may be empty

  /// Fails with decode_error or certificate_list_too_long.
  static Result<Certificate12> parse(Bytes body);
  void encode(Writer& w) const;
  friend bool operator==(const Certificate12&, const Certificate12&) = default;
};

}  // namespace tls::wire
