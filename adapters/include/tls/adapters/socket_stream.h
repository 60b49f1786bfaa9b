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

/// What a stream may be told besides its configuration. The functions are kept and called from the stream's thread.
struct StreamOptions {
  Socket::Milliseconds connect_timeout{};                ///< for each address; 0: the system's
  Socket::Milliseconds read_timeout{}, write_timeout{};  ///< of the socket; 0: for ever
  /// Of the handshake as a whole, once there is a TCP connection: however much the peer sends, connect() and accept()
  /// fail with timed_out when they would wait longer. `answer` and `early_data` count, but are not interrupted. 0: for
  /// ever.
  Socket::Milliseconds handshake_timeout{10'000};
  /// Answers operations that a provider left open (Await). Without it such a handshake fails with operation_failed.
  std::function<OperationResult(const Operation&)> answer = {};
  /// A server's: takes data that may be a replay. Without it a connection that receives such data fails with misuse.
  std::function<void(Bytes)> early_data = {};
  /// A client's: sent as early data as far as the configuration and a session allow; valid until connect() returns.
  /// Whoever copies it on the way can send it again. See SocketStream::early_data_accepted().
  Bytes send_early = {};
  /// A client's: the server's port, by which sessions are kept apart. 0: that of the socket's peer. For sockets that
  /// lead through a proxy.
  std::uint16_t port = 0;
  /// By whose monotonic time the handshake is limited; it must outlive connect() and accept(). One that is not the
  /// system's is asked when something arrives, and every 10 ms.
  std::reference_wrapper<const Clock> clock{system_clock()};
};

/// A TLS connection over a socket that blocks. The handshake is done when there is a stream. Move-only; one thread at a
/// time. A read that waits goes on writing what is queued, so that two sides that both have much to say cannot block
/// each other for ever through it. It never raises SIGPIPE. Destroying it closes the socket without close_notify: the
/// peer sees a truncation, call close() first.
///
/// No function throws: without memory a call fails with out_of_memory, and what `answer`, `early_data` or a source
/// throws is provider_failed. Behind that the stream can be used as far as its connection has not failed; calls that
/// failed may be made again, flush() instead of a write().
// test: adapters: two sides with more to say than fits between them
// test: adapters: writing to a peer that went away is an error and no signal
// test: faults: every allocation of a stream's functions fails once: a client
// test: faults: every allocation of a stream's functions fails once: a server
class SocketStream {
 public:
  /// Connects by TCP and shakes hands; `host` is also the name that the certificate must be for, without the zone of a
  /// scoped IPv6 address.
  [[nodiscard]] static Result<SocketStream> connect(const ClientConfig& config, std::string_view host,
                                                    std::string_view port, StreamOptions options = {});
  /// A client over a socket that is connected already.
  [[nodiscard]] static Result<SocketStream> connect(const ClientConfig& config, Socket socket,
                                                    std::string_view server_name, StreamOptions options = {});
  /// A server over a socket that was accepted.
  [[nodiscard]] static Result<SocketStream> accept(const ServerConfig& config, Socket socket,
                                                   StreamOptions options = {});
  /// The same with the configuration that `source` gives for the client's ClientHello, such as a LiveServerConfig or
  /// config_source(a function). Waiting for it is part of the handshake and of its limits. An Error of it is
  /// accept()'s, and the client is sent its alert. Where it answers later, StreamOptions::answer is asked.
  // test: adapters: a source gives the configuration
  [[nodiscard]] static Result<SocketStream> accept(std::shared_ptr<const ServerConfigSource> source, Socket socket,
                                                   StreamOptions options = {});

  /// Waits for data and returns it without a copy: a span into the stream's buffer, valid until the next read or
  /// write that fails. Empty: the peer closed. Fails with timed_out (the stream stays usable), transport_failed,
  /// truncated, and what step() says.
  [[nodiscard]] Result<MutableBytes> read();
  /// The same into memory of the caller's; at most into.size() bytes, 0 when the peer closed.
  [[nodiscard]] Result<std::size_t> read(MutableBytes into);
  /// The same for callers that poll() the socket: never waits. Gives what was received and what the socket has;
  /// empty: there is none yet, poll() again. Writes what is queued as far as that goes.
  // test: adapters: pending() knows what poll() cannot, try_read() never waits
  [[nodiscard]] Result<std::optional<MutableBytes>> try_read();
  /// True: read() and try_read() have something to say at once, for which poll() does not wake: data that was received
  /// together with what was read before, the peer's close, a failure. Does not read the socket.
  [[nodiscard]] bool pending();
  /// Bytes that wait to be written: while there are any, poll() for writing as well, and flush().
  [[nodiscard]] std::size_t queued() const noexcept { return out_.size(); }
  /// Encrypts and writes all of `data`. After timed_out the rest is still queued: flush() goes on with it.
  Result<void> write(Bytes data);
  /// Writes what is queued.
  Result<void> flush();
  /// Sends close_notify and ends our side; reading goes on until the peer closes.
  Result<void> close();

  /// How many bytes of StreamOptions::send_early the server has accepted, from its beginning. The rest was not sent, or
  /// was refused, and is not sent by itself: write() it, if it may be said to a server that has proven to be fresh.
  [[nodiscard]] std::size_t early_data_accepted() const noexcept { return early_accepted_; }

  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  [[nodiscard]] const ConnectionInfo& info() const noexcept { return connection_.info(); }
  /// For poll(), and for the peer's address: display_address() of socket().peer().
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
  std::vector<std::uint8_t> buffer_;  // what came and was not used up: [begin_, end_)
  std::size_t begin_ = 0, end_ = 0;
  std::optional<Clock::Milliseconds> deadline_;  // of the handshake, while it lasts
  std::optional<Result<Event>> ahead_;           // that pending() has found
  std::size_t missing_ = 1;                      // bytes, that the next step needs
  std::size_t early_accepted_ = 0;
  MutableBytes unread_;  // of the last data that read(into) did not take
};

}  // namespace tls
