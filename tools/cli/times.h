// Times on the command line and in JSON: RFC 3339 in UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::cli {

/// The last second that can be written: 9999-12-31T23:59:59Z.
inline constexpr std::int64_t kLastSecond = 253402300799;

/// Seconds since 1970 from "1798761600", "2027-01-01" (its first second) or "2027-01-01T12:00:00Z", from 1970 to
/// kLastSecond; nullopt for another text, and for a day or an hour that the calendar does not have.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text);

/// "2027-01-01T12:00:00Z".
[[nodiscard]] std::string rfc3339(std::int64_t seconds);

}  // namespace sallyport::cli
