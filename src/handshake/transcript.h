// The transcript hash (RFC 9846 §4.1).
#pragma once

#include <optional>

#include "base/writer.h"
#include "crypto/hash.h"

namespace tls::handshake {

/// All handshake messages so far. Stores the bytes until the hash is known, and only the running hash afterwards. In
/// TLS 1.2, a CertificateVerify signs the messages and not their hash. There it stores both until the signature is
/// done.
class Transcript {
 public:
  /// Adds a complete message with its header.
  void add(Bytes message);
  /// Sets the hash when the cipher suite is known. Hashes the stored messages and drops them. A second call must pass
  /// the same hash.
  void choose(const crypto::HashImpl& impl);
  /// Like choose(), but keeps the messages until forget_messages() (RFC 5246 §7.4.8).
  void choose_and_keep(const crypto::HashImpl& impl);
  /// Returns all messages so far. Precondition: no call of choose() or forget_messages() before.
  [[nodiscard]] Bytes messages() const noexcept { return kept_; }
  void forget_messages() noexcept;
  /// RFC 9846 §4.1: if there is a HelloRetryRequest, a message_hash message replaces the first ClientHello.
  void replace_by_message_hash();
  /// Returns the Transcript-Hash of all messages so far. Precondition: the hash was chosen.
  [[nodiscard]] crypto::Digest hash() const { return running_->digest(); }
  /// Returns the hash of the transcript followed by `more`, such as a ClientHello without its binders. `more` does not
  /// become a part of the transcript.
  [[nodiscard]] crypto::Digest hash_with(Bytes more) const;
  [[nodiscard]] bool chosen() const noexcept { return running_.has_value(); }

 private:
  ByteVector kept_;
  bool keeping_ = true;
  std::optional<crypto::Hash> running_;
};

}  // namespace tls::handshake
