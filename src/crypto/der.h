// Just enough DER (X.690 §10) to take keys apart: definite lengths in their shortest form, known tags.
#pragma once

#include "base/reader.h"

namespace tls::crypto::der {

inline constexpr std::uint8_t kInteger = 0x02, kBitString = 0x03, kOctetString = 0x04, kNull = 0x05, kOid = 0x06,
                              kSequence = 0x30;
/// [n] EXPLICIT, or IMPLICIT around something constructed.
constexpr std::uint8_t context(unsigned n) { return static_cast<std::uint8_t>(0xA0 | n); }

/// The contents of the next element, which must have this tag; the reader fails otherwise.
[[nodiscard]] Bytes element(Reader& reader, std::uint8_t tag) noexcept;
/// The next element with its tag and length, whatever it is.
[[nodiscard]] Bytes any(Reader& reader) noexcept;
/// True when the next element has this tag; nothing is taken.
[[nodiscard]] bool next_is(const Reader& reader, std::uint8_t tag) noexcept;
/// A positive INTEGER without its leading zero; the reader fails for zero, negative and padded ones.
[[nodiscard]] Bytes positive_integer(Reader& reader) noexcept;

}  // namespace tls::crypto::der
