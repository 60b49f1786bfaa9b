// How records are protected, as data: the four things in which TLS 1.3 and TLS 1.2 differ, one row for each way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "crypto/aead.h"

namespace tls::record {

/// What the nonce is made of. Always the IV XOR a 64-bit number on the right (RFC 9846 §5.3, RFC 7905 §2); with the IV
/// of GCM in TLS 1.2 filled up with zeros that is salt || nonce_explicit (RFC 5288 §3) too.
enum class NonceRule : std::uint8_t {
  sequence,  ///< the number is the sequence number and is not sent
  explicit_  ///< the number stands in front of the ciphertext; ours is the sequence number
};

/// What is authenticated besides the plaintext.
enum class AadRule : std::uint8_t {
  header,        ///< RFC 9846 §5.2: the header as on the wire
  pseudo_header  ///< RFC 5246 §6.2.3.3: seq_num || type || version || length of the plaintext
};

/// Where the content type stands.
enum class TypeRule : std::uint8_t {
  outer,  ///< in the header
  inner   ///< RFC 9846 §5.2: behind the content, with padding; the header says application_data
};

/// The sizes that a record may have, bytes.
struct LimitRule {
  std::size_t ciphertext = 0;  ///< Header.length at most
  std::size_t plaintext = 0;   ///< what is encrypted at most: inner content type and padding included
};

struct Rules {
  std::string_view name;
  NonceRule nonce{};
  AadRule aad{};
  TypeRule type{};
  LimitRule limit;
  /// legacy_record_version that is demanded; 0: it is ignored (RFC 9846 §5.1).
  std::uint16_t version = 0;
  /// RFC 9846 §6: every alert but close_notify and user_canceled ends the connection, whatever its level says.
  bool every_alert_is_fatal = false;

  /// Bytes in front of the ciphertext.
  [[nodiscard]] constexpr std::size_t explicit_nonce() const noexcept { return nonce == NonceRule::explicit_ ? 8 : 0; }
  /// Bytes of the encrypted plaintext that are not content.
  [[nodiscard]] constexpr std::size_t type_bytes() const noexcept { return type == TypeRule::inner ? 1 : 0; }
};

/// Before the first key: TLSPlaintext.
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

/// TLS 1.2's rules for an AEAD.
[[nodiscard]] constexpr const Rules& tls12_rules(crypto::AeadId id) noexcept {
  return id == crypto::AeadId::chacha20_poly1305 ? kTls12ChaChaRules : kTls12GcmRules;
}
/// Bytes of client_write_IV and server_write_IV in TLS 1.2's key block (RFC 5288 §3, RFC 7905 §2).
[[nodiscard]] constexpr std::size_t tls12_fixed_iv_size(crypto::AeadId id) noexcept {
  return crypto::kAeadNonce - tls12_rules(id).explicit_nonce();
}

}  // namespace tls::record
