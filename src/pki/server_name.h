// Names of servers: reference identities and how certificates match them (RFC 9525).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "pki/certificate.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// A DNS name or an IP address that the user wants to reach.
class ServerName {
 public:
  /// "example.com", "example.com." (the dot goes), "192.0.2.1", "2001:db8::1". A DNS name has labels of letters,
  /// digits,
  /// '-' and '_', 63 characters each and 253 in all, and its last label is not a number. Fails with bad_config and
  /// words.
  static Result<ServerName> parse(std::string_view text);

  [[nodiscard]] bool is_address() const noexcept { return address_size_ != 0; }
  /// 4 or 16 bytes; empty for a DNS name.
  [[nodiscard]] Bytes address() const noexcept { return {address_.data(), address_size_}; }
  /// The DNS name in lower case without a trailing dot, or the address as given. Only DNS names go into server_name
  /// (RFC 6066 §3).
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// RFC 9525 §6: dNSName and iPAddress of subjectAltName only; the common name never counts.
  [[nodiscard]] bool matches(const Certificate& certificate) const noexcept;

 private:
  std::string text_;
  std::array<std::uint8_t, 16> address_{};
  std::size_t address_size_ = 0;
};

/// RFC 9525 §6.3: `presented` is equal to `host` (a normal form, dns_name.h), or "*." in place of host's whole
/// left-most label, with at least two labels behind it. Letter case does not count; a malformed name matches nothing.
[[nodiscard]] bool dns_name_matches(std::string_view presented, std::string_view host) noexcept;

/// RFC 9525: the server that was asked for by `name` is one of those that `leaf` is for. Fails with name_mismatch, and
/// words that say what the certificate is for and what to correct. `alone`: the chain holds no other certificate, so
/// that its order cannot be wrong.
[[nodiscard]] Result<void> check_server_name(std::string_view name, const Certificate& leaf, bool alone);

/// "192.0.2.1" or "2001:db8::1" from 4 or 16 bytes; "?" for another size.
[[nodiscard]] std::string display_address(Bytes address);

/// The names of a certificate for people, at most limits::kMaxDisplayedNames of them; "no name" where it has none.
[[nodiscard]] std::string display_names(const Certificate& certificate);

}  // namespace tls::pki
