#include "pki/internet_names.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tls::pki {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }

/// Characters by what they may stand in.
enum : std::uint8_t { kAtext = 1, kUserinfo = 2 };
constexpr std::array<std::uint8_t, 128> kClasses = [] {
  std::array<std::uint8_t, 128> table{};
  const auto mark = [&](std::string_view characters, std::uint8_t as) {
    for (const char c : characters) table[static_cast<std::size_t>(c)] |= as;
  };
  for (char c = '!'; c <= '~'; ++c)
    if (is_letter(c) || is_digit(c)) table[static_cast<std::size_t>(c)] = kAtext | kUserinfo;
  mark("!#$%&'*+-/=?^_`{|}~", kAtext);   // RFC 5322 §3.2.3
  mark("-._~!$&'()*+,;=:%", kUserinfo);  // RFC 3986 §3.2.1
  return table;
}();

constexpr bool is(char c, std::uint8_t kind) noexcept {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte < 0x80 && (kClasses[byte] & kind) != 0;
}
constexpr bool is_beyond_ascii(char c) noexcept { return static_cast<std::uint8_t>(c) >= 0x80; }

/// Quoted-string (RFC 5321 §4.1.2); 0: malformed, else its length.
std::size_t take_quoted(std::string_view text, bool utf8, std::string& local) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\' && ++i == text.size()) return 0;
    const bool printable = text[i] >= 0x20 && text[i] <= 0x7E;
    if (!printable && !(utf8 && is_beyond_ascii(text[i]))) return 0;
    local += text[i];
  }
  return 0;
}

/// Dot-string; 0: malformed, else its length.
std::size_t take_dot_string(std::string_view text, bool utf8, std::string& local) {
  std::size_t i = 0;
  bool dot = true;  // where a dot must not stand
  for (; i < text.size() && text[i] != '@'; ++i) {
    const bool atext = is(text[i], kAtext) || (utf8 && is_beyond_ascii(text[i]));
    if (!atext && (dot || text[i] != '.')) return 0;
    dot = !atext;
  }
  if (dot) return 0;
  local = text.substr(0, i);
  return i;
}

}  // namespace

bool ends_in_number(std::string_view host) noexcept {
  const std::string_view label = host.substr(host.rfind('.') + 1);  // npos + 1 is 0
  if (!label.starts_with("0x")) return std::ranges::all_of(label, is_digit);
  return std::ranges::all_of(label.substr(2), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool parse_mailbox(std::string_view text, MailboxKind kind, Mailbox& out) {
  out.local.clear();
  const bool utf8 = kind == MailboxKind::utf8;
  const std::size_t end =
      text.starts_with('"') ? take_quoted(text, utf8, out.local) : take_dot_string(text, utf8, out.local);
  if (end == 0 || end >= text.size() || text[end] != '@') return false;
  return out.host.assign(text.substr(end + 1), DnsName::Wildcard::refused);
}

bool parse_uri_host(std::string_view uri, DnsName& host) noexcept {
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(uri[0])) return false;
  for (const char c : uri.substr(0, colon))
    if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  uri.remove_prefix(colon + 1);
  if (!uri.starts_with("//")) return false;
  uri.remove_prefix(2);
  std::string_view authority = uri.substr(0, uri.find_first_of("/?#"));
  if (const std::size_t at = authority.find('@'); at != std::string_view::npos) {
    for (const char c : authority.substr(0, at))
      if (!is(c, kUserinfo)) return false;
    authority.remove_prefix(at + 1);
  }
  if (const std::size_t port = authority.find(':'); port != std::string_view::npos) {
    if (!std::ranges::all_of(authority.substr(port + 1), is_digit)) return false;
    authority = authority.substr(0, port);
  }
  return host.assign(authority, DnsName::Wildcard::refused) && !ends_in_number(host.text());
}

}  // namespace tls::pki
