// Packer: writes fields into a buffer of known size. No allocation, and no copy of a secret is left behind.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tls/bytes.h"

namespace tls::session {

/// Writes into memory that it does not own. Precondition: the memory has room for all bytes that are written.
class Packer {
 public:
  explicit Packer(MutableBytes out) noexcept : out_(out) {}
  void number(std::uint64_t v, unsigned width) noexcept {
    for (unsigned i = width; i-- > 0;) out_[at_++] = static_cast<std::uint8_t>(v >> (8 * i));
  }
  void bytes(Bytes b) noexcept {
    std::ranges::copy(b, out_.subspan(at_).begin());
    at_ += b.size();
  }
  /// Writes `b` after its length, which takes `width` bytes.
  void vector(Bytes b, unsigned width) noexcept {
    number(b.size(), width);
    bytes(b);
  }

 private:
  MutableBytes out_;
  std::size_t at_ = 0;
};

}  // namespace tls::session
