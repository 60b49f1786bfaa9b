// Reader: reads the TLS presentation language (RFC 9846 §3) from bytes. All bounds checks are here.
#pragma once

#include <cstdint>
#include <optional>

#include "tls/bytes.h"

namespace tls {

/// A cursor over bytes that it does not own. After a read that found too few bytes, the reader has failed for good, so
/// a parser may check once, at its end, with `done()`.
class Reader {
 public:
  explicit Reader(Bytes bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
  [[nodiscard]] std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  [[nodiscard]] std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(number(3)); }
  [[nodiscard]] std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
  [[nodiscard]] std::uint64_t u64() noexcept { return number(8); }

  /// Returns exactly n bytes. If there are fewer, fails and returns an empty span.
  [[nodiscard]] Bytes take(std::size_t n) noexcept {
    if (failed_ || n > rest_.size()) {
      fail();
      return {};
    }
    Bytes taken = rest_.first(n);
    rest_ = rest_.subspan(n);
    return taken;
  }
  /// Returns the contents of an opaque<min..max> with a length prefix of 1, 2 or 3 bytes.
  [[nodiscard]] Bytes vector8(std::size_t min = 0, std::size_t max = 0xFF) noexcept { return vector(u8(), min, max); }
  [[nodiscard]] Bytes vector16(std::size_t min = 0, std::size_t max = 0xFFFF) noexcept {
    return vector(u16(), min, max);
  }
  [[nodiscard]] Bytes vector24(std::size_t min = 0, std::size_t max = 0xFFFFFF) noexcept {
    return vector(u24(), min, max);
  }
  /// Returns all bytes that are left.
  [[nodiscard]] Bytes rest() noexcept { return take(rest_.size()); }

  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }
  [[nodiscard]] bool ok() const noexcept { return !failed_; }
  /// Returns true if nothing failed and no byte is left.
  [[nodiscard]] bool done() const noexcept { return !failed_ && rest_.empty(); }

 private:
  std::uint64_t number(std::size_t n) noexcept {
    std::uint64_t value = 0;
    for (std::uint8_t b : take(n)) value = value << 8 | b;
    return value;
  }
  Bytes vector(std::size_t length, std::size_t min, std::size_t max) noexcept {
    if (length < min || length > max) fail();
    return take(length);
  }

  Bytes rest_;
  bool failed_ = false;
};

}  // namespace tls
