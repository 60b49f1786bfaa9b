// URLs of OCSP responders, taken apart.
#pragma once

#include <string>
#include <string_view>

#include "tls/error.h"

namespace tls::ocsp {

inline constexpr std::size_t kMaxUrl = 2048;   // octets
inline constexpr std::size_t kMaxShown = 200;  // octets of what a certificate says, in words for people

/// A URL or a name out of a certificate, safe to print: at most kMaxShown octets of it, and a question mark for each
/// that is a space or not printable ASCII (the end of a line, the beginning of a terminal's command).
[[nodiscard]] std::string shown(std::string_view text);

/// An http URL (RFC 9110 §4.2.1).
struct Url {
  std::string host;    ///< lower case, IPv6 without brackets
  std::string port;    ///< "80" where none is named
  std::string target;  ///< path and query: what a request line names
  bool has_query = false;

  /// The value of a Host field.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] std::string text() const { return "http://" + authority() + target; }
  [[nodiscard]] bool same_server(const Url& other) const { return host == other.host && port == other.port; }
};

/// Fails with bad_config for what is no http URL, has a user name, a fragment or a character that no URL has (and that
/// could end a line of a request), or is longer than kMaxUrl.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// Where a Location field leads (RFC 9110 §10.2.2), seen from `base`: an http URL or an absolute path. Fails with
/// bad_config for anything else.
[[nodiscard]] Result<Url> resolve_location(const Url& base, std::string_view location);

/// The URL of a GET request (RFC 6960 Appendix A.1): base64 of the request, percent-encoded, behind the responder's.
[[nodiscard]] Url get_url(const Url& responder, std::string_view base64);

}  // namespace tls::ocsp
