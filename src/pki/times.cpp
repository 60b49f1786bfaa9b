#include "pki/times.h"

#include <algorithm>
#include <chrono>

namespace tls::pki {

std::optional<std::int64_t> parse_time(const crypto::DerElement& element) {
  const bool utc = element.tag == crypto::der::kUtcTime;
  if (!utc && element.tag != crypto::der::kGeneralizedTime) return std::nullopt;
  const std::size_t digits = utc ? 12 : 14;
  const Bytes text = element.value;
  if (text.size() != digits + 1 || text[digits] != 'Z') return std::nullopt;
  if (!std::ranges::all_of(text.first(digits), [](std::uint8_t c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  const auto two = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  const std::size_t at = utc ? 2 : 4;
  const int year = utc ? two(0) + (two(0) >= 50 ? 1900 : 2000) : two(0) * 100 + two(2);
  const std::chrono::year_month_day day{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(two(at))),
                                        std::chrono::day(static_cast<unsigned>(two(at + 2)))};
  const int hour = two(at + 4), minute = two(at + 6), second = two(at + 8);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

}  // namespace tls::pki
