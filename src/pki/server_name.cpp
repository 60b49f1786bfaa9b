#include "pki/server_name.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/limits.h"
#include "pki/dns_name.h"
#include "pki/internet_names.h"
#include "pki/policy.h"

namespace tls::pki {
namespace {

/// A dNSName that says an address, which counts for nothing (RFC 9525 §6: each kind of name by its own kind).
bool is_address_text(std::string_view name) {
  const auto parsed = ServerName::parse(name);
  return parsed && parsed->is_address();
}

/// Why `certificate` is not for `name`, which it does not match, in words that say what to correct: one thing.
std::string explain_mismatch(const ServerName& name, const Certificate& certificate, bool alone) {
  const std::string quoted = "'" + printable(name.text()) + "'",
                    asked = quoted + " was asked for, and the certificate ";
  const auto like = [&](std::string_view presented) {
    if (presented.ends_with('.')) presented.remove_suffix(1);
    return std::ranges::equal(presented, name.text(), [](char a, char b) { return lower(a) == lower(b); });
  };
  if (std::ranges::any_of(certificate.dns_names, like))
    return asked + (name.is_address() ? "holds this address as a dNSName, where it counts for nothing; have it issued "
                                        "with an iPAddress in its subjectAltName"
                                      : "holds it with a dot at its end, which is malformed (RFC 5280 §4.2.1.6); have "
                                        "it issued without");
  // In a chain that begins with an authority's certificate the names to look at are another certificate's.
  const std::string order(alone ? "" : order_hint(certificate));
  if (certificate.dns_names.empty() && certificate.addresses.empty())
    return asked + "holds no name (its subjectAltName is missing, or has neither DNS names nor addresses)" +
           (order.empty() ? std::string("; have it issued with a subjectAltName that has the ") +
                                (name.is_address() ? "iPAddress " : "dNSName ") + quoted
                          : order);
  return asked + "is for " + display_names(certificate) +
         (order.empty() ? "; connect by one of its names, or correct the certificate" : order);
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
  DnsName normal;
  // A name whose last label is a number is a mistyped address.
  if (normal.assign(name.text_, DnsName::Wildcard::refused) && !ends_in_number(normal.text())) {
    name.text_ = normal.text();
    return name;
  }
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
  // Most names can be told apart without being made normal.
  if (presented.size() != host.size() && !presented.starts_with('*')) return false;
  DnsName name;
  return name.assign(presented, DnsName::Wildcard::allowed) && matches_host(name, host);
}

Result<void> check_server_name(std::string_view server_name, const Certificate& leaf, bool alone) {
  const auto name = ServerName::parse(server_name);
  if (!name) return fail(Code::name_mismatch, name.error().detail());
  if (name->matches(leaf)) return {};
  return fail(Code::name_mismatch, explain_mismatch(*name, leaf, alone));
}

std::string display_address(Bytes address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.size() != 4 && address.size() != 16) return "?";
  inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
  return text.data();
}

std::string display_names(const Certificate& certificate) {
  const std::size_t count = certificate.dns_names.size() + certificate.addresses.size();
  if (count == 0) return "no name";
  std::string out;
  std::size_t shown = 0;
  const auto show = [&](const std::string& name) {
    if (shown != 0) out += ", ";
    out += name;
    ++shown;
  };
  for (std::string_view name : certificate.dns_names) {
    if (shown == limits::kMaxDisplayedNames) break;
    DnsName normal;
    const bool address = is_address_text(name), sound = normal.assign(name, DnsName::Wildcard::allowed);
    show(printable(name) + (address ? " (an address as dNSName, which counts for nothing)"
                            : sound ? ""
                                    : " (malformed)"));
  }
  for (Bytes address : certificate.addresses) {
    if (shown == limits::kMaxDisplayedNames) break;
    show(display_address(address));
  }
  if (count > shown) out += " and " + std::to_string(count - shown) + " more";
  return out;
}

}  // namespace tls::pki
