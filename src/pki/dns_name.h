// DNS names: the one normal form that matching (RFC 9525) and name constraints (RFC 5280 §4.2.1.10) share.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/host_name.h"

namespace tls::pki {

/// ASCII letters in lower case; other bytes as they are.
[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A DNS name in lower case. Labels of letters, digits, '-' and '_', which may stand anywhere in a label, 1 to 63
/// characters each, limits::kMaxHostName in all, without a trailing dot (RFC 5280 §4.2.1.6: preferred name syntax).
/// Fixed in size: it is made on the stack for each name of a peer's certificate.
class DnsName {
 public:
  enum class Wildcard : bool { refused, allowed };

  /// Takes `text`; false: it is malformed, and this is empty. With `Wildcard::allowed` the whole left-most label may be
  /// '*', with at least one label behind it.
  [[nodiscard]] bool assign(std::string_view text, Wildcard wildcard) noexcept;

  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] bool is_wildcard() const noexcept { return size_ != 0 && text_[0] == '*'; }
  /// What follows the first label and its dot; empty for a single label.
  [[nodiscard]] std::string_view parent() const noexcept;

 private:
  std::array<char, limits::kMaxHostName> text_{};
  std::size_t size_ = 0;
};

/// RFC 9525 §6.3: `presented` is `host`, or has "*" in place of host's whole left-most label with at least two labels
/// behind it. `host` is a normal form.
[[nodiscard]] bool matches_host(const DnsName& presented, std::string_view host) noexcept;

/// RFC 5280 §4.2.1.10: `name` is `base` or is below it. A base with a leading dot wants at least one label more, the
/// empty base covers all. Both are normal forms.
[[nodiscard]] bool dns_within(std::string_view name, std::string_view base) noexcept;

/// The wildcard `name` can stand for a name within `base`: for "*.example.com" and "a.example.com", not for
/// "*.example.com" and "a.b.example.com", because the wildcard is exactly one label. Normal forms.
[[nodiscard]] bool wildcard_reaches(const DnsName& name, std::string_view base) noexcept;

}  // namespace tls::pki
