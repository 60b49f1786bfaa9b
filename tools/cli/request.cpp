#include "cli/request.h"

#include <algorithm>

#include "cli/command.h"
#include "tls/adapters/socket.h"

namespace sallyport::cli {

std::string authority_of(const std::string& host, const std::string& port) {
  const std::string name(tls::without_zone(host));
  const std::string bracketed = name.find(':') == std::string::npos ? name : "[" + name + "]";
  return port == "443" || port == "https" ? bracketed : bracketed + ":" + port;
}

std::string request_for(const std::string& path, const std::string& host, const std::string& port) {
  // RFC 9112 §3.2.1: an absolute path, and its query.
  const bool printable = std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!path.starts_with('/') || !printable)
    throw Failure(kUsage,
                  "--get: '" + path + "' is not a path: it begins with / and has no spaces (write them as %20)");
  return "GET " + path + " HTTP/1.1\r\nHost: " + authority_of(host, port) + "\r\nConnection: close\r\n\r\n";
}

}  // namespace sallyport::cli
