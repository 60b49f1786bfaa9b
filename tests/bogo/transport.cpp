#include "transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace bogo {
namespace {

constexpr std::size_t kReadSize = 1 << 15;

int connect_loopback(std::uint16_t port, bool ipv6) {
  const int fd = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  const int on = 1;
  static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  six.sin6_addr = in6addr_loopback;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = ipv6 ? ::connect(fd, reinterpret_cast<const sockaddr*>(&six), sizeof six)
                          : ::connect(fd, reinterpret_cast<const sockaddr*>(&four), sizeof four);
  if (result == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

Transport::Transport(Address address, bool single_bytes)
    : fd_(connect_loopback(address.port, address.ipv6)), single_bytes_(single_bytes) {
  if (fd_ < 0) return;
  std::array<std::uint8_t, 8> id{};
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(address.shim_id >> (8 * i));
  connected_ = ::send(fd_, id.data(), id.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(id.size());
}

Transport::~Transport() {
  if (fd_ < 0) return;
  ::shutdown(fd_, SHUT_WR);
  std::array<std::uint8_t, 4096> rest;
  while (::recv(fd_, rest.data(), rest.size(), 0) > 0) continue;
  ::close(fd_);
}

bool Transport::write(tls::Output& out, std::size_t limit) {
  while (!out.empty() && limit != 0) {
    const std::size_t size = single_bytes_ ? 1 : std::min(out.size(), limit);
    const ssize_t n = ::send(fd_, out.bytes().data(), size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    out.consume(static_cast<std::size_t>(n));
    limit -= static_cast<std::size_t>(n);
  }
  return true;
}

bool Transport::read(std::vector<std::uint8_t>& in) {
  const std::size_t old = in.size(), size = single_bytes_ ? 1 : kReadSize;
  in.resize(old + size);
  ssize_t n = 0;
  do n = ::recv(fd_, in.data() + old, size, 0);
  while (n < 0 && errno == EINTR);
  in.resize(old + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  return n > 0;
}

}  // namespace bogo
