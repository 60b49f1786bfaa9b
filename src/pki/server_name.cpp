#include "pki/server_name.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/host_name.h"
#include "base/limits.h"

namespace tls::pki {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_label_character(char c) noexcept {
  return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c) || c == '-' || c == '_';
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > limits::kMaxHostName) return false;
  std::string_view label;
  for (bool last = false; !last;) {
    const std::size_t dot = text.find('.');
    last = dot == std::string_view::npos;
    label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || !std::ranges::all_of(label, is_label_character)) return false;
    if (!last) text.remove_prefix(dot + 1);
  }
  return !std::ranges::all_of(label, is_digit);  // "1.2.3" is a mistyped address
}

}  // namespace

Result<ServerName> ServerName::parse(std::string_view text) {
  ServerName name;
  name.text_ = text;
  if (inet_pton(AF_INET, name.text_.c_str(), name.address_.data()) == 1) name.address_size_ = 4;
  if (inet_pton(AF_INET6, name.text_.c_str(), name.address_.data()) == 1) name.address_size_ = 16;
  if (text.find('\0') != std::string_view::npos) name.address_size_ = 0;  // inet_pton stops at it
  if (name.is_address()) return name;
  if (name.text_.ends_with('.')) name.text_.pop_back();
  std::ranges::transform(name.text_, name.text_.begin(), lower);
  if (is_host_name(name.text_)) return name;
  const bool ascii = std::ranges::all_of(text, [](char c) { return c > 0; });
  return fail(Code::bad_config, "'" + printable(text) + "' is neither a host name nor an address" +
                                    (ascii ? "" : "; give an internationalised name as its A-label (xn--...)"));
}

bool ServerName::matches(const Certificate& certificate) const noexcept {
  if (is_address())
    return std::ranges::any_of(certificate.addresses,
                               [&](Bytes presented) { return std::ranges::equal(presented, address()); });
  return std::ranges::any_of(certificate.dns_names,
                             [&](std::string_view presented) { return dns_name_matches(presented, text_); });
}

bool dns_name_matches(std::string_view presented, std::string_view host) noexcept {
  if (presented.ends_with('.')) presented.remove_suffix(1);
  if (!presented.starts_with("*.")) return !presented.empty() && equal_ignoring_case(presented, host);
  // RFC 9525 §6.3: the wildcard is the complete left-most label and stands for exactly one label.
  const std::string_view parent = presented.substr(2);
  if (parent.find('.') == std::string_view::npos || parent.find('*') != std::string_view::npos) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 && equal_ignoring_case(parent, host.substr(dot + 1));
}

Result<void> check_server_name(std::string_view server_name, const Certificate& leaf) {
  const auto name = ServerName::parse(server_name);
  if (!name) return fail(Code::name_mismatch, name.error().detail());
  if (name->matches(leaf)) return {};
  const std::string asked = "'" + name->text() + "' was asked for, and the certificate ";
  if (name->is_address() && std::ranges::any_of(leaf.dns_names, [&](auto dns) { return dns == name->text(); }))
    return fail(Code::name_mismatch, asked +
                                         "has that address as a dNSName, where only host names count; it must be "
                                         "an iPAddress of its subjectAltName");
  return fail(Code::name_mismatch,
              asked + "is for " + display_names(leaf) + "; connect by one of its names, or correct the certificate");
}

std::string display_address(Bytes address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.size() != 4 && address.size() != 16) return "?";
  inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
  return text.data();
}

std::string display_names(const Certificate& certificate) {
  std::vector<std::string> names;
  for (std::string_view name : certificate.dns_names) names.push_back(printable(name));
  for (Bytes address : certificate.addresses) names.push_back(display_address(address));
  if (names.empty()) return "no name at all (subjectAltName is missing or holds neither DNS names nor addresses)";
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), limits::kMaxDisplayedNames); ++i)
    out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > limits::kMaxDisplayedNames)
    out += " and " + std::to_string(names.size() - limits::kMaxDisplayedNames) + " more";
  return out;
}

}  // namespace tls::pki
