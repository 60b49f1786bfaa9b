#include "factory/der_builder.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace sallyport::der {
namespace {

std::string digits(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace

Der element(std::uint8_t tag, tls::Bytes contents) {
  Der out{tag};
  const std::size_t n = contents.size();
  unsigned octets = 0;
  for (std::size_t rest = n; rest != 0; rest >>= 8) ++octets;
  if (n >= 0x80) out.push_back(static_cast<std::uint8_t>(0x80 | octets));
  if (n < 0x80) octets = 1;
  for (unsigned i = octets; i-- > 0;) out.push_back(static_cast<std::uint8_t>(n >> (8 * i)));
  out.insert(out.end(), contents.begin(), contents.end());
  return out;
}

Der concat(std::initializer_list<Der> parts) {
  Der out;
  for (const Der& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Der boolean(bool value) {
  const std::uint8_t octet = value ? 0xFF : 0x00;
  return element(0x01, {&octet, 1});
}

Der integer(std::uint32_t value) {
  const std::array<std::uint8_t, 4> big = {static_cast<std::uint8_t>(value >> 24),
                                           static_cast<std::uint8_t>(value >> 16),
                                           static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
  return integer(tls::Bytes(big));
}

Der integer(tls::Bytes magnitude) {
  while (magnitude.size() > 1 && magnitude[0] == 0) magnitude = magnitude.subspan(1);
  Der value;
  if ((magnitude[0] & 0x80) != 0) value.push_back(0);
  value.insert(value.end(), magnitude.begin(), magnitude.end());
  return element(0x02, value);
}

Der oid(std::string_view dotted) {
  std::vector<std::uint64_t> arcs;
  const char* at = dotted.data();
  const char* const end = at + dotted.size();
  while (at < end) {
    std::uint64_t arc = 0;
    const auto [next, error] = std::from_chars(at, end, arc);
    if (error != std::errc{}) throw std::invalid_argument("not an object identifier");
    arcs.push_back(arc);
    at = next + 1;
  }
  Der value;
  for (std::size_t i = 1; i < arcs.size(); ++i) {
    const std::uint64_t arc = i == 1 ? arcs[0] * 40 + arcs[1] : arcs[i];
    unsigned groups = 1;
    while (groups < 9 && arc >> (7 * groups) != 0) ++groups;
    for (unsigned g = groups; g-- > 0;)
      value.push_back(static_cast<std::uint8_t>((arc >> (7 * g) & 0x7F) | (g == 0 ? 0 : 0x80)));
  }
  return element(0x06, value);
}

Der bit_string(tls::Bytes value, std::uint8_t unused) {
  Der contents{unused};
  contents.insert(contents.end(), value.begin(), value.end());
  return element(0x03, contents);
}

Der time(std::int64_t seconds) {
  const std::string text = digits(seconds);
  const bool utc = text >= "1950" && text < "2050";
  return element(utc ? 0x17 : 0x18, tls::as_bytes(utc ? text.substr(2) : text));
}

Der generalized_time(std::int64_t seconds) { return element(0x18, tls::as_bytes(digits(seconds))); }

}  // namespace sallyport::der
