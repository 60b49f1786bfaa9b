// How the names, times and identifiers of a certificate are compared and shown.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/certificate.h"
#include "pki/distinguished_name.h"
#include "pki/oids.h"

namespace tls::pki {

std::string printable(std::string_view text) {
  std::string out(text.substr(0, limits::kMaxDisplayedName));
  for (char& c : out)
    if (c < 0x20 || c > 0x7E) c = '?';
  if (text.size() > limits::kMaxDisplayedName) out += "...";
  return out;
}

std::string display_name(Bytes name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kShown = {{{oid::kCommonName, "CN="},
                                                                                    {oid::kOrganization, "O="},
                                                                                    {oid::kOrganizationalUnit, "OU="},
                                                                                    {oid::kCountry, "C="}}};
  std::string out;
  for (const auto& [id, label] : kShown) {
    (void)for_each_attribute(name, [&, wanted = id, prefix = label](Bytes type, const crypto::DerElement& value) {
      if (!oid::is(type, wanted) || out.size() > limits::kMaxDisplayedName) return;
      if (!out.empty()) out += ", ";
      out += prefix;
      out += printable(as_text(value.value));
    });
  }
  return out.empty() ? "(a name without common name or organization)" : out;
}

std::string display_time(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace tls::pki
