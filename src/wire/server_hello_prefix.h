// The fields before the extensions, which ServerHello and HelloRetryRequest share (RFC 9846 §4.2.3).
#pragma once

#include "tls/error.h"
#include "wire/client_hello.h"

namespace tls::wire {

struct ServerHelloPrefix {
  ProtocolVersion legacy_version{};
  HelloRandom random{};
  Opaque legacy_session_id_echo;
  CipherSuite cipher_suite{};
  Bytes extensions;  ///< the block without its length prefix. Empty if there is none

  /// Fails with decode_error or bad_compression.
  static Result<ServerHelloPrefix> parse(Bytes body);
  /// Writes all fields except the extensions.
  void encode(Writer& w) const;
};

}  // namespace tls::wire
