#include "vectors/case.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace tls::vectors {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ByteVector unhex(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return {text.begin() + 1, text.end() - 1};
  ByteVector out;
  out.reserve(text.size() / 2);
  int high = -1;
  for (char c : text) {
    if (is_space(c)) continue;
    const int d = digit(c);
    if (d < 0) throw BadVector("not hex: " + std::string(text.substr(0, 40)));
    if (high < 0) {
      high = d;
    } else {
      out.push_back(static_cast<std::uint8_t>(high << 4 | d));
      high = -1;
    }
  }
  if (high >= 0) throw BadVector("an odd number of hex digits: " + std::string(text.substr(0, 40)));
  return out;
}

std::string hex(const ByteVector& bytes) {
  std::string out;
  for (std::uint8_t b : bytes) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  const auto plain = [](std::string_view text) {
    std::string out;
    for (char c : text)
      if (std::isalnum(static_cast<unsigned char>(c)) != 0)
        out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
  };
  return plain(a) == plain(b);
}

void Case::set(std::string_view name, std::string_view value) {
  for (auto& [known, text] : values_)
    if (known == name) {
      text = value;
      return;
    }
  values_.emplace_back(name, value);
}

bool Case::has(std::string_view name) const noexcept {
  return std::ranges::any_of(values_, [&](const auto& row) { return row.first == name; });
}

const std::string& Case::text(std::string_view name) const {
  for (const auto& [known, value] : values_)
    if (known == name) return value;
  throw BadVector("there is no \"" + std::string(name) + "\"");
}

ByteVector Case::bytes(std::string_view name) const { return unhex(text(name)); }

ByteVector Case::bytes_or_empty(std::string_view name) const { return has(name) ? bytes(name) : ByteVector{}; }

std::size_t Case::number(std::string_view name) const {
  const std::string& value = text(name);
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc{} || end != value.data() + value.size()) throw BadVector("not a number: " + value);
  return out;
}

}  // namespace tls::vectors
