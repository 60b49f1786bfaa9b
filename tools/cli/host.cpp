#include "cli/host.h"

#include "cli/command.h"

namespace sallyport::cli {
namespace {

constexpr int kMaxPort = 65535;

void split(const std::string& text, std::string& host, std::string& port) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string::npos) throw Failure(kUsage, "'" + text + "' has no ']'");
    host = text.substr(1, end - 1);
    if (end + 1 == text.size()) return;
    if (text[end + 1] != ':') throw Failure(kUsage, "'" + text + "' is not [ADDRESS]:PORT");
    port = text.substr(end + 2);
    return;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {  // a name, or an IPv6 address
    host = text;
    return;
  }
  host = text.substr(0, colon);
  port = text.substr(colon + 1);
}

bool digits(const std::string& text) { return text.find_first_not_of("0123456789") == std::string::npos; }

}  // namespace

void split_host(const std::string& text, std::string& host, std::string& port) {
  split(text, host, port);
  if (host.empty() || digits(host) || text.find("://") != std::string::npos)
    throw Failure(kUsage, "'" + text + "' is not a name or address, with or without :PORT behind it");
  if (port.empty() || (digits(port) && (port.size() > 5 || std::stoi(port) > kMaxPort)))
    throw Failure(kUsage, "'" + port + "' in '" + text + "' is not a port");
}

std::string join_host(const std::string& host, const std::string& port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]:" : host + ":") + port;
}

}  // namespace sallyport::cli
