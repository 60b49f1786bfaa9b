// The protection of one direction under one key. Rules, key, IV and sequence number are one value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "record/header.h"
#include "record/rules.h"
#include "tls/bytes.h"
#include "tls/error.h"
#include "tls/secret.h"

namespace tls::record {

/// The result of opening a record.
struct Opened {
  ContentType type{};
  MutableBytes content;       ///< a part of the given record: decrypted in place, without type and padding
  std::size_t plaintext = 0;  ///< number of bytes that were encrypted: content, inner content type, padding
};

/// Seals or opens records under one key, but not both. The default value is the plaintext epoch, which passes content
/// unchanged. No allocation after construction. Move-only. A moved-from value fails instead of falling back to
/// plaintext.
class Protection {
 public:
  /// Makes the protection for TLSPlaintext: no key yet.
  Protection() noexcept = default;
  /// `key` has the size that the AEAD needs. `iv` has 12 bytes, or is the shorter fixed part of TLS 1.2, which is
  /// filled up with zeros. Keeps no copy of either outside this value.
  Protection(const Rules& rules, const crypto::AeadImpl& aead, Bytes key, Bytes iv);

  [[nodiscard]] const Rules& rules() const noexcept { return *rules_; }
  /// Returns true if records are encrypted.
  [[nodiscard]] explicit operator bool() const noexcept { return rules_ != &kPlainRules; }
  /// Returns the number of the next record, which is the number of records that were sealed or opened under this key.
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }
  /// Returns the number of bytes that a record adds to its content, apart from padding: header, explicit nonce, inner
  /// type, tag.
  [[nodiscard]] std::size_t overhead() const noexcept {
    return limits::kRecordHeader + (*this ? rules_->explicit_nonce() + rules_->type_bytes() + crypto::kAeadTag : 0);
  }

  /// Writes one record with its header to the front of `out`, in one pass over `content`: content.size() + padding +
  /// overhead() bytes. `version` goes into the header. Preconditions: `padding` is 0 if the type is in the header, and
  /// the sizes are within rules().limit. Fails with sequence_exhausted, and with internal_error if the AEAD rejects its
  /// buffers.
  Result<void> seal(ContentType type, std::uint16_t version, Bytes content, std::size_t padding, MutableBytes out);

  /// Opens a complete record (header and body as received) in place. Precondition: the type in its header was checked
  /// against the rules. Fails with bad_record_mac, plaintext_overflow, no_inner_content_type, unexpected_record_type,
  /// bad_change_cipher_spec and sequence_exhausted. After a failure, the contents of `record` are useless.
  Result<Opened> open(const Header& header, MutableBytes record);

 private:
  friend struct ProtectionTest;  // tests set the sequence number near its end
  Result<void> encrypt(const Header& header, ContentType type, Bytes content, std::size_t padding, MutableBytes out);

  const Rules* rules_ = &kPlainRules;
  crypto::AeadKey key_;
  struct IvRole;
  Secret<IvRole, crypto::kAeadNonce> iv_;
  std::uint64_t sequence_ = 0;
};

/// Returns the protection under the traffic keys of TLS 1.3 (RFC 9846 §7.3). Key and IV come from `secret`, a traffic
/// secret, by HKDF-Expand-Label.
[[nodiscard]] Protection tls13_protection(const crypto::HashImpl& hash, const crypto::AeadImpl& aead, Bytes secret);
/// Returns the protection under keys of TLS 1.2, which are parts of the key block (RFC 5246 §6.3). `key` has
/// key_size(aead.id) bytes, `fixed_iv` has tls12_fixed_iv_size(aead.id) bytes.
[[nodiscard]] Protection tls12_protection(const crypto::AeadImpl& aead, Bytes key, Bytes fixed_iv);

}  // namespace tls::record
