// ServerKeyExchange of the ECDHE suites of TLS 1.2 (RFC 8422 §5.4).
#pragma once

#include "tls/error.h"
#include "wire/types.h"
#include "wire/views.h"

namespace tls::wire {

struct ServerKeyExchange {
  static constexpr HandshakeType kType = HandshakeType::server_key_exchange;

  // ServerECDHParams
  NamedGroup namedcurve{};
  Opaque point;  ///< ECPoint, 1 to 255 bytes
  // DigitallySigned (RFC 5246 §4.7)
  SignatureScheme algorithm{};
  Opaque signature;

  /// Fails with decode_error, and with illegal_parameter if the curve is not a named curve (RFC 8422 §5.4).
  static Result<ServerKeyExchange> parse(Bytes body);
  void encode(Writer& w) const;
  /// Writes the ServerECDHParams alone. The signature covers them, after both randoms. They have one encoding, so these
  /// bytes equal the bytes that were parsed.
  void encode_params(Writer& w) const;
  friend bool operator==(const ServerKeyExchange&, const ServerKeyExchange&) = default;
};

}  // namespace tls::wire
