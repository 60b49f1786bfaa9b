// The sending half of the record layer. It splits data into records and seals them directly into the output.
#pragma once

#include <cstddef>
#include <cstdint>

#include "record/header.h"
#include "record/protection.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::record {

/// Frames and seals the records of one direction. Owns the write keys, but no buffer: the Output is the only memory
/// that grows.
class Sealer {
 public:
  /// Seals at most `records` records with as much of `content` as they can hold, in one contiguous piece of `out`.
  /// Seals at least one record, even if `content` is empty. Returns the number of bytes of content that were sealed.
  /// `content` must not lie in `out`. Fails as Protection::seal() does. After a failure, `out` holds the records that
  /// were sealed before it.
  [[nodiscard]] Result<std::size_t> seal(ContentType type, Bytes content, Output& out, std::size_t records = 1);
  /// Seals all of `content`, in as many records as needed. The output grows at most once.
  Result<void> seal_all(ContentType type, Bytes content, Output& out);
  /// Sends a record without protection, whatever keys are installed: the compatibility ChangeCipherSpec of TLS 1.3 and
  /// the ChangeCipherSpec of TLS 1.2.
  void send_plain(ContentType type, Bytes content, Output& out);
  /// Returns the number of records that `content` bytes take under the present limits, at least 1.
  [[nodiscard]] std::size_t records_for(std::size_t content) const noexcept;

  /// Installs the keys for all following records.
  void install(Protection protection) noexcept { protection_ = std::move(protection); }
  /// Wipes the keys (RFC 9846 §6.2). Nothing is sealed after this.
  void forget() noexcept { const Protection gone = std::move(protection_); }
  /// Sets the peer's record_size_limit (RFC 8449): a protected record holds at most `bytes` of plaintext, counted as
  /// the whole TLSInnerPlaintext. 0: the protocol's limit alone. A value above the protocol's limit has no effect.
  void limit(std::size_t bytes) noexcept { limit_ = bytes; }
  /// Sets our own limit: a record holds at most `bytes` of content, protected or not. A value above the protocol's
  /// limit has no effect.
  void fragment(std::size_t bytes) noexcept { fragment_ = bytes; }
  /// Sets the padding (RFC 9846 §5.4): content is padded with zeros to a multiple of `block` bytes, as far as the
  /// record's limit allows. 0 or 1: no padding. Has no effect if the content type is not encrypted.
  void padding(std::uint16_t block) noexcept { block_ = block; }
  /// Sets the legacy_record_version of unprotected handshake records. It is kInitialRecordVersion for a client until
  /// the peer has answered.
  void handshake_version(std::uint16_t version) noexcept { handshake_version_ = version; }

  [[nodiscard]] const Protection& protection() const noexcept { return protection_; }
  /// Returns the number of bytes of content that one record can hold now.
  [[nodiscard]] std::size_t max_content() const noexcept;
  /// Returns the number of records sent so far, under all keys.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

 private:
  [[nodiscard]] std::size_t padding_for(std::size_t content) const noexcept;
  /// Returns the number of bytes on the wire for `content` bytes, with padding.
  [[nodiscard]] std::size_t sealed_size(std::size_t content) const noexcept;

  Protection protection_;
  std::size_t limit_ = 0, fragment_ = limits::kMaxPlaintext;
  std::uint64_t sent_ = 0;
  std::uint16_t block_ = 0;
  std::uint16_t handshake_version_ = kRecordVersion;
};

}  // namespace tls::record
