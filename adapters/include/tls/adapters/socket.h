// TCP sockets as values: closed when they go, IPv4 and IPv6 alike, errors in words.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tls/error.h"

namespace tls {

/// A file descriptor of a socket. Move-only; closes it on destruction. Not thread-safe. Nothing of it throws, nor does
/// resolve(): without memory they fail with out_of_memory, or with their own code and without words.
// test: every allocation of a socket's functions fails once
class Socket {
 public:
  using Milliseconds = std::chrono::milliseconds;

  Socket() = default;
  /// Takes over `fd`; -1: none.
  explicit Socket(int fd) noexcept : fd_(fd) {}
  Socket(Socket&& o) noexcept : fd_(o.release()) {}
  Socket& operator=(Socket&& o) noexcept;
  ~Socket();

  /// Connects over TCP to `host` (a name or an address, IPv6 without brackets, with its zone where it has one:
  /// fe80::1%eth0) and `port` (a number or a service's
  /// name), trying all addresses in the resolver's order. `timeout`: for each address; 0: the system's.
  /// Fails with transport_failed or timed_out; the detail names host, port, every address and why.
  [[nodiscard]] static Result<Socket> connect(std::string_view host, std::string_view port, Milliseconds timeout = {});
  /// Listens on `address` ("127.0.0.1", "::1", "::" ...) and `port`; 0: any that is free, see local_port().
  [[nodiscard]] static Result<Socket> listen(std::string_view address, std::uint16_t port, int backlog = 128);
  /// Waits for a connection.
  [[nodiscard]] Result<Socket> accept() const;

  /// How long a read and a write may block; 0: for ever, as a new socket's do.
  Result<void> timeouts(Milliseconds read, Milliseconds write);
  /// Whether what would wait fails at once instead; off for a new socket. Fails with transport_failed.
  Result<void> non_blocking(bool on);
  /// No more is written: the peer's reads end once they have all that was.
  void shut_down_writing() noexcept;

  /// Bytes of the sockaddr of the other end: see display_address(). Fails with transport_failed, also when the peer has
  /// gone.
  [[nodiscard]] Result<std::string> peer() const;
  /// The port of our end, in the machine's byte order. Fails with transport_failed.
  [[nodiscard]] Result<std::uint16_t> local_port() const;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
  /// Gives the descriptor away: it is not closed here any more.
  [[nodiscard]] int release() noexcept;

 private:
  int fd_ = -1;
};

/// An Error of Code::transport_failed that says what was tried and what errno means.
[[nodiscard]] Error transport_error(std::string_view what, int error_number) noexcept;

/// The same for an address that could not be reached (bytes of a sockaddr), with what a user can do; timed_out for
/// ETIMEDOUT.
[[nodiscard]] Error connect_error(const std::string& address, int error_number) noexcept;
/// "127.0.0.1:4433", "[::1]:4433" or "[fe80::1%eth0]:4433" of a sockaddr's bytes.
[[nodiscard]] std::string display_address(const std::string& address);
/// The port of a sockaddr's bytes, in the machine's byte order; 0: it has none.
[[nodiscard]] std::uint16_t port_of(std::string_view address) noexcept;
/// What a certificate can be for: `host` without the zone of a scoped IPv6 address (RFC 4007 §11), which means
/// something on this machine alone. Sessions are kept under it: of hosts with one link-local address on several links
/// each finds those of the others, which it refuses.
[[nodiscard]] std::string_view without_zone(std::string_view host) noexcept;

/// The addresses of a host and port, in the resolver's order, as bytes of a sockaddr. Blocks while a name is resolved.
[[nodiscard]] Result<std::vector<std::string>> resolve(std::string_view host, std::string_view port, bool to_listen);

}  // namespace tls
