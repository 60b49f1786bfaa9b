// Extensions (RFC 9846 §4.3): the types that exist, and one table of the messages in which each may appear.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "tls/error.h"
#include "wire/views.h"

namespace tls::wire {

/// ExtensionType as on the wire (IANA "TLS ExtensionType Values"). Lists the types that this stack recognises.
enum class ExtensionType : std::uint16_t {
  server_name = 0,
  max_fragment_length = 1,
  status_request = 5,
  supported_groups = 10,
  ec_point_formats = 11,
  signature_algorithms = 13,
  use_srtp = 14,
  heartbeat = 15,
  application_layer_protocol_negotiation = 16,
  signed_certificate_timestamp = 18,
  client_certificate_type = 19,
  server_certificate_type = 20,
  padding = 21,
  encrypt_then_mac = 22,
  extended_main_secret = 23,  // "extended_master_secret" of RFC 7627
  compress_certificate = 27,
  record_size_limit = 28,
  delegated_credential = 34,
  session_ticket = 35,
  pre_shared_key = 41,
  early_data = 42,
  supported_versions = 43,
  cookie = 44,
  psk_key_exchange_modes = 45,
  certificate_authorities = 47,
  oid_filters = 48,
  post_handshake_auth = 49,
  signature_algorithms_cert = 50,
  key_share = 51,
  transparency_info = 52,
  quic_transport_parameters = 57,
  ticket_request = 58,
  ech_outer_extensions = 0xFD00,
  encrypted_client_hello = 0xFE0D,
  renegotiation_info = 0xFF01,
};

/// The messages that may contain an extension. They are the columns of the table. A ServerHello with supported_versions
/// is server_hello; without it, it is server_hello12.
enum class Place : std::uint8_t {
  client_hello = 1 << 0,
  server_hello = 1 << 1,
  hello_retry_request = 1 << 2,
  encrypted_extensions = 1 << 3,
  certificate = 1 << 4,
  certificate_request = 1 << 5,
  new_session_ticket = 1 << 6,
  server_hello12 = 1 << 7,
};
[[nodiscard]] std::string_view name(Place place) noexcept;

struct ExtensionFacts {
  ExtensionType type;
  std::string_view name;
  std::uint8_t places;  ///< set of Place
  [[nodiscard]] constexpr bool allowed_in(Place place) const noexcept {
    return (places & static_cast<std::uint8_t>(place)) != 0;
  }
};

namespace columns {
inline constexpr std::uint8_t CH = 1 << 0, SH = 1 << 1, HRR = 1 << 2, EE = 1 << 3, CT = 1 << 4, CR = 1 << 5,
                              NST = 1 << 6, SH12 = 1 << 7;
}  // namespace columns

/// RFC 9846 §4.3, Table 1, with one more column for the ServerHello of TLS 1.2.
inline constexpr auto kExtensions = [] {
  using namespace columns;
  using enum ExtensionType;
  return std::to_array<ExtensionFacts>({
      {server_name, "server_name", CH | EE | CR | SH12},
      {max_fragment_length, "max_fragment_length", CH | EE | SH12},
      {status_request, "status_request", CH | CR | CT | SH12},
      // Some servers send it in a TLS 1.2 ServerHello, although RFC 8422 §5.2 defines no such answer. Other clients
      // accept this, so we do too.
      {supported_groups, "supported_groups", CH | EE | SH12},
      {ec_point_formats, "ec_point_formats", CH | SH12},
      {signature_algorithms, "signature_algorithms", CH | CR},
      {use_srtp, "use_srtp", CH | EE | SH12},
      {heartbeat, "heartbeat", CH | EE | SH12},
      {application_layer_protocol_negotiation, "application_layer_protocol_negotiation", CH | EE | SH12},
      {signed_certificate_timestamp, "signed_certificate_timestamp", CH | CR | CT | SH12},
      {client_certificate_type, "client_certificate_type", CH | EE | SH12},
      {server_certificate_type, "server_certificate_type", CH | EE | SH12},
      {padding, "padding", CH},
      {encrypt_then_mac, "encrypt_then_mac", CH | SH12},
      {extended_main_secret, "extended_main_secret", CH | SH12},
      {compress_certificate, "compress_certificate", CH | CR},
      {record_size_limit, "record_size_limit", CH | EE | SH12},
      {delegated_credential, "delegated_credential", CH | CR | CT},
      {session_ticket, "session_ticket", CH | SH12},
      {pre_shared_key, "pre_shared_key", CH | SH},
      {early_data, "early_data", CH | EE | NST},
      {supported_versions, "supported_versions", CH | SH | HRR},
      {cookie, "cookie", CH | HRR},
      {psk_key_exchange_modes, "psk_key_exchange_modes", CH},
      {certificate_authorities, "certificate_authorities", CH | CR},
      {oid_filters, "oid_filters", CR},
      {post_handshake_auth, "post_handshake_auth", CH},
      {signature_algorithms_cert, "signature_algorithms_cert", CH | CR},
      {key_share, "key_share", CH | SH | HRR},
      {transparency_info, "transparency_info", CH | CR | CT},
      {quic_transport_parameters, "quic_transport_parameters", CH | EE},
      {ticket_request, "ticket_request", CH | EE},
      {ech_outer_extensions, "ech_outer_extensions", CH},
      {encrypted_client_hello, "encrypted_client_hello", CH | HRR | EE},
      {renegotiation_info, "renegotiation_info", CH | SH12},
  });
}();

/// Returns the row of a type, or null if the type is not recognised.
[[nodiscard]] constexpr const ExtensionFacts* find_extension(ExtensionType type) noexcept {
  for (const ExtensionFacts& row : kExtensions)
    if (row.type == type) return &row;
  return nullptr;
}
/// Returns the IANA name, also for types that are not recognised. For types without a name, returns "GREASE 0x0A0A" or
/// "extension 0x1234".
[[nodiscard]] std::string name(ExtensionType type);

/// A set of recognised extension types, such as the extensions that a hello or a request offered.
class ExtensionSet {
 public:
  constexpr ExtensionSet() = default;
  constexpr ExtensionSet(std::initializer_list<ExtensionType> types) noexcept {
    for (ExtensionType type : types) insert(type);
  }
  /// Ignores a type that is not recognised.
  constexpr void insert(ExtensionType type) noexcept { bits_ |= bit(type); }
  constexpr void erase(ExtensionType type) noexcept { bits_ &= ~bit(type); }
  [[nodiscard]] constexpr bool contains(ExtensionType type) const noexcept { return (bits_ & bit(type)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  friend constexpr bool operator==(ExtensionSet, ExtensionSet) = default;

 private:
  static_assert(kExtensions.size() <= 64);
  // Uses indices because GCC 12 with UndefinedBehaviorSanitizer does not treat a comparison of a pointer with null as a
  // constant.
  static constexpr std::uint64_t bit(ExtensionType type) noexcept {
    for (std::size_t i = 0; i < kExtensions.size(); ++i)
      if (kExtensions[i].type == type) return std::uint64_t{1} << i;
    return 0;
  }
  std::uint64_t bits_ = 0;
};

/// Extension (RFC 9846 §4.3).
struct Extension {
  ExtensionType extension_type{};
  Opaque extension_data;

  static Extension read(Reader& r) noexcept;
  void write(Writer& w) const;
  friend bool operator==(const Extension&, const Extension&) = default;
};
using ExtensionList = EntryList<Extension>;

/// Checks the framing of an extensions block and that each extension may appear in this message. `block` has no length
/// prefix. The parser of the message checks the bodies. The time is proportional to the size of the block.
///
/// Fails with decode_error, duplicate_extension or extension_not_allowed. A ServerHello, HelloRetryRequest,
/// EncryptedExtensions or Certificate answers an offer: for these, fails with unsolicited_extension for each extension
/// that is not in `offered`. In a TLS 1.2 ServerHello, this error has priority over extension_not_allowed. In other
/// messages, `offered` has no meaning, and extensions that are not recognised are returned, however many there are, so
/// that the message can ignore them (RFC 9846 §4.2.2).
[[nodiscard]] Result<ExtensionList> check_extensions(Bytes block, Place place, ExtensionSet offered = {});

}  // namespace tls::wire
