#include "base/base64.h"

#include <cstdint>

#include "base/constant_time.h"

namespace tls {
namespace {

/// All ones where low <= value <= high, else zero; all three are below 2^30.
constexpr std::int32_t within(std::int32_t value, std::int32_t low, std::int32_t high) noexcept {
  return ((low - 1 - value) & (value - high - 1)) >> 31;
}

/// The value of a character, 0 to 63; negative: it is not of the alphabet.
constexpr std::int32_t value_of(char character) noexcept {
  const auto c = static_cast<std::int32_t>(static_cast<unsigned char>(character));
  std::int32_t value = -1;
  value += within(c, 'A', 'Z') & (c - 'A' + 1);
  value += within(c, 'a', 'z') & (c - 'a' + 26 + 1);
  value += within(c, '0', '9') & (c - '0' + 52 + 1);
  value += within(c, '+', '+') & (62 + 1);
  value += within(c, '/', '/') & (63 + 1);
  return value;
}

/// `value` is 0 to 63.
constexpr char character_of(std::int32_t value) noexcept {
  std::int32_t c = 0;
  c += within(value, 0, 25) & (value + 'A');
  c += within(value, 26, 51) & (value - 26 + 'a');
  c += within(value, 52, 61) & (value - 52 + '0');
  c += within(value, 62, 62) & '+';
  c += within(value, 63, 63) & '/';
  return static_cast<char>(c);
}

static_assert(value_of('A') == 0 && value_of('Z') == 25 && value_of('a') == 26 && value_of('z') == 51 &&
              value_of('0') == 52 && value_of('9') == 61 && value_of('+') == 62 && value_of('/') == 63 &&
              value_of('=') < 0 && value_of('@') < 0 && value_of('[') < 0 && value_of('`') < 0 && value_of('{') < 0);

/// Whether `value` is not zero. That a text holds another character, or bits too many, is no secret.
bool declassified(std::uint32_t value) noexcept {
  unpoison({reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
  return value != 0;
}

/// The value of four characters, 24 bits, in `group`; false: one of them is not of the alphabet.
bool take_group(std::string_view text, std::uint32_t& group) noexcept {
  const std::int32_t a = value_of(text[0]), b = value_of(text[1]), c = value_of(text[2]), d = value_of(text[3]);
  group = static_cast<std::uint32_t>(a << 18 | b << 12 | c << 6 | d);
  return !declassified(static_cast<std::uint32_t>(a | b | c | d) >> 31);
}

/// Whether what is left of `text` is `count` characters '=', and characters of `ignored`.
bool is_padding(std::string_view text, std::size_t count, std::string_view ignored) noexcept {
  for (const char c : text) {
    if (c == '=' && count != 0)
      --count;
    else if (ignored.find(c) == std::string_view::npos)
      return false;
  }
  return count == 0;
}

}  // namespace

std::optional<std::size_t> decode_base64(std::string_view text, std::string_view ignored, MutableBytes out) noexcept {
  std::uint32_t bits = 0;  // the last `pending` of them wait for the rest of their byte
  unsigned pending = 0;
  std::size_t size = 0, at = 0;
  while (at < text.size()) {
    std::uint32_t group = 0;
    if (pending == 0 && text.size() - at >= 4 && take_group(text.substr(at, 4), group)) {
      for (const unsigned shift : {16U, 8U, 0U}) out[size++] = static_cast<std::uint8_t>(group >> shift);
      at += 4;
      continue;
    }
    const std::int32_t value = value_of(text[at]);
    if (declassified(static_cast<std::uint32_t>(value) >> 31)) {
      if (ignored.find(text[at]) == std::string_view::npos) break;
      ++at;
      continue;
    }
    ++at;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    pending += 6;
    if (pending < 8) continue;
    pending -= 8;
    out[size++] = static_cast<std::uint8_t>(bits >> pending);
  }
  // 6 pending bits are a character alone; 4 or 2 are the zeros that fill the last character up.
  if (pending == 6 || declassified(bits & ((1U << pending) - 1))) return std::nullopt;
  if (!is_padding(text.substr(at), pending / 2, ignored)) return std::nullopt;
  return size;
}

std::string encode_base64(Bytes bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes = bytes.subspan(bytes.size() < 3 ? bytes.size() : 3)) {
    const std::size_t present = bytes.size() < 3 ? bytes.size() : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = (group << 8) | (i < present ? bytes[i] : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= present ? character_of(static_cast<std::int32_t>(group >> (18 - 6 * i) & 63)) : '=';
  }
  return text;
}

}  // namespace tls
