// DerReader: takes DER (ITU-T X.690) from bytes. Only what keys and certificates need: single-byte tags, definite
// minimal lengths.
#pragma once

#include <cstdint>
#include <optional>

#include "tls/bytes.h"

namespace tls::crypto {

/// Identifier octets that occur in certificates and keys.
namespace der {
inline constexpr std::uint8_t kBoolean = 0x01, kInteger = 0x02, kBitString = 0x03, kOctetString = 0x04, kNull = 0x05,
                              kOid = 0x06, kEnumerated = 0x0A, kUtf8String = 0x0C, kPrintableString = 0x13,
                              kTeletexString = 0x14, kIa5String = 0x16, kUtcTime = 0x17, kGeneralizedTime = 0x18,
                              kSequence = 0x30, kSet = 0x31;
/// [n], primitive.
[[nodiscard]] constexpr std::uint8_t context(unsigned n) noexcept { return static_cast<std::uint8_t>(0x80 | n); }
/// [n], constructed.
[[nodiscard]] constexpr std::uint8_t context_constructed(unsigned n) noexcept {
  return static_cast<std::uint8_t>(0xA0 | n);
}
}  // namespace der

/// One TLV.
struct DerElement {
  std::uint8_t tag = 0;
  Bytes value;  ///< contents octets
  Bytes whole;  ///< identifier, length and contents
};

/// A cursor over DER that it does not own. After a failure it stays failed and gives empty elements, so that a parser
/// may check once at its end with `done()`.
class DerReader {
 public:
  explicit DerReader(Bytes bytes) noexcept : rest_(bytes) {}

  /// The next element, whatever its tag.
  [[nodiscard]] DerElement next() noexcept;
  /// The next element, which must have this tag.
  [[nodiscard]] DerElement take(std::uint8_t tag) noexcept;
  /// True when the next element has this tag; nothing is taken.
  [[nodiscard]] bool next_is(std::uint8_t tag) const noexcept { return !rest_.empty() && rest_[0] == tag; }
  /// The next element if it has this tag.
  [[nodiscard]] std::optional<DerElement> take_if(std::uint8_t tag) noexcept;
  /// A BOOLEAN, which DER encodes as 00 or FF.
  [[nodiscard]] bool boolean() noexcept;
  /// A non-negative INTEGER of at most 31 bits.
  [[nodiscard]] std::uint32_t small_integer() noexcept;
  /// The octets of a positive INTEGER without its leading zero.
  [[nodiscard]] Bytes positive_integer() noexcept;

  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] bool ok() const noexcept { return !failed_; }
  /// Nothing failed and nothing is left over.
  [[nodiscard]] bool done() const noexcept { return !failed_ && rest_.empty(); }

 private:
  Bytes rest_;
  bool failed_ = false;
};

}  // namespace tls::crypto
