// HelloRetryRequest (RFC 9846 §4.2.4). On the wire it is a ServerHello with a special random. Here it has its own type.
#pragma once

#include "wire/server_hello.h"

namespace tls::wire {

/// SHA-256 of "HelloRetryRequest" (RFC 9846 §4.2.3).
inline constexpr HelloRandom kHelloRetryRequestRandom = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

struct HelloRetryRequest {
  static constexpr HandshakeType kType = HandshakeType::server_hello;

  ProtocolVersion legacy_version = ProtocolVersion::tls12;
  Opaque legacy_session_id_echo;  ///< 0 to 32 bytes
  CipherSuite cipher_suite{};

  ProtocolVersion supported_versions = ProtocolVersion::tls13;  ///< selected_version; mandatory
  std::optional<Opaque> cookie;                                 ///< 1 to limits::kMaxCookie bytes
  std::optional<NamedGroup> key_share;                          ///< selected_group

  /// Precondition: server_hello_kind(body) is hello_retry_request. `offered` is the set of extensions of the
  /// ClientHello. A cookie need not be in it. Fails as ServerHello::parse() does, and with missing_extension if
  /// supported_versions is missing and illegal_parameter if the cookie is above the limit.
  static Result<HelloRetryRequest> parse(Bytes body, ExtensionSet offered);
  void encode(Writer& w) const;
  friend bool operator==(const HelloRetryRequest&, const HelloRetryRequest&) = default;
};

}  // namespace tls::wire
