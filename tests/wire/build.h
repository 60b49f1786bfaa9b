// Messages put together in tests, byte by byte or from a struct.
#pragma once

#include "support/hex.h"
#include "wire/entries.h"
#include "wire/extension.h"
#include "wire/message.h"

namespace tls::wire::test {

using tls::test::hex;
using tls::test::unhex;

/// The body of a message, as its codec writes it.
template <class Message>
ByteVector body_of(const Message& message) {
  ByteVector bytes;
  Writer w(bytes);
  message.encode(w);
  return bytes;
}

/// One extension: type, length, data.
inline ByteVector extension(ExtensionType type, Bytes data) {
  ByteVector bytes;
  Writer w(bytes);
  Extension{type, data}.write(w);
  return bytes;
}

inline ByteVector joined(std::initializer_list<ByteVector> parts) {
  ByteVector all;
  for (const ByteVector& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// `bytes` behind their length in two bytes.
inline ByteVector block16(const ByteVector& bytes) {
  ByteVector all;
  Writer(all).vector16(bytes);
  return all;
}

/// `text` n times.
inline std::string times(std::size_t n, std::string_view text) {
  std::string all;
  while (n-- > 0) all += text;
  return all;
}
/// n in two bytes, as hex.
inline std::string be16(std::size_t n) {
  return hex(ByteVector{static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)});
}
/// n in three bytes, as hex.
inline std::string be24(std::size_t n) {
  return hex(ByteVector{static_cast<std::uint8_t>(n >> 16)}) + be16(n & 0xFFFF);
}

/// Everything that can be offered.
inline constexpr ExtensionSet kAllExtensions = [] {
  ExtensionSet all;
  for (const ExtensionFacts& row : kExtensions) all.insert(row.type);
  return all;
}();

/// What the parse failed with, or nothing.
template <class T>
std::optional<Code> failure(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().code());
}
/// The same, in words.
template <class T>
std::string why(const Result<T>& result) {
  return result ? "parsed" : result.error().detail();
}

}  // namespace tls::wire::test
