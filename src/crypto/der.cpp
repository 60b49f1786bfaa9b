#include "crypto/der.h"

namespace tls::crypto {

DerElement DerReader::next() noexcept {
  if (rest_.size() < 2 || (rest_[0] & 0x1F) == 0x1F) {  // a tag number of 31 or more needs further octets
    fail();
    return {};
  }
  std::size_t header = 2, length = rest_[1];
  if (length >= 0x80) {
    const std::size_t octets = length & 0x7F;
    if (octets == 0 || octets > 4 || rest_.size() < 2 + octets) {  // X.690 §10.1: no indefinite length
      fail();
      return {};
    }
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) length = length << 8 | rest_[2 + i];
    header += octets;
    const std::size_t shortest = length < 0x80        ? 0
                                 : length < 0x100     ? 1
                                 : length < 0x10000   ? 2
                                 : length < 0x1000000 ? 3
                                                      : 4;
    if (octets != shortest) {  // X.690 §10.1: the shortest form
      fail();
      return {};
    }
  }
  if (length > rest_.size() - header) {
    fail();
    return {};
  }
  const DerElement element{rest_[0], rest_.subspan(header, length), rest_.first(header + length)};
  rest_ = rest_.subspan(header + length);
  return element;
}

DerElement DerReader::take(std::uint8_t tag) noexcept {
  const DerElement element = next();
  if (element.tag == tag) return element;
  fail();
  return {};
}

std::optional<DerElement> DerReader::take_if(std::uint8_t tag) noexcept {
  if (!next_is(tag)) return std::nullopt;
  return next();
}

bool DerReader::boolean() noexcept {
  const Bytes value = take(der::kBoolean).value;
  if (value.size() == 1 && (value[0] == 0x00 || value[0] == 0xFF)) return value[0] != 0;
  fail();
  return false;
}

std::uint32_t DerReader::small_integer() noexcept {
  const Bytes value = take(der::kInteger).value;
  const bool minimal = value.size() < 2 || value[0] != 0 || (value[1] & 0x80) != 0;
  if (value.empty() || value.size() > 4 || (value[0] & 0x80) != 0 || !minimal) {
    fail();
    return 0;
  }
  std::uint32_t number = 0;
  for (std::uint8_t b : value) number = number << 8 | b;
  return number;
}

Bytes DerReader::positive_integer() noexcept {
  const Bytes value = take(der::kInteger).value;
  const bool negative = !value.empty() && value[0] >= 0x80;
  const bool padded = value.size() > 1 && value[0] == 0 && value[1] < 0x80;
  const bool zero = value.size() == 1 && value[0] == 0;
  if (value.empty() || negative || padded || zero) {
    fail();
    return {};
  }
  return value[0] == 0 ? value.subspan(1) : value;
}

}  // namespace tls::crypto
