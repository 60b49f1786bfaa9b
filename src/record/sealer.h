// The sending half of the record layer: cuts data into records and seals them straight into the output.
#pragma once

#include <cstddef>
#include <cstdint>

#include "record/header.h"
#include "record/protection.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::record {

/// Frames and seals one direction. Owns the write keys and no buffer: the only memory that grows is the Output's.
class Sealer {
 public:
  /// Seals at most `records` records (at least one, though `content` is empty) with as much of `content` as they may
  /// hold, in one piece of `out`, and returns how many bytes of content those are. `content` must not lie in `out`.
  /// Fails as Protection::seal; what was sealed before is in `out` then.
  [[nodiscard]] Result<std::size_t> seal(ContentType type, Bytes content, Output& out, std::size_t records = 1);
  /// All of `content`, in as many records as it takes; the output grows at most once.
  Result<void> seal_all(ContentType type, Bytes content, Output& out);
  /// A record without protection, whatever the keys: TLS 1.3's compatibility ChangeCipherSpec and TLS 1.2's own.
  void send_plain(ContentType type, Bytes content, Output& out);
  /// How many records `content` bytes take under the present limits; 1 for none.
  [[nodiscard]] std::size_t records_for(std::size_t content) const noexcept;

  /// From now on records are sealed under these keys.
  void install(Protection protection) noexcept { protection_ = std::move(protection); }
  /// Wipes the keys (RFC 9846 §6.2): nothing is sealed from now on.
  void forget() noexcept { const Protection gone = std::move(protection_); }
  /// RFC 8449: the peer takes at most `bytes` of plaintext in a protected record, all of TLSInnerPlaintext; 0: no limit
  /// but the protocol's. Above the protocol's it has no effect.
  void limit(std::size_t bytes) noexcept { limit_ = bytes; }
  /// Our own limit: no record holds more than `bytes` of content, protected or not. Above the protocol's it has no
  /// effect.
  void fragment(std::size_t bytes) noexcept { fragment_ = bytes; }
  /// RFC 9846 §5.4: content is padded with zeros to a multiple of `block` bytes, as far as a record's limit allows;
  /// 0 or 1: not at all. Has no effect where the content type is not hidden.
  void padding(std::uint16_t block) noexcept { block_ = block; }
  /// legacy_record_version of unprotected handshake records: kInitialRecordVersion until a client's peer has answered.
  void handshake_version(std::uint16_t version) noexcept { handshake_version_ = version; }

  [[nodiscard]] const Protection& protection() const noexcept { return protection_; }
  /// Bytes of content that one record may hold now.
  [[nodiscard]] std::size_t max_content() const noexcept;
  /// Records sent so far, whatever the key.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

 private:
  [[nodiscard]] std::size_t padding_for(std::size_t content) const noexcept;
  /// Bytes on the wire of `content` bytes, padding and all.
  [[nodiscard]] std::size_t sealed_size(std::size_t content) const noexcept;

  Protection protection_;
  std::size_t limit_ = 0, fragment_ = limits::kMaxPlaintext;
  std::uint64_t sent_ = 0;
  std::uint16_t block_ = 0;
  std::uint16_t handshake_version_ = kRecordVersion;
};

}  // namespace tls::record
