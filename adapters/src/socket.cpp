#include "tls/adapters/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace tls {
namespace {

const sockaddr* as_sockaddr(const std::string& address) { return reinterpret_cast<const sockaddr*>(address.data()); }

timeval to_timeval(Socket::Milliseconds t) {
  timeval value{};
  value.tv_sec = static_cast<decltype(value.tv_sec)>(t.count() / 1000);
  value.tv_usec = static_cast<decltype(value.tv_usec)>(t.count() % 1000 * 1000);
  return value;
}

Result<Socket> open_for(const std::string& address) {
  Socket socket(::socket(as_sockaddr(address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(transport_error("socket", errno));
  const int on = 1;  // records are written whole: waiting for more only delays them
  static_cast<void>(::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  return socket;
}

/// Waits until a connect() in progress has ended.
Result<void> wait_connected(int fd, Socket::Milliseconds timeout) {
  pollfd wait{fd, POLLOUT, 0};
  int ready = 0;
  do ready = ::poll(&wait, 1, timeout.count() == 0 ? -1 : static_cast<int>(timeout.count()));
  while (ready < 0 && errno == EINTR);
  if (ready == 0) return fail(Code::timed_out, "connect");
  int error = 0;
  socklen_t size = sizeof error;
  if (ready < 0 || ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return std::unexpected(transport_error("connect", error));
  return {};
}

Result<Socket> connect_to(const std::string& address, Socket::Milliseconds timeout) {
  Result<Socket> socket = open_for(address);
  if (!socket) return socket;
  if (Result<void> set = socket->non_blocking(true); !set) return std::unexpected(set.error());
  if (::connect(socket->fd(), as_sockaddr(address), static_cast<socklen_t>(address.size())) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return std::unexpected(transport_error("connect", errno));
    if (Result<void> connected = wait_connected(socket->fd(), timeout); !connected)
      return std::unexpected(connected.error());
  }
  if (Result<void> set = socket->non_blocking(false); !set) return std::unexpected(set.error());
  return socket;
}

Result<Socket> listen_on(const std::string& address, int backlog) {
  Result<Socket> socket = open_for(address);
  if (!socket) return socket;
  const int on = 1;
  static_cast<void>(::setsockopt(socket->fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  if (::bind(socket->fd(), as_sockaddr(address), static_cast<socklen_t>(address.size())) != 0)
    return std::unexpected(transport_error("bind", errno));
  if (::listen(socket->fd(), backlog) != 0) return std::unexpected(transport_error("listen", errno));
  return socket;
}

}  // namespace

Error transport_error(std::string_view what, int error_number) {
  return Error(Code::transport_failed, std::string(what) + ": " + std::generic_category().message(error_number));
}

Result<std::vector<std::string>> resolve(std::string_view host, std::string_view port, bool to_listen) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = to_listen ? AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV : 0;
  addrinfo* found = nullptr;
  const std::string node(host), service(port);
  if (const int error = ::getaddrinfo(node.c_str(), service.c_str(), &hints, &found); error != 0)
    return fail(Code::transport_failed, node + ":" + service + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next)
    addresses.emplace_back(reinterpret_cast<const char*>(a->ai_addr), a->ai_addrlen);
  return addresses;
}

Socket& Socket::operator=(Socket&& o) noexcept {
  if (this != &o) {
    const Socket old(std::exchange(fd_, o.release()));
  }
  return *this;
}
Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}
int Socket::release() noexcept { return std::exchange(fd_, -1); }

Result<Socket> Socket::connect(std::string_view host, std::string_view port, Milliseconds timeout) {
  Result<std::vector<std::string>> addresses = resolve(host, port, false);
  if (!addresses) return std::unexpected(std::move(addresses).error());
  Result<Socket> socket = fail(Code::transport_failed, "the name has no address");
  for (const std::string& address : *addresses) {
    socket = connect_to(address, timeout);
    if (socket) break;
  }
  return socket;
}

Result<Socket> Socket::listen(std::string_view address, std::uint16_t port, int backlog) {
  Result<std::vector<std::string>> addresses = resolve(address, std::to_string(port), true);
  if (!addresses) return std::unexpected(std::move(addresses).error());
  return listen_on(addresses->front(), backlog);
}

Result<Socket> Socket::accept() const {
  for (;;) {
    Socket socket(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (socket) {
      const int on = 1;
      static_cast<void>(::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
      return socket;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return fail(Code::timed_out, "accept");
    if (errno != EINTR && errno != ECONNABORTED) return std::unexpected(transport_error("accept", errno));
  }
}

Result<void> Socket::timeouts(Milliseconds read, Milliseconds write) {
  const timeval r = to_timeval(read), w = to_timeval(write);
  if (::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &r, sizeof r) != 0 ||
      ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &w, sizeof w) != 0)
    return std::unexpected(transport_error("setsockopt", errno));
  return {};
}

Result<void> Socket::non_blocking(bool on) {
  const int flags = ::fcntl(fd_, F_GETFL);
  if (flags < 0 || ::fcntl(fd_, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) < 0)
    return std::unexpected(transport_error("fcntl", errno));
  return {};
}

void Socket::shut_down_writing() noexcept { static_cast<void>(::shutdown(fd_, SHUT_WR)); }

Result<std::uint16_t> Socket::local_port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return std::unexpected(transport_error("getsockname", errno));
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace tls
