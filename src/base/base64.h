// Base64 (RFC 4648 §4) for keys: without branches and look-ups that depend on the values of characters or bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tls/bytes.h"

namespace tls {

/// The most bytes that `characters` of base64 stand for.
[[nodiscard]] constexpr std::size_t base64_decoded_most(std::size_t characters) noexcept {
  return characters / 4 * 3 + 3;
}

/// Decodes `text` into `out`, which has room for base64_decoded_most() bytes, and returns how many came out. Characters
/// of `ignored` may stand anywhere. Empty: another character, missing or wrong padding, or bits behind the last byte
/// that are not zero. The time depends on the length of `text`, and on where characters outside of the alphabet stand.
[[nodiscard]] std::optional<std::size_t> decode_base64(std::string_view text, std::string_view ignored,
                                                       MutableBytes out) noexcept;

/// With padding, without line ends. The time depends on the length alone.
[[nodiscard]] std::string encode_base64(Bytes bytes);

}  // namespace tls
