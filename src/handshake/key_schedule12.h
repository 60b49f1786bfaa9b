// The key schedule of TLS 1.2 (RFC 5246 §8.1, §6.3; RFC 7627). The key exchange gives the main secret. The main secret
// gives the key block, the Finished messages and the exporter.
#pragma once

#include <optional>
#include <string_view>

#include "crypto/aead.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "tls/bytes.h"
#include "tls/error.h"
#include "tls/secret.h"

namespace tls::handshake {

struct MainSecretRole;
struct KeyBlockRole;

inline constexpr std::size_t kMainSecretSize = 48;  // bytes (RFC 5246 §8.1)
inline constexpr std::size_t kVerifyDataSize = 12;  // bytes of a Finished (RFC 5246 §7.4.9)
inline constexpr std::size_t kMaxFixedIv = 12;      // bytes

/// The 48 bytes of a session's secret, which are stored and which resume it.
using SessionSecret = Secret<MainSecretRole, kMainSecretSize>;

/// The two write keys and the two fixed IVs of an AEAD suite (RFC 5246 §6.3). AEAD suites have no MAC keys.
class KeyBlock {
 public:
  /// Return the four parts, in their order in the block.
  [[nodiscard]] Bytes client_key() const& noexcept { return part(0, key_); }
  [[nodiscard]] Bytes server_key() const& noexcept { return part(key_, key_); }
  [[nodiscard]] Bytes client_iv() const& noexcept { return part(2 * key_, iv_); }
  [[nodiscard]] Bytes server_iv() const& noexcept { return part(2 * key_ + iv_, iv_); }

 private:
  friend class MainSecret12;
  [[nodiscard]] Bytes part(std::size_t at, std::size_t size) const& noexcept {
    return block_.expose().subspan(at, size);
  }
  Secret<KeyBlockRole, 2 * (crypto::kMaxAeadKey + kMaxFixedIv)> block_;
  std::size_t key_ = 0, iv_ = 0;
};

/// Returns the bytes of client_write_IV: the salt of GCM (RFC 5288 §3), or the whole nonce of ChaCha20-Poly1305 (RFC
/// 7905 §2).
[[nodiscard]] std::size_t fixed_iv_size(crypto::AeadId id) noexcept;

/// The main secret, prepared for the PRF: the pads of HMAC are hashed once.
class MainSecret12 {
 public:
  /// RFC 7627 §4: the secret is bound to the handshake. `session_hash` covers the messages up to ClientKeyExchange.
  static MainSecret12 extended(const crypto::HashImpl& hash, crypto::SharedSecret&& preliminary, Bytes session_hash);
  /// RFC 5246 §8.1: the secret is bound to the randoms alone. For peers without extended_main_secret.
  static MainSecret12 from_randoms(const crypto::HashImpl& hash, crypto::SharedSecret&& preliminary,
                                   Bytes client_random, Bytes server_random);
  /// Returns the main secret of a session that is resumed.
  static MainSecret12 of_session(const crypto::HashImpl& hash, SessionSecret&& secret);

  [[nodiscard]] KeyBlock key_block(crypto::AeadId aead, Bytes client_random, Bytes server_random) const;
  /// Return the verify_data (RFC 5246 §7.4.9), kVerifyDataSize bytes.
  [[nodiscard]] crypto::Digest client_finished(Bytes transcript_hash) const;
  [[nodiscard]] crypto::Digest server_finished(Bytes transcript_hash) const;
  /// Returns the bytes that a session stores.
  [[nodiscard]] const SessionSecret& session() const& noexcept { return secret_; }
  [[nodiscard]] SessionSecret session() && noexcept { return std::move(secret_); }

 private:
  MainSecret12(const crypto::HashImpl& hash, SessionSecret&& secret)
      : secret_(std::move(secret)), key_(hash, secret_.expose()) {}
  SessionSecret secret_;
  crypto::HmacKey key_;
};

/// Exports keying material (RFC 5705 §4). An absent and an empty `context` are different in TLS 1.2. Fails with misuse
/// without extended_main_secret, if `secret` was moved away, if the protocol itself uses the label, and if the context
/// has more than 2^16-1 bytes.
[[nodiscard]] Result<void> export_from(const crypto::HashImpl& hash, const SessionSecret& secret,
                                       bool extended_main_secret, std::string_view label, Bytes client_random,
                                       Bytes server_random, std::optional<Bytes> context, MutableBytes out);

}  // namespace tls::handshake
