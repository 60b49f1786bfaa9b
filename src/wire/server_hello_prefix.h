// What ServerHello and HelloRetryRequest share: the fields before the extensions (RFC 9846 §4.2.3).
#pragma once

#include "tls/error.h"
#include "wire/client_hello.h"

namespace tls::wire {

struct ServerHelloPrefix {
  ProtocolVersion legacy_version{};
  HelloRandom random{};
  Opaque legacy_session_id_echo;
  CipherSuite cipher_suite{};
  Bytes extensions;  ///< the block without its length prefix; empty when there is none

  /// Errors: decode_error, bad_compression.
  static Result<ServerHelloPrefix> parse(Bytes body);
  /// All but the extensions.
  void encode(Writer& w) const;
};

}  // namespace tls::wire
