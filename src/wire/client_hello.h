// ClientHello (RFC 9846 §4.2.2, RFC 5246 §7.4.1.2), both versions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/entries.h"
#include "wire/extension.h"
#include "wire/types.h"

namespace tls::wire {

using HelloRandom = std::array<std::uint8_t, kRandomSize>;

/// OfferedPsks (RFC 9846 §4.3.11): as many binders as identities.
struct OfferedPsks {
  PskIdentityList identities;
  PskBinderList binders;

  /// How many identities a server looks at, from the first: at most limits::kMaxPskIdentities. The rest is ignored.
  [[nodiscard]] std::size_t considered() const noexcept;
  friend bool operator==(const OfferedPsks&, const OfferedPsks&) = default;
};

/// A pre_shared_key that cannot be one, or not where it stood.
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

/// Members after `legacy_compression_methods` are the extensions, by their names; one that is absent was not sent.
/// Views look into the body that was parsed.
struct ClientHello {
  static constexpr HandshakeType kType = HandshakeType::client_hello;
  static constexpr std::uint8_t kNullCompression[] = {0};

  ProtocolVersion legacy_version = ProtocolVersion::tls12;
  HelloRandom random{};
  Opaque legacy_session_id;  ///< 0 to 32 bytes
  CipherSuiteList cipher_suites;
  Opaque legacy_compression_methods = kNullCompression;

  std::optional<std::string_view> server_name;  ///< HostName: 1 to 255 characters of visible ASCII
  bool status_request = false;                  ///< an OCSP response is asked for
  std::optional<NamedGroupList> supported_groups;
  std::optional<Opaque> ec_point_formats;
  std::optional<SignatureSchemeList> signature_algorithms, signature_algorithms_cert;
  std::optional<ProtocolNameList> alpn;
  bool signed_certificate_timestamp = false;
  std::optional<std::uint16_t> padding;            ///< bytes of zeros
  bool extended_main_secret = false;               ///< RFC 7627
  std::optional<std::uint16_t> record_size_limit;  ///< 64 or more
  std::optional<Opaque> session_ticket;            ///< TLS 1.2; empty: supported, none at hand
  std::optional<OfferedPsks> pre_shared_key;
  /// Why the extension that was sent is none: of no concern where TLS 1.3 is not negotiated. `pre_shared_key` is absent
  /// then.
  std::optional<BadPsks> bad_psks;
  bool early_data = false;
  std::optional<ProtocolVersionList> supported_versions;
  std::optional<Opaque> cookie;                  ///< 1 to limits::kMaxCookie bytes
  std::optional<Opaque> psk_key_exchange_modes;  ///< see offers()
  std::optional<DistinguishedNameList> certificate_authorities;
  bool post_handshake_auth = false;
  std::optional<KeyShareList> key_share;  ///< may be empty; no group twice
  std::optional<TicketRequest> ticket_request;
  std::optional<Opaque> renegotiation_info;  ///< renegotiated_connection, 0 to 255 bytes
  std::optional<Extension> grease;           ///< RFC 8701: the first extension of such a type

  /// Errors: decode_error and bad_extension where it is malformed, duplicate_extension, extension_not_allowed,
  /// duplicate_key_share, bad_record_size_limit, illegal_parameter for a cookie above its limit and for a server_name
  /// that no host has. Values of other fields are not judged, nor is pre_shared_key (see bad_psks: bad_extension,
  /// psk_not_last, binder_count_mismatch): that is negotiation.
  static Result<ClientHello> parse(Bytes body);
  /// The body, extensions in an order of our own, pre_shared_key last. Without extensions it has no block of them.
  void encode(Writer& w) const;

  /// The extensions that a server may answer; EMPTY_RENEGOTIATION_INFO_SCSV counts as renegotiation_info (RFC 5746
  /// §3.3).
  [[nodiscard]] ExtensionSet offered() const noexcept;
  [[nodiscard]] bool offers(PskKeyExchangeMode mode) const noexcept;
  /// Bytes of the binders list with its length prefix: Truncate(ClientHello) of RFC 9846 §4.3.11.2 is the message, with
  /// or without its header, less this many bytes at its end. 0 without pre_shared_key.
  [[nodiscard]] std::size_t binders_size() const noexcept;
  friend bool operator==(const ClientHello&, const ClientHello&) = default;
};

}  // namespace tls::wire
