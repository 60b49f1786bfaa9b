// ServerHello (RFC 9846 §4.2.3, RFC 5246 §7.4.1.3), both versions.
#pragma once

#include <optional>

#include "wire/client_hello.h"

namespace tls::wire {

/// What a message of type server_hello is, told by its random alone (RFC 9846 §4.2.3).
enum class ServerHelloKind : std::uint8_t { server_hello, hello_retry_request };
/// `body`: of a message of type server_hello. A body too short to hold a random is a server_hello, and its parse fails.
[[nodiscard]] ServerHelloKind server_hello_kind(Bytes body) noexcept;

/// Last eight bytes of ServerHello.random when a TLS 1.3 server negotiates less (RFC 9846 §4.2.3).
inline constexpr std::array<std::uint8_t, 8> kDowngradeToTls12 = {0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, 0x01};
inline constexpr std::array<std::uint8_t, 8> kDowngradeToTls11 = {0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, 0x00};
/// True when `random` ends in one of the two.
[[nodiscard]] bool is_downgrade_marked(const HelloRandom& random) noexcept;
/// What a server that also has TLS 1.3 does to its random when it negotiates TLS 1.2.
void mark_downgrade_to_tls12(HelloRandom& random) noexcept;

/// Members after `cipher_suite` are the extensions. `supported_versions` tells the versions apart: with it only what
/// TLS 1.3 allows parses, without it only what TLS 1.2 does.
struct ServerHello {
  static constexpr HandshakeType kType = HandshakeType::server_hello;

  ProtocolVersion legacy_version = ProtocolVersion::tls12;
  HelloRandom random{};
  Opaque legacy_session_id_echo;  ///< TLS 1.2: the ID of the session; 0 to 32 bytes
  CipherSuite cipher_suite{};

  std::optional<ProtocolVersion> supported_versions;  ///< selected_version
  std::optional<KeyShareEntry> key_share;             ///< server_share
  std::optional<std::uint16_t> pre_shared_key;        ///< selected_identity

  bool server_name = false;     ///< TLS 1.2, as all below: the name was used
  bool status_request = false;  ///< CertificateStatus will follow
  std::optional<Opaque> ec_point_formats;
  std::optional<Opaque> alpn;                          ///< the one ProtocolName
  std::optional<Opaque> signed_certificate_timestamp;  ///< SignedCertificateTimestampList of RFC 6962, prefix included
  bool extended_main_secret = false;
  std::optional<std::uint16_t> record_size_limit;  ///< 64 or more
  bool session_ticket = false;                     ///< NewSessionTicket will follow
  std::optional<Opaque> renegotiation_info;        ///< renegotiated_connection

  /// `offered`: the ClientHello's. Errors: decode_error, bad_extension, duplicate_extension, extension_not_allowed,
  /// unsolicited_extension, bad_compression, bad_record_size_limit.
  static Result<ServerHello> parse(Bytes body, ExtensionSet offered);
  void encode(Writer& w) const;
  friend bool operator==(const ServerHello&, const ServerHello&) = default;
};

}  // namespace tls::wire
