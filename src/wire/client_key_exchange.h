// ClientKeyExchange of the ECDHE suites of TLS 1.2 (RFC 8422 §5.7).
#pragma once

#include "tls/error.h"
#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct ClientKeyExchange {
  static constexpr HandshakeType kType = HandshakeType::client_key_exchange;

  Opaque ecdh_Yc;  ///< ECPoint, 1 to 255 bytes

  /// Fails with decode_error.
  static Result<ClientKeyExchange> parse(Bytes body);
  void encode(Writer& w) const;
  friend bool operator==(const ClientKeyExchange&, const ClientKeyExchange&) = default;
};

}  // namespace tls::wire
