// TCP sockets as values. They close themselves, treat IPv4 and IPv6 alike, and explain errors in words.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tls/error.h"

namespace tls {

/// A file descriptor of a socket. Move-only. The destructor closes it. Not thread-safe. Neither its functions nor
/// resolve() throw: without memory they fail with out_of_memory, or with their usual code and without words.
// test: every allocation of a socket's functions fails once
class Socket {
 public:
  using Milliseconds = std::chrono::milliseconds;

  Socket() = default;
  /// Takes ownership of `fd`. -1 means no descriptor.
  explicit Socket(int fd) noexcept : fd_(fd) {}
  Socket(Socket&& o) noexcept : fd_(o.release()) {}
  Socket& operator=(Socket&& o) noexcept;
  ~Socket();

  /// Connects over TCP, trying all addresses in the resolver's order. `host` is a name or an address. An IPv6 address
  /// has no brackets, and includes its zone if it has one (fe80::1%eth0). `port` is a number or the name of a service.
  /// `timeout` applies to each address; 0 means the system's timeout. Fails with transport_failed or timed_out. The
  /// detail names host, port, each address and the reason of each failure.
  [[nodiscard]] static Result<Socket> connect(std::string_view host, std::string_view port, Milliseconds timeout = {});
  /// Listens on `address` ("127.0.0.1", "::1", "::", ...) and `port`. Port 0 means any free port; see local_port().
  [[nodiscard]] static Result<Socket> listen(std::string_view address, std::uint16_t port, int backlog = 128);
  /// Waits for a connection and accepts it.
  [[nodiscard]] Result<Socket> accept() const;

  /// Limits how long a read and a write may block. 0: no limit, which is the default of a new socket.
  Result<void> timeouts(Milliseconds read, Milliseconds write);
  /// If `on`, operations that would block fail at once instead. Default: off. Fails with transport_failed.
  Result<void> non_blocking(bool on);
  /// Ends writing. The peer's reads reach the end after all data that was written.
  void shut_down_writing() noexcept;

  /// Returns the sockaddr of the peer, as bytes; see display_address(). Fails with transport_failed, also if the peer
  /// has disconnected.
  [[nodiscard]] Result<std::string> peer() const;
  /// Returns the local port, in host byte order. Fails with transport_failed.
  [[nodiscard]] Result<std::uint16_t> local_port() const;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
  /// Returns the descriptor and gives up ownership: this object no longer closes it.
  [[nodiscard]] int release() noexcept;

 private:
  int fd_ = -1;
};

/// Returns an Error of Code::transport_failed that says what was tried and what errno means.
[[nodiscard]] Error transport_error(std::string_view what, int error_number) noexcept;

/// Returns the Error for an address (sockaddr bytes) that could not be reached, with advice for the user. The code is
/// timed_out for ETIMEDOUT, otherwise transport_failed.
[[nodiscard]] Error connect_error(const std::string& address, int error_number) noexcept;
/// Formats a sockaddr, given as bytes: "127.0.0.1:4433", "[::1]:4433" or "[fe80::1%eth0]:4433".
[[nodiscard]] std::string display_address(const std::string& address);
/// Returns the port of a sockaddr, given as bytes, in host byte order; 0 if it has no port.
[[nodiscard]] std::uint16_t port_of(std::string_view address) noexcept;
/// Returns `host` without the zone of a scoped IPv6 address (RFC 4007 §11), which is the name that a certificate can
/// contain: the zone has a meaning on this machine alone. Sessions are stored under this name too. So hosts that share
/// one link-local address on several links find each other's sessions, and reject them.
[[nodiscard]] std::string_view without_zone(std::string_view host) noexcept;

/// Returns the addresses of a host and port, in the resolver's order, each as the bytes of a sockaddr. Blocks while the
/// name is resolved.
[[nodiscard]] Result<std::vector<std::string>> resolve(std::string_view host, std::string_view port, bool to_listen);

}  // namespace tls
