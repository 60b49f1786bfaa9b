// The request of `client --get`.
#pragma once

#include <string>

namespace sallyport::cli {

/// The authority of an https URL for a host and a port, as Host has it (RFC 9110 §7.2): the port unless it is 443, an
/// IPv6 address in brackets and without its zone.
[[nodiscard]] std::string authority_of(const std::string& host, const std::string& port);

/// One HTTP/1.1 request, after which the server closes. Failure(kUsage) for a path that cannot stand in its first line.
[[nodiscard]] std::string request_for(const std::string& path, const std::string& host, const std::string& port);

}  // namespace sallyport::cli
