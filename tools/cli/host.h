// Hosts and ports as users write them.
#pragma once

#include <string>

namespace sallyport::cli {

/// "host:port", "[::1]:port", "::1" or "host"; `port` is left as it is where none is named. Failure(kUsage) for what is
/// neither a name nor an address, and for a port above 65535. A port of letters is a service's name.
void split_host(const std::string& text, std::string& host, std::string& port);

/// "host:port", with brackets around an IPv6 address.
[[nodiscard]] std::string join_host(const std::string& host, const std::string& port);

}  // namespace sallyport::cli
