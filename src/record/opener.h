// The receiving half of the record layer: finds records in the input and opens them in place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "record/header.h"
#include "record/protection.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::record {

/// A record as far as its header goes.
struct Frame {
  Header header;
  MutableBytes bytes;       ///< header and body, when missing is 0: the front of the input
  std::size_t missing = 0;  ///< bytes that must still arrive before the record, or at first its header, is whole
  bool has_header = false;  ///< `header` was read and judged, though the body may be missing
};

/// A record that was opened.
struct Record {
  ContentType type{};
  MutableBytes content;        ///< in the caller's buffer
  bool was_protected = false;  ///< authenticated: sent under the peer's current key
};

/// Deframes and opens one direction. Owns the read keys and no buffer. Failures are final but for bad_record_mac, after
/// which refused early data may be skipped.
class Opener {
 public:
  /// Looks for a record at the front of `in`. All that a header can tell is checked as soon as it is there, before the
  /// body is waited for: fails with not_tls, wrong_record_version, unexpected_record_type, unprotected_record and
  /// record_overflow.
  [[nodiscard]] Result<Frame> frame(MutableBytes in) const;
  /// Opens a whole frame in place. See Protection::open.
  [[nodiscard]] Result<Record> open(const Frame& frame);
  /// Counts a record that was not opened and is forgotten.
  void skip() noexcept { ++received_; }

  /// From the next record on the peer writes under these keys.
  void install(Protection protection) noexcept { protection_ = std::move(protection); }
  /// Wipes the keys (RFC 9846 §6.2): nothing is opened from now on.
  void forget() noexcept { const Protection gone = std::move(protection_); }
  /// RFC 8449: protected records hold at most `bytes` of plaintext, all of TLSInnerPlaintext; 0: no limit but the
  /// protocol's.
  void limit(std::size_t bytes) noexcept { limit_ = bytes; }

  [[nodiscard]] const Protection& protection() const noexcept { return protection_; }
  /// Records received so far, whatever the key.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  [[nodiscard]] bool passes_unprotected(ContentType type) const noexcept;
  [[nodiscard]] Result<void> check(const Header& header) const;

  Protection protection_;
  std::size_t limit_ = 0;
  std::uint64_t received_ = 0;
  bool peer_has_keys_ = false;  // it has sent a record under keys
};

}  // namespace tls::record
