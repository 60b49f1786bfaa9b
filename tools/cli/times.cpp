#include "cli/times.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace sallyport::cli {
namespace {

/// A number of digits alone.
std::optional<std::int64_t> number(std::string_view digits) {
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.starts_with('-') || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

/// The numbers of `text` at the letters of `form`, of which all others stand in `text` as they are.
std::optional<std::array<std::int64_t, 6>> fields(std::string_view text, std::string_view form) {
  if (text.size() != form.size()) return std::nullopt;
  std::array<std::int64_t, 6> out{};
  std::size_t count = 0;
  for (std::size_t at = 0; at < form.size();) {
    const std::size_t end = form[at] == '#' ? form.find_first_not_of('#', at) : at + 1;
    const std::string_view part = text.substr(at, end == form.npos ? form.npos : end - at);
    if (form[at] != '#') {
      if (part[0] != form[at]) return std::nullopt;
    } else if (const auto value = number(part)) {
      out[count++] = *value;
    } else {
      return std::nullopt;
    }
    at += part.size();
  }
  return out;
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  using namespace std::chrono;
  if (const auto seconds = number(text)) return *seconds <= kLastSecond ? seconds : std::nullopt;
  auto parts = fields(text, "####-##-##T##:##:##Z");
  if (!parts) parts = fields(text, "####-##-##");
  if (!parts) return std::nullopt;
  const auto [y, mon, d, h, min, s] = *parts;
  const year_month_day date{year(static_cast<int>(y)), month(static_cast<unsigned>(mon)),
                            day(static_cast<unsigned>(d))};
  if (y < 1970 || !date.ok() || h > 23 || min > 59 || s > 59) return std::nullopt;
  return seconds(sys_days(date).time_since_epoch()).count() + h * 3600 + min * 60 + s;
}

std::string rfc3339(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace sallyport::cli
