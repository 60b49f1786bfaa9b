// The numbers that identify messages (RFC 9846 §4, §5.1, Appendix B), and fixed sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tls/info.h"

namespace tls::wire {

/// ContentType of a record (RFC 9846 §5.1).
enum class ContentType : std::uint8_t {
  invalid = 0,
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
};

/// HandshakeType of both versions (RFC 9846 §4, RFC 5246 §7.4, RFC 6066 §8).
enum class HandshakeType : std::uint8_t {
  hello_request = 0,  ///< TLS 1.2
  client_hello = 1,
  server_hello = 2,        ///< also HelloRetryRequest
  new_session_ticket = 4,  ///< the body depends on the version
  end_of_early_data = 5,
  encrypted_extensions = 8,
  certificate = 11,          ///< the body depends on the version
  server_key_exchange = 12,  ///< TLS 1.2
  certificate_request = 13,  ///< the body depends on the version
  server_hello_done = 14,    ///< TLS 1.2
  certificate_verify = 15,
  client_key_exchange = 16,  ///< TLS 1.2
  finished = 20,
  certificate_status = 22,  ///< TLS 1.2
  key_update = 24,
  message_hash = 254,  ///< replaces ClientHello1 in a transcript. Never sent
};

/// Returns the RFC's name of the type, or "unknown message".
[[nodiscard]] std::string_view name(HandshakeType type) noexcept;

/// PskKeyExchangeMode (RFC 9846 §4.3.9).
enum class PskKeyExchangeMode : std::uint8_t { psk_ke = 0, psk_dhe_ke = 1 };

/// KeyUpdateRequest (RFC 9846 §4.7.3).
enum class KeyUpdateRequest : std::uint8_t { update_not_requested = 0, update_requested = 1 };

/// Values in the list of cipher suites that are signals, not suites.
inline constexpr auto kEmptyRenegotiationInfoScsv = static_cast<CipherSuite>(0x00FF);  // RFC 5746 §3.3
inline constexpr auto kFallbackScsv = static_cast<CipherSuite>(0x5600);                // RFC 7507 §2

/// CertificateStatusType (RFC 6066 §8): ocsp, the only value that exists.
inline constexpr std::uint8_t kOcspStatus = 1;

inline constexpr std::size_t kHandshakeHeaderSize = 4;  // msg_type and uint24 length
inline constexpr std::size_t kRandomSize = 32;
inline constexpr std::size_t kMaxSessionId = 32;

/// Returns true for the sixteen reserved values 0x0A0A, 0x1A1A, ... of RFC 8701 §2, which have no meaning as suites,
/// groups, extensions and versions.
[[nodiscard]] constexpr bool is_grease(std::uint16_t value) noexcept {
  return (value & 0x0F0F) == 0x0A0A && value >> 8 == (value & 0xFF);
}

}  // namespace tls::wire
