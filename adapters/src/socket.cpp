#include "tls/adapters/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <expected>
#include <memory>
#include <system_error>
#include <utility>

#include "edge.h"

namespace tls {
namespace {

const sockaddr* as_sockaddr(const std::string& address) { return reinterpret_cast<const sockaddr*>(address.data()); }

timeval to_timeval(Socket::Milliseconds t) {
  timeval value{};
  value.tv_sec = static_cast<decltype(value.tv_sec)>(t.count() / 1000);
  value.tv_usec = static_cast<decltype(value.tv_usec)>(t.count() % 1000 * 1000);
  return value;
}

/// What a user can do about an address that cannot be reached; empty where the system says it all.
std::string_view connect_advice(int error_number) {
  switch (error_number) {
    case ECONNREFUSED:
      return "nothing listens there: is the server running, and are address and port right?";
    case ETIMEDOUT:
      return "nobody answers: is the address right, and does a firewall let us through?";
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "this machine knows no way there: is the network up, and IPv6 where the address is one?";
    default:
      return {};
  }
}

/// About one that cannot be listened on.
std::string_view listen_advice(int error_number) {
  switch (error_number) {
    case EADDRINUSE:
      return "another program listens there: end it, or take another port";
    case EADDRNOTAVAIL:
      return "this machine has no such address; 0.0.0.0 and :: stand for all it has";
    case EACCES:
      return "ports below 1024 are for root, or for programs with CAP_NET_BIND_SERVICE";
    default:
      return {};
  }
}

/// The same for a name and port that the resolver refuses.
std::string_view resolver_advice(int error, bool to_listen) {
  if (to_listen) return "give an address of this machine, such as 127.0.0.1 or ::1, and the number of a port";
  switch (error) {
    case EAI_NONAME:
    case EAI_NODATA:
      return "there is no such name: is it spelt right?";
    case EAI_AGAIN:
    case EAI_FAIL:
      return "no name server answers: is the network up, and /etc/resolv.conf right?";
    case EAI_SERVICE:
      return "the port is neither a number nor a service that this machine knows";
    default:
      return {};
  }
}

std::string with(std::string words, std::string_view more) {
  return more.empty() ? words : words + "; " + std::string(more);
}

std::string reason(int error_number) { return std::generic_category().message(error_number); }

/// A time-out has a code of its own.
Code unreachable_code(int error_number) noexcept {
  return error_number == ETIMEDOUT ? Code::timed_out : Code::transport_failed;
}

/// "connecting to 127.0.0.1:443: Connection refused; ...".
Error unreachable(const std::string& what, int error_number) {
  return Error(unreachable_code(error_number), with("connecting to " + what, connect_advice(error_number)));
}

/// An invalid one leaves the reason in errno.
Socket open_for(const std::string& address) {
  Socket socket(::socket(as_sockaddr(address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;  // records are written whole: waiting for more only delays them
  if (socket) static_cast<void>(::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  return socket;
}

/// Waits until a connect() in progress has ended; the error number, 0 for none.
int wait_connected(int fd, Socket::Milliseconds timeout) {
  pollfd wait{fd, POLLOUT, 0};
  int ready = 0;
  do ready = ::poll(&wait, 1, timeout.count() == 0 ? -1 : static_cast<int>(timeout.count()));
  while (ready < 0 && errno == EINTR);
  if (ready == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (ready < 0 || ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error;
}

/// The error number of what failed, ETIMEDOUT when the time was over.
std::expected<Socket, int> connect_to(const std::string& address, Socket::Milliseconds timeout) {
  Socket socket = open_for(address);
  if (!socket || !socket.non_blocking(true)) return std::unexpected(errno);
  if (::connect(socket.fd(), as_sockaddr(address), static_cast<socklen_t>(address.size())) != 0) {
    int error = errno;
    if (error == EINPROGRESS || error == EINTR) error = wait_connected(socket.fd(), timeout);
    if (error != 0) return std::unexpected(error);
  }
  if (!socket.non_blocking(false)) return std::unexpected(errno);
  return socket;
}

Result<Socket> listen_on(const std::string& address, int backlog) {
  Socket socket = open_for(address);
  const int on = 1;
  if (socket) static_cast<void>(::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  if (!socket || ::bind(socket.fd(), as_sockaddr(address), static_cast<socklen_t>(address.size())) != 0 ||
      ::listen(socket.fd(), backlog) != 0) {
    const int error = errno;
    return fail(Code::transport_failed,
                with("listening on " + display_address(address) + ": " + reason(error), listen_advice(error)));
  }
  return socket;
}

}  // namespace

std::string display_address(const std::string& address) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(as_sockaddr(address), static_cast<socklen_t>(address.size()), host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "an unknown address";
  const bool v6 = as_sockaddr(address)->sa_family == AF_INET6;
  return (v6 ? "[" : "") + std::string(host.data()) + (v6 ? "]:" : ":") + port.data();
}

std::uint16_t port_of(std::string_view address) noexcept {
  sockaddr_storage storage{};
  std::memcpy(&storage, address.data(), std::min(address.size(), sizeof storage));
  if (storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  if (storage.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  return 0;
}

std::string_view without_zone(std::string_view host) noexcept {
  return host.find(':') == std::string_view::npos ? host : host.substr(0, host.find('%'));
}

// Without memory for its words an error is the same one without them.
Error connect_error(const std::string& address, int error_number) noexcept {
  try {
    return unreachable(display_address(address) + ": " + reason(error_number), error_number);
  } catch (...) {
    return Error(unreachable_code(error_number));
  }
}

Error transport_error(std::string_view what, int error_number) noexcept {
  try {
    return Error(Code::transport_failed, std::string(what) + ": " + reason(error_number));
  } catch (...) {
    return Error(Code::transport_failed);
  }
}

namespace {

Result<std::vector<std::string>> look_up(std::string_view host, std::string_view port, bool to_listen) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = to_listen ? AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV : 0;
  addrinfo* found = nullptr;
  const std::string node(host), service(port);
  if (const int error = ::getaddrinfo(node.c_str(), service.c_str(), &hints, &found); error != 0)
    return fail(Code::transport_failed, with("'" + node + "', port " + service + ": " + ::gai_strerror(error),
                                             resolver_advice(error, to_listen)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next)
    addresses.emplace_back(reinterpret_cast<const char*>(a->ai_addr), a->ai_addrlen);
  return addresses;
}

Result<Socket> connect_to_any(std::string_view host, std::string_view port, Socket::Milliseconds timeout) {
  Result<std::vector<std::string>> addresses = look_up(host, port, false);
  if (!addresses) return std::unexpected(std::move(addresses).error());
  const bool v6 = host.find(':') != std::string_view::npos;
  const std::string place = (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::string(port);
  std::string tried;  // each address and why, where the name has several or is not an address
  int error = EHOSTUNREACH;
  for (const std::string& address : *addresses) {
    std::expected<Socket, int> socket = connect_to(address, timeout);
    if (socket) return *std::move(socket);
    error = socket.error();
    tried += (tried.empty() ? "" : ", ") + display_address(address) + " " + reason(error);
  }
  if (addresses->size() == 1 && display_address(addresses->front()) == place)
    return std::unexpected(unreachable(place + ": " + reason(error), error));
  return std::unexpected(unreachable(place + ": " + tried, error));
}

}  // namespace

Result<std::vector<std::string>> resolve(std::string_view host, std::string_view port, bool to_listen) {
  return at_the_edge([&] { return look_up(host, port, to_listen); });
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
  return at_the_edge([&] { return connect_to_any(host, port, timeout); });
}

Result<Socket> Socket::listen(std::string_view address, std::uint16_t port, int backlog) {
  return at_the_edge([&]() -> Result<Socket> {
    const Result<std::vector<std::string>> addresses = look_up(address, std::to_string(port), true);
    if (!addresses) return std::unexpected(addresses.error());
    return listen_on(addresses->front(), backlog);
  });
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

Result<std::string> Socket::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return std::unexpected(transport_error("getpeername", errno));
  return at_the_edge([&]() -> Result<std::string> {
    return std::string(reinterpret_cast<const char*>(&address), std::min<std::size_t>(size, sizeof address));
  });
}

Result<std::uint16_t> Socket::local_port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return std::unexpected(transport_error("getsockname", errno));
  return port_of({reinterpret_cast<const char*>(&address), std::min<std::size_t>(size, sizeof address)});
}

}  // namespace tls
