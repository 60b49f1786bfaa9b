// The protection of records as data. TLS 1.3 and TLS 1.2 differ in four points. Each combination is one row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "crypto/aead.h"

namespace tls::record {

/// How the nonce is formed. It is always the IV XOR a 64-bit number at its right end (RFC 9846 §5.3, RFC 7905 §2). This
/// also covers salt || nonce_explicit of GCM in TLS 1.2 (RFC 5288 §3), because its IV is filled up with zeros.
enum class NonceRule : std::uint8_t {
  sequence,  ///< the number is the sequence number. It is not sent
  explicit_  ///< the number precedes the ciphertext. In our records it is the sequence number
};

/// The additional data: which bytes are authenticated besides the plaintext.
enum class AadRule : std::uint8_t {
  header,        ///< RFC 9846 §5.2: the header as on the wire
  pseudo_header  ///< RFC 5246 §6.2.3.3: seq_num || type || version || length of the plaintext
};

/// The place of the content type.
enum class TypeRule : std::uint8_t {
  outer,  ///< in the header
  inner   ///< RFC 9846 §5.2: after the content, then padding follows. The header says application_data
};

/// The largest sizes of a record, in bytes.
struct LimitRule {
  std::size_t ciphertext = 0;  ///< maximum of Header.length
  std::size_t plaintext = 0;   ///< maximum of the encrypted plaintext, with inner content type and padding
};

struct Rules {
  std::string_view name;
  NonceRule nonce{};
  AadRule aad{};
  TypeRule type{};
  LimitRule limit;
  /// The required legacy_record_version. 0: any version is accepted (RFC 9846 §5.1).
  std::uint16_t version = 0;
  /// RFC 9846 §6: every alert except close_notify and user_canceled ends the connection, whatever its level is.
  bool every_alert_is_fatal = false;

  /// Returns the number of bytes in front of the ciphertext.
  [[nodiscard]] constexpr std::size_t explicit_nonce() const noexcept { return nonce == NonceRule::explicit_ ? 8 : 0; }
  /// Returns the number of bytes of the encrypted plaintext that are the inner content type.
  [[nodiscard]] constexpr std::size_t type_bytes() const noexcept { return type == TypeRule::inner ? 1 : 0; }
};

/// The rules before the first key: TLSPlaintext.
inline constexpr Rules kPlainRules{
    .name = "plaintext", .type = TypeRule::outer, .limit = {limits::kMaxPlaintext, limits::kMaxPlaintext}};
inline constexpr Rules kTls13Rules{.name = "TLS 1.3",
                                   .nonce = NonceRule::sequence,
                                   .aad = AadRule::header,
                                   .type = TypeRule::inner,
                                   .limit = {limits::kMaxCiphertext13, limits::kMaxPlaintext + 1},
                                   .every_alert_is_fatal = true};
inline constexpr Rules kTls12GcmRules{.name = "TLS 1.2 AES-GCM",
                                      .nonce = NonceRule::explicit_,
                                      .aad = AadRule::pseudo_header,
                                      .type = TypeRule::outer,
                                      .limit = {limits::kMaxCiphertext12, limits::kMaxPlaintext},
                                      .version = 0x0303};
inline constexpr Rules kTls12ChaChaRules{.name = "TLS 1.2 ChaCha20-Poly1305",
                                         .nonce = NonceRule::sequence,
                                         .aad = AadRule::pseudo_header,
                                         .type = TypeRule::outer,
                                         .limit = {limits::kMaxCiphertext12, limits::kMaxPlaintext},
                                         .version = 0x0303};

/// Returns the rules of TLS 1.2 for an AEAD.
[[nodiscard]] constexpr const Rules& tls12_rules(crypto::AeadId id) noexcept {
  return id == crypto::AeadId::chacha20_poly1305 ? kTls12ChaChaRules : kTls12GcmRules;
}
/// Returns the size in bytes of client_write_IV and server_write_IV in the key block of TLS 1.2 (RFC 5288 §3, RFC 7905
/// §2).
[[nodiscard]] constexpr std::size_t tls12_fixed_iv_size(crypto::AeadId id) noexcept {
  return crypto::kAeadNonce - tls12_rules(id).explicit_nonce();
}

}  // namespace tls::record
