// ClientHello of both versions (RFC 9846 §4.2.2, RFC 5246 §7.4.1.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/entries.h"
#include "wire/extension.h"
#include "wire/types.h"

namespace tls::wire {

using HelloRandom = std::array<std::uint8_t, kRandomSize>;

/// OfferedPsks (RFC 9846 §4.3.11). There are as many binders as identities.
struct OfferedPsks {
  PskIdentityList identities;
  PskBinderList binders;

  /// Returns the number of identities that a server considers, counted from the first: at most
  /// limits::kMaxPskIdentities. It ignores the rest.
  [[nodiscard]] std::size_t considered() const noexcept;
  friend bool operator==(const OfferedPsks&, const OfferedPsks&) = default;
};

/// The error of a pre_shared_key extension that is malformed or not the last extension.
struct BadPsks {
  Code code{};
  std::string detail;

  [[nodiscard]] std::unexpected<Error> fail() const { return tls::fail(code, detail); }
  friend bool operator==(const BadPsks&, const BadPsks&) = default;
};

/// The client's TicketRequestContents (RFC 9149 §3).
struct TicketRequest {
  std::uint8_t new_session_count = 0, resumption_count = 0;
  friend bool operator==(const TicketRequest&, const TicketRequest&) = default;
};

/// The members after `legacy_compression_methods` are the extensions, by name. A member without a value means that the
/// extension was not sent. Views point into the body that was parsed.
struct ClientHello {
  static constexpr HandshakeType kType = HandshakeType::client_hello;
  static constexpr std::uint8_t kNullCompression[] = {0};

  ProtocolVersion legacy_version = ProtocolVersion::tls12;
  HelloRandom random{};
  Opaque legacy_session_id;  ///< 0 to 32 bytes
  CipherSuiteList cipher_suites;
  Opaque legacy_compression_methods = kNullCompression;

  std::optional<std::string_view> server_name;  ///< HostName: 1 to 255 characters of visible ASCII
  bool status_request = false;                  ///< the client asks for an OCSP response
  std::optional<NamedGroupList> supported_groups;
  std::optional<Opaque> ec_point_formats;
  std::optional<SignatureSchemeList> signature_algorithms, signature_algorithms_cert;
  std::optional<ProtocolNameList> alpn;
  bool signed_certificate_timestamp = false;
  std::optional<std::uint16_t> padding;            ///< number of zero bytes
  bool extended_main_secret = false;               ///< RFC 7627
  std::optional<std::uint16_t> record_size_limit;  ///< 64 or more
  std::optional<Opaque> session_ticket;            ///< TLS 1.2. Empty: supported, but the client has no ticket
  std::optional<OfferedPsks> pre_shared_key;
  /// The error of the pre_shared_key extension, if it was sent and is invalid. `pre_shared_key` then has no value. The
  /// error does not matter unless TLS 1.3 is negotiated.
  std::optional<BadPsks> bad_psks;
  bool early_data = false;
  std::optional<ProtocolVersionList> supported_versions;
  std::optional<Opaque> cookie;                  ///< 1 to limits::kMaxCookie bytes
  std::optional<Opaque> psk_key_exchange_modes;  ///< see offers()
  std::optional<DistinguishedNameList> certificate_authorities;
  bool post_handshake_auth = false;
  std::optional<KeyShareList> key_share;  ///< may be empty. No group appears twice
  std::optional<TicketRequest> ticket_request;
  std::optional<Opaque> renegotiation_info;  ///< renegotiated_connection, 0 to 255 bytes
  std::optional<Extension> grease;           ///< the first extension of a GREASE type (RFC 8701)

  /// Fails with decode_error or bad_extension if the body is malformed, with duplicate_extension,
  /// extension_not_allowed, duplicate_key_share or bad_record_size_limit, and with illegal_parameter if the cookie is
  /// above its limit or the server_name cannot be a host name. Does not check the values of other fields: negotiation
  /// does. An invalid pre_shared_key is not an error here but a value of `bad_psks`: bad_extension, psk_not_last or
  /// binder_count_mismatch.
  static Result<ClientHello> parse(Bytes body);
  /// Writes the body. The order of the extensions is our own, with pre_shared_key last. Without extensions, the body
  /// has no extensions block.
  void encode(Writer& w) const;

  /// Returns the extensions that a server may answer. EMPTY_RENEGOTIATION_INFO_SCSV counts as renegotiation_info (RFC
  /// 5746 §3.3).
  [[nodiscard]] ExtensionSet offered() const noexcept;
  [[nodiscard]] bool offers(PskKeyExchangeMode mode) const noexcept;
  /// Returns the size in bytes of the binders list with its length prefix, or 0 without pre_shared_key.
  /// Truncate(ClientHello) of RFC 9846 §4.3.11.2 is the message, with or without its header, without this many bytes at
  /// its end.
  [[nodiscard]] std::size_t binders_size() const noexcept;
  friend bool operator==(const ClientHello&, const ClientHello&) = default;
};

}  // namespace tls::wire
