#include "crypto/der.h"

namespace tls::crypto::der {
namespace {

/// X.690 §8.1.3, §10.1: the length in its shortest form. At most 3 bytes: keys are smaller than 16 MiB.
std::size_t length(Reader& reader) noexcept {
  const std::uint8_t first = reader.u8();
  if (first < 0x80) return first;
  const std::size_t value = first == 0x81 ? reader.u8() : first == 0x82 ? reader.u16() : reader.u24();
  const std::size_t least = first == 0x81 ? 0x80 : first == 0x82 ? 0x100 : 0x10000;
  if (first < 0x81 || first > 0x83 || value < least) reader.fail();
  return value;
}

}  // namespace

bool next_is(const Reader& reader, std::uint8_t tag) noexcept {
  Reader ahead = reader;
  return ahead.u8() == tag && ahead.ok();
}

Bytes element(Reader& reader, std::uint8_t tag) noexcept {
  if (reader.u8() != tag) reader.fail();
  return reader.take(length(reader));
}

Bytes any(Reader& reader) noexcept {
  Reader whole = reader;
  (void)reader.u8();
  (void)reader.take(length(reader));
  return reader.ok() ? whole.take(whole.remaining() - reader.remaining()) : Bytes{};
}

Bytes positive_integer(Reader& reader) noexcept {
  const Bytes value = element(reader, kInteger);
  const bool negative = !value.empty() && value[0] >= 0x80;
  const bool padded = value.size() > 1 && value[0] == 0 && value[1] < 0x80;
  const bool zero = value.size() == 1 && value[0] == 0;
  if (value.empty() || negative || padded || zero) {
    reader.fail();
    return {};
  }
  return value[0] == 0 ? value.subspan(1) : value;
}

}  // namespace tls::crypto::der
