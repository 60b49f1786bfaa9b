// Writer: writes the TLS presentation language (RFC 9846 §3) to a vector. A length prefix is a scope.
#pragma once

#include <cassert>
#include <cstdint>
#include <vector>

#include "tls/bytes.h"

namespace tls {

using ByteVector = std::vector<std::uint8_t>;

/// Appends to a vector that it does not own.
class Writer {
 public:
  explicit Writer(ByteVector& out) noexcept : out_(out) {}

  void u8(std::uint64_t v) { number(v, 1); }
  void u16(std::uint64_t v) { number(v, 2); }
  void u24(std::uint64_t v) { number(v, 3); }
  void u32(std::uint64_t v) { number(v, 4); }
  void u64(std::uint64_t v) { number(v, 8); }
  void bytes(Bytes b) { out_.insert(out_.end(), b.begin(), b.end()); }
  void vector8(Bytes b) { u8(b.size()), bytes(b); }
  void vector16(Bytes b) { u16(b.size()), bytes(b); }
  void vector24(Bytes b) { u24(b.size()), bytes(b); }

  /// Writes a length of `width` bytes, then the bytes that `body()` writes. Precondition: their length fits into
  /// `width` bytes. Encoders fulfil it because they write validated values.
  template <class Body>
  void prefixed(unsigned width, Body&& body) {
    const std::size_t at = out_.size();
    number(0, width);
    body();
    std::size_t length = out_.size() - at - width;
    assert(width >= sizeof(length) || length >> (8 * width) == 0);
    for (unsigned i = width; i-- > 0; length >>= 8) out_[at + i] = static_cast<std::uint8_t>(length);
  }
  [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
  [[nodiscard]] ByteVector& buffer() noexcept { return out_; }

 private:
  void number(std::uint64_t v, unsigned n) {
    assert(n == 8 || v >> (8 * n) == 0);
    for (unsigned i = n; i-- > 0;) out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  }
  ByteVector& out_;
};

}  // namespace tls
