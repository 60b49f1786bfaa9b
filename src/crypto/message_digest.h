// Digests of public data: what signatures are made over, and what is inside their paddings.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "crypto/spki.h"

namespace tls::crypto {

/// A digest that is no secret: its bytes may be compared with ==. At most 64 bytes.
class MessageDigest {
 public:
  [[nodiscard]] Bytes bytes() const& noexcept { return {data_.data(), size_}; }
  Bytes bytes() && = delete;

 private:
  friend MessageDigest message_digest(SchemeHash hash, std::initializer_list<Bytes> parts) noexcept;
  std::array<std::uint8_t, 64> data_{};
  std::size_t size_ = 0;
};

/// The digest of the parts, one after the other; none of them is a secret. By the best implementation for this CPU,
/// whatever a config's provider forces: a verifier of signatures belongs to no config. Does not allocate.
[[nodiscard]] MessageDigest message_digest(SchemeHash hash, std::initializer_list<Bytes> parts) noexcept;

}  // namespace tls::crypto
