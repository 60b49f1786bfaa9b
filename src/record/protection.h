// The protection of one direction under one key: rules, key, IV and sequence number as one value.
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

/// What opening a record gave.
struct Opened {
  ContentType type{};
  MutableBytes content;       ///< inside the record that was given: decrypted in place, type and padding taken off
  std::size_t plaintext = 0;  ///< bytes that were encrypted: content, inner content type, padding
};

/// Seals or opens records under one key, one of the two. The default value is that of the plaintext epoch: content
/// passes as it is. No allocation after construction. Move-only; a value that was moved from fails instead of falling
/// back to plaintext.
class Protection {
 public:
  /// TLSPlaintext: no key yet.
  Protection() noexcept = default;
  /// `key` as the AEAD wants it; `iv` of 12 bytes, or TLS 1.2's shorter fixed part, which is filled up with zeros.
  /// Neither is kept outside this value.
  Protection(const Rules& rules, const crypto::AeadImpl& aead, Bytes key, Bytes iv);

  [[nodiscard]] const Rules& rules() const noexcept { return *rules_; }
  /// True when records are encrypted.
  [[nodiscard]] explicit operator bool() const noexcept { return rules_ != &kPlainRules; }
  /// The number of the next record: how many were sealed or opened under this key.
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }
  /// Bytes by which a record is longer than its content, padding aside: header, explicit nonce, inner type, tag.
  [[nodiscard]] std::size_t overhead() const noexcept {
    return limits::kRecordHeader + (*this ? rules_->explicit_nonce() + rules_->type_bytes() + crypto::kAeadTag : 0);
  }

  /// Writes one record, header included, to the front of `out`: content.size() + padding + overhead() bytes, in one
  /// pass over `content`. `padding` must be 0 where the type stands outside. The sizes are the caller's to keep within
  /// rules().limit. `version` goes into the header. Fails with sequence_exhausted, and internal_error when the AEAD
  /// refuses its buffers.
  Result<void> seal(ContentType type, std::uint16_t version, Bytes content, std::size_t padding, MutableBytes out);

  /// Opens a whole record (header and body as received) in place. The type in its header was checked against the
  /// rules. Fails with bad_record_mac, plaintext_overflow, no_inner_content_type, unexpected_record_type,
  /// bad_change_cipher_spec and sequence_exhausted; `record` holds nothing of use then.
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

/// TLS 1.3's traffic keys (RFC 9846 §7.3): key and IV by HKDF-Expand-Label from a traffic secret.
[[nodiscard]] Protection tls13_protection(const crypto::HashImpl& hash, const crypto::AeadImpl& aead, Bytes secret);
/// TLS 1.2's, cut from the key block (RFC 5246 §6.3): key_size(aead.id) bytes and tls12_fixed_iv_size(aead.id) bytes.
[[nodiscard]] Protection tls12_protection(const crypto::AeadImpl& aead, Bytes key, Bytes fixed_iv);

}  // namespace tls::record
