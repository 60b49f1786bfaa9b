// The transcript hash (RFC 9846 §4.1).
#pragma once

#include <optional>

#include "base/writer.h"
#include "crypto/hash.h"

namespace tls::handshake {

/// All handshake messages so far. Keeps the bytes until the hash is known, then the running hash alone; in TLS 1.2,
/// where a CertificateVerify signs the messages and not their hash, both until that is settled.
class Transcript {
 public:
  /// A whole message, header included.
  void add(Bytes message);
  /// The cipher suite is known: what was kept is hashed and forgotten. A second call must name the same hash.
  void choose(const crypto::HashImpl& impl);
  /// The same, but the messages are kept until forget_messages() (RFC 5246 §7.4.8).
  void choose_and_keep(const crypto::HashImpl& impl);
  /// All messages so far; not after choose() or forget_messages().
  [[nodiscard]] Bytes messages() const noexcept { return kept_; }
  void forget_messages() noexcept;
  /// RFC 9846 §4.1: with a HelloRetryRequest the first ClientHello is replaced by a message_hash message.
  void replace_by_message_hash();
  /// Transcript-Hash of all so far. Only after choose().
  [[nodiscard]] crypto::Digest hash() const { return running_->digest(); }
  /// The hash with `more` behind it, which does not enter the transcript (a ClientHello cut before its binders).
  [[nodiscard]] crypto::Digest hash_with(Bytes more) const;
  [[nodiscard]] bool chosen() const noexcept { return running_.has_value(); }

 private:
  ByteVector kept_;
  bool keeping_ = true;
  std::optional<crypto::Hash> running_;
};

}  // namespace tls::handshake
