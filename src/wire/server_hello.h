// ServerHello of both versions (RFC 9846 §4.2.3, RFC 5246 §7.4.1.3).
#pragma once

#include <optional>

#include "wire/client_hello.h"

namespace tls::wire {

/// The two kinds of a message of type server_hello. The random alone decides which it is (RFC 9846 §4.2.3).
enum class ServerHelloKind : std::uint8_t { server_hello, hello_retry_request };
/// `body` is the body of a message of type server_hello. A body that is too short for a random is a server_hello, whose
/// parse() fails.
[[nodiscard]] ServerHelloKind server_hello_kind(Bytes body) noexcept;

/// The last eight bytes of ServerHello.random if a TLS 1.3 server negotiates a lower version (RFC 9846 §4.2.3).
inline constexpr std::array<std::uint8_t, 8> kDowngradeToTls12 = {0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, 0x01};
inline constexpr std::array<std::uint8_t, 8> kDowngradeToTls11 = {0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, 0x00};
/// Returns true if `random` ends in one of these two values.
[[nodiscard]] bool is_downgrade_marked(const HelloRandom& random) noexcept;
/// Writes the mark that a server with TLS 1.3 puts into its random when it negotiates TLS 1.2.
void mark_downgrade_to_tls12(HelloRandom& random) noexcept;

/// The members after `cipher_suite` are the extensions. `supported_versions` decides the version. If it is there,
/// parse() accepts the extensions of TLS 1.3 only; if not, those of TLS 1.2 only.
struct ServerHello {
  static constexpr HandshakeType kType = HandshakeType::server_hello;

  ProtocolVersion legacy_version = ProtocolVersion::tls12;
  HelloRandom random{};
  Opaque legacy_session_id_echo;  ///< TLS 1.2: the session ID. 0 to 32 bytes
  CipherSuite cipher_suite{};

  std::optional<ProtocolVersion> supported_versions;  ///< selected_version
  std::optional<KeyShareEntry> key_share;             ///< server_share
  std::optional<std::uint16_t> pre_shared_key;        ///< selected_identity

  bool server_name = false;     ///< the server used the name. This and all members below: TLS 1.2
  bool status_request = false;  ///< the server will send a CertificateStatus
  std::optional<Opaque> ec_point_formats;
  std::optional<Opaque> alpn;  ///< the single ProtocolName
  std::optional<Opaque>
      signed_certificate_timestamp;  ///< SignedCertificateTimestampList of RFC 6962, with its length prefix
  bool extended_main_secret = false;
  std::optional<std::uint16_t> record_size_limit;  ///< 64 or more
  bool session_ticket = false;                     ///< the server will send a NewSessionTicket
  std::optional<Opaque> renegotiation_info;        ///< renegotiated_connection

  /// `offered` is the set of extensions of the ClientHello. Fails with decode_error, bad_extension,
  /// duplicate_extension, extension_not_allowed, unsolicited_extension, bad_compression or bad_record_size_limit.
  static Result<ServerHello> parse(Bytes body, ExtensionSet offered);
  void encode(Writer& w) const;
  friend bool operator==(const ServerHello&, const ServerHello&) = default;
};

}  // namespace tls::wire
