// The receiving half of the record layer. It finds records in the input and opens them in place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "record/header.h"
#include "record/protection.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::record {

/// A record that frame() found, as far as it has arrived.
struct Frame {
  Header header;
  MutableBytes bytes;       ///< header and body, at the front of the input. Set if missing is 0
  std::size_t missing = 0;  ///< bytes that must still arrive to complete first the header, then the record
  bool has_header = false;  ///< `header` was read and checked. The body may still be missing
};

/// A record that was opened.
struct Record {
  ContentType type{};
  MutableBytes content;        ///< in the caller's buffer
  bool was_protected = false;  ///< authenticated: the peer sent it under its current key
};

/// Deframes and opens the records of one direction. Owns the read keys, but no buffer. Failures are final. The
/// exception is bad_record_mac: after it, rejected early data may be skipped.
class Opener {
 public:
  /// Looks for a record at the front of `in`. Checks the header as soon as it has arrived, before the body. Fails with
  /// not_tls, wrong_record_version, unexpected_record_type, unprotected_record and record_overflow.
  [[nodiscard]] Result<Frame> frame(MutableBytes in) const;
  /// Opens a complete frame in place. Fails as Protection::open() does, and with plaintext_overflow above limit().
  [[nodiscard]] Result<Record> open(const Frame& frame);
  /// Counts a record that was dropped without being opened.
  void skip() noexcept { ++received_; }

  /// Installs the peer's keys for all following records.
  void install(Protection protection) noexcept { protection_ = std::move(protection); }
  /// Wipes the keys (RFC 9846 §6.2). Nothing is opened after this.
  void forget() noexcept { const Protection gone = std::move(protection_); }
  /// Sets our record_size_limit (RFC 8449): protected records hold at most `bytes` of plaintext, counted as the whole
  /// TLSInnerPlaintext. 0: the protocol's limit alone.
  void limit(std::size_t bytes) noexcept { limit_ = bytes; }

  [[nodiscard]] const Protection& protection() const noexcept { return protection_; }
  /// Returns the number of records received so far, under all keys.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  [[nodiscard]] bool passes_unprotected(ContentType type) const noexcept;
  [[nodiscard]] Result<void> check(const Header& header) const;

  Protection protection_;
  std::size_t limit_ = 0;
  std::uint64_t received_ = 0;
  bool peer_has_keys_ = false;  // the peer has sent a record under keys
};

}  // namespace tls::record
