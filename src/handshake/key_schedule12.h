// The key schedule of TLS 1.2 (RFC 5246 §8.1, §6.3; RFC 7627): from the key exchange to the main secret, from there to
// the key block, the Finished messages and the exporter.
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

/// The 48 bytes that a session is: what is stored and what resumes.
using SessionSecret = Secret<MainSecretRole, kMainSecretSize>;

/// The two write keys and fixed IVs of an AEAD suite (RFC 5246 §6.3; there are no MAC keys).
class KeyBlock {
 public:
  /// The four parts, in the order in which they are cut from the block.
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

/// Bytes of client_write_IV: the salt of GCM (RFC 5288 §3), the whole nonce of ChaCha20-Poly1305 (RFC 7905 §2).
[[nodiscard]] std::size_t fixed_iv_size(crypto::AeadId id) noexcept;

/// The main secret, ready for the PRF: the pads of HMAC are hashed once.
class MainSecret12 {
 public:
  /// RFC 7627 §4: bound to the handshake; `session_hash` reaches through ClientKeyExchange.
  static MainSecret12 extended(const crypto::HashImpl& hash, crypto::SharedSecret&& preliminary, Bytes session_hash);
  /// RFC 5246 §8.1: bound to the randoms alone, for peers without extended_main_secret.
  static MainSecret12 from_randoms(const crypto::HashImpl& hash, crypto::SharedSecret&& preliminary,
                                   Bytes client_random, Bytes server_random);
  /// That of a session that is resumed.
  static MainSecret12 of_session(const crypto::HashImpl& hash, SessionSecret&& secret);

  [[nodiscard]] KeyBlock key_block(crypto::AeadId aead, Bytes client_random, Bytes server_random) const;
  /// verify_data (RFC 5246 §7.4.9), kVerifyDataSize bytes.
  [[nodiscard]] crypto::Digest client_finished(Bytes transcript_hash) const;
  [[nodiscard]] crypto::Digest server_finished(Bytes transcript_hash) const;
  /// The bytes that a session keeps.
  [[nodiscard]] const SessionSecret& session() const& noexcept { return secret_; }
  [[nodiscard]] SessionSecret session() && noexcept { return std::move(secret_); }

 private:
  MainSecret12(const crypto::HashImpl& hash, SessionSecret&& secret)
      : secret_(std::move(secret)), key_(hash, secret_.expose()) {}
  SessionSecret secret_;
  crypto::HmacKey key_;
};

/// RFC 5705 §4. `context` absent and empty are different things in TLS 1.2. Fails with misuse without
/// extended_main_secret, of a secret that was moved away, for a label of the protocol's own and for more than 2^16-1
/// bytes of context.
[[nodiscard]] Result<void> export_from(const crypto::HashImpl& hash, const SessionSecret& secret,
                                       bool extended_main_secret, std::string_view label, Bytes client_random,
                                       Bytes server_random, std::optional<Bytes> context, MutableBytes out);

}  // namespace tls::handshake
