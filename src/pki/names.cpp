// How the names, times and identifiers of a certificate are compared and shown.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/certificate.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

/// Calls `visit(rdn, oid, value element)` for each attribute of a Name, in order. False: the Name is malformed.
template <class Visit>
bool for_each_attribute(Bytes name, Visit&& visit) {
  crypto::DerReader outer(name);
  crypto::DerReader rdns(outer.take(crypto::der::kSequence).value);
  for (std::size_t index = 0; rdns.ok() && !rdns.empty(); ++index) {
    crypto::DerReader rdn(rdns.take(crypto::der::kSet).value);
    while (rdn.ok() && !rdn.empty()) {
      crypto::DerReader attribute(rdn.take(crypto::der::kSequence).value);
      const Bytes id = attribute.take(crypto::der::kOid).value;
      const crypto::DerElement value = attribute.next();
      if (!attribute.done()) return false;
      visit(index, id, value);
    }
    if (!rdn.done()) return false;
  }
  return outer.done() && rdns.done();
}

bool is_text(std::uint8_t tag) {
  return tag == crypto::der::kUtf8String || tag == crypto::der::kPrintableString || tag == crypto::der::kIa5String ||
         tag == crypto::der::kTeletexString;
}

/// RFC 5280 §7.1: letter case and the amount of white space do not count.
std::string folded(Bytes text) {
  std::string out;
  for (const char c : as_text(text)) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

void append_length(std::string& out, std::size_t n) {
  out += static_cast<char>(n >> 16), out += static_cast<char>(n >> 8), out += static_cast<char>(n);
}

}  // namespace

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
    (void)for_each_attribute(
        name, [&, wanted = id, prefix = label](std::size_t, Bytes type, const crypto::DerElement& value) {
          if (!oid::is(type, wanted) || out.size() > limits::kMaxDisplayedName) return;
          if (!out.empty()) out += ", ";
          out += prefix;
          out += printable(as_text(value.value));
        });
  }
  return out.empty() ? "(a name without common name or organization)" : out;
}

std::string canonical_name(Bytes name) {
  std::vector<std::string> attributes;
  const bool well_formed = for_each_attribute(name, [&](std::size_t rdn, Bytes type, const crypto::DerElement& value) {
    std::string one;
    append_length(one, rdn);
    append_length(one, type.size());
    one += as_text(type);
    const std::string text = is_text(value.tag) ? folded(value.value) : std::string(as_text(value.whole));
    one += is_text(value.tag) ? 't' : 'r';
    append_length(one, text.size());
    attributes.push_back(one + text);
  });
  if (!well_formed) return std::string(as_text(name));
  std::ranges::sort(attributes);  // the attributes of one RDN are a set; the RDN's number keeps the RDNs in order
  std::string out;
  for (const std::string& one : attributes) out += one;
  return out;
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

std::string display_oid(Bytes oid) {
  std::string out;
  std::uint64_t arc = 0;
  for (const std::uint8_t b : oid) {
    arc = arc << 7 | (b & 0x7F);
    if ((b & 0x80) != 0) continue;
    if (out.empty()) {
      const std::uint64_t first = arc < 80 ? arc / 40 : 2;
      out = std::to_string(first) + "." + std::to_string(arc - 40 * first);
    } else {
      out += "." + std::to_string(arc);
    }
    arc = 0;
  }
  return out;
}

}  // namespace tls::pki
