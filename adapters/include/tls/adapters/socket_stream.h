// TLS over a blocking socket: connect, read, write, close.
//
//   auto stream = tls::SocketStream::connect(*config, "example.com", "443");
//   stream->write(tls::as_bytes("GET / HTTP/1.0\r\nHost: example.com\r\n\r\n"));
//   while (auto data = stream->read()) { if (data->empty()) break; use(*data); }
//   stream->close();
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "tls/adapters/socket.h"
#include "tls/config_source.h"
#include "tls/connection.h"
#include "tls/environment.h"

namespace tls {

/// Options of a stream besides its configuration. The stream keeps the functions and calls them on its thread.
struct StreamOptions {
  Socket::Milliseconds connect_timeout{};                ///< for each address. 0: the system's timeout
  Socket::Milliseconds read_timeout{}, write_timeout{};  ///< of the socket. 0: no limit
  /// The limit of the whole handshake, counted from the TCP connection. However much the peer sends, connect() and
  /// accept() fail with timed_out if they would wait longer. The time of `answer` and `early_data` counts, but these
  /// calls are not interrupted. 0: no limit.
  Socket::Milliseconds handshake_timeout{10'000};
  /// Answers operations that a provider leaves open (Await). Without this function, such a handshake fails with
  /// operation_failed.
  std::function<OperationResult(const Operation&)> answer = {};
  /// For servers: receives data that may be a replay. Without this function, a connection that receives such data fails
  /// with misuse.
  std::function<void(Bytes)> early_data = {};
  /// For clients: data to send as early data, as far as the configuration and a session allow it. Must stay valid until
  /// connect() returns. Anyone who copies it on the network can send it again. See SocketStream::early_data_accepted().
  Bytes send_early = {};
  /// For clients: the server's port, which is a part of the key of stored sessions. 0: the port of the socket's peer.
  /// Set it if the socket leads through a proxy.
  std::uint16_t port = 0;
  /// The clock whose monotonic time limits the handshake. It must outlive connect() and accept(). A clock other than
  /// the system's is read when data arrives, and every 10 ms.
  std::reference_wrapper<const Clock> clock{system_clock()};
};

/// A TLS connection over a blocking socket. When a stream exists, its handshake is done. Move-only. One thread at a
/// time. A read that waits also writes queued data. Therefore two sides that both send much data cannot block each
/// other for ever. A stream never raises SIGPIPE. The destructor closes the socket without close_notify, which the peer
/// sees as a truncation: call close() first.
///
/// No function throws. Without memory, a call fails with out_of_memory. If `answer`, `early_data` or a source throws,
/// the call fails with provider_failed. After such a failure, the stream is usable unless its connection has failed. A
/// failed call may be repeated, except that flush() replaces a repeated write().
// test: adapters: two sides with more to say than fits between them
// test: adapters: writing to a peer that went away is an error and no signal
// test: faults: every allocation of a stream's functions fails once: a client
// test: faults: every allocation of a stream's functions fails once: a server
class SocketStream {
 public:
  /// Connects over TCP and runs the handshake. The certificate must be valid for `host`, without the zone of a scoped
  /// IPv6 address.
  [[nodiscard]] static Result<SocketStream> connect(const ClientConfig& config, std::string_view host,
                                                    std::string_view port, StreamOptions options = {});
  /// Runs a client's handshake over a socket that is already connected.
  [[nodiscard]] static Result<SocketStream> connect(const ClientConfig& config, Socket socket,
                                                    std::string_view server_name, StreamOptions options = {});
  /// Runs a server's handshake over an accepted socket.
  [[nodiscard]] static Result<SocketStream> accept(const ServerConfig& config, Socket socket,
                                                   StreamOptions options = {});
  /// Like accept() with a ServerConfig, but `source` chooses the configuration for the client's ClientHello. Examples
  /// are LiveServerConfig and config_source(a function). Waiting for the source is a part of the handshake and of its
  /// time limit. If the source returns an Error, accept() fails with that Error and the client receives its alert. If
  /// the source answers later, the stream asks StreamOptions::answer.
  // test: adapters: a source gives the configuration
  [[nodiscard]] static Result<SocketStream> accept(std::shared_ptr<const ServerConfigSource> source, Socket socket,
                                                   StreamOptions options = {});

  /// Waits for data and returns it without a copy, as a span into the stream's buffer. The span is valid until the next
  /// read() or try_read(), or until a write fails. An empty span means that the peer has closed its side. Fails with
  /// timed_out (the stream stays usable), transport_failed, truncated, and the errors of step().
  [[nodiscard]] Result<MutableBytes> read();
  /// Like read(), but copies at most into.size() bytes to the caller's memory. Returns the number of bytes; 0 means
  /// that the peer has closed its side.
  [[nodiscard]] Result<std::size_t> read(MutableBytes into);
  /// Like read(), but never waits: for callers that poll() the socket. Returns data that was received before or that
  /// the socket has. Returns no value if there is no data yet; poll() again then. Also writes queued data as far as
  /// this is possible without waiting.
  // test: adapters: pending() knows what poll() cannot, try_read() never waits
  [[nodiscard]] Result<std::optional<MutableBytes>> try_read();
  /// Returns true if read() and try_read() can return a result at once for which poll() does not wake: data that was
  /// received together with earlier data, the peer's close, or a failure. Does not read the socket.
  [[nodiscard]] bool pending();
  /// Returns the number of bytes that wait to be written. While it is not 0, poll() for writing as well, and call
  /// flush().
  [[nodiscard]] std::size_t queued() const noexcept { return out_.size(); }
  /// Encrypts and writes all of `data`. After timed_out, the rest is still queued, and flush() continues with it.
  Result<void> write(Bytes data);
  /// Writes the queued data.
  Result<void> flush();
  /// Sends close_notify and closes our side. Reading continues until the peer closes.
  Result<void> close();

  /// Returns the number of bytes of StreamOptions::send_early, from its beginning, that the server has accepted. The
  /// rest was not sent or was rejected, and the stream does not send it by itself. Call write() with it if the data may
  /// be sent once the server has proven that it is live.
  [[nodiscard]] std::size_t early_data_accepted() const noexcept { return early_accepted_; }

  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  [[nodiscard]] const ConnectionInfo& info() const noexcept { return connection_.info(); }
  /// Returns the socket, for poll() and for the peer's address: display_address() of socket().peer().
  [[nodiscard]] Socket& socket() noexcept { return socket_; }

 private:
  SocketStream(Connection connection, Socket socket, Output out, StreamOptions options);
  static Result<SocketStream> begin(Connection connection, Socket socket, Output out, StreamOptions options);
  Result<void> prepare();
  Result<void> shake_hands();
  Result<Event> next();
  Result<MutableBytes> read_next();
  Result<std::optional<MutableBytes>> read_at_once();
  [[nodiscard]] std::optional<Result<Event>> advance();
  void make_room(std::size_t missing) noexcept;
  Result<void> fill(std::size_t missing);
  Result<void> ended();
  Result<void> write_until_readable();
  Result<void> send_some(int flags);
  Result<void> answer(OperationId id);
  [[nodiscard]] Error explain(Error error) noexcept;
  void say_goodbye() noexcept;
  Error give_up(Error why) noexcept;
  Result<std::size_t> receive(int flags);
  void drop(std::size_t n) noexcept;
  Result<short> wait(short events, Socket::Milliseconds timeout, std::string_view what);

  Connection connection_;
  Socket socket_;
  Output out_;
  StreamOptions options_;
  std::vector<std::uint8_t> buffer_;  // received bytes that are not consumed yet: [begin_, end_)
  std::size_t begin_ = 0, end_ = 0;
  std::optional<Clock::Milliseconds> deadline_;  // of the handshake. Set until it is done
  std::optional<Result<Event>> ahead_;           // the event that pending() has found
  std::size_t missing_ = 1;                      // number of bytes that the next step needs
  std::size_t early_accepted_ = 0;
  MutableBytes unread_;  // the rest of the last data, which read(into) did not copy yet
};

}  // namespace tls
