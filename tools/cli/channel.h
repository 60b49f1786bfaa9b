// One TLS connection over a blocking socket, with a count of what passes: what `client` and `lab` report. The
// adapter for applications is tls::SocketStream; a tool that shows what a handshake does needs what that one hides: the
// flights, one deadline for the whole handshake, the moment at which False Start may write, and early data that was
// refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "tls/adapters/socket.h"
#include "tls/connection.h"

namespace sallyport::cli {

/// What passed on the transport.
struct Traffic {
  std::uint64_t bytes_in = 0, bytes_out = 0;  ///< on the wire, records and all
  unsigned flights = 0;                       ///< of the handshake: changes of direction
  double ms = 0;                              ///< from start to HandshakeDone
};

/// Move-only by its parts; one thread.
class Channel {
 public:
  /// `first` is what the connection wrote at its start.
  Channel(tls::Connection connection, tls::Socket socket, tls::Output first);

  /// Data that goes out as soon as the connection allows it: with TLS 1.2's False Start before the handshake's end.
  void write_first(tls::Bytes data) { first_.assign(data.begin(), data.end()); }
  /// Is given early data as it comes, before the handshake's end; may write. Without it a server must not accept any.
  void on_early(std::function<tls::Result<void>(tls::Bytes)> take) { take_early_ = std::move(take); }
  /// A client's early data that the server has refused: nothing of it is sent again by itself.
  [[nodiscard]] const std::vector<std::uint8_t>& refused() const noexcept { return refused_; }
  /// Runs the handshake to its end, at most `limit` in all.
  tls::Result<void> handshake(std::chrono::milliseconds limit);
  /// Waits for data: a span that is valid until the next read. Empty: the peer closed in order.
  tls::Result<tls::MutableBytes> read();
  tls::Result<void> write(tls::Bytes data);
  /// Sends close_notify.
  tls::Result<void> close();
  /// Ends the transport so that what was written arrives: closing a socket that holds unread bytes would reset the
  /// connection and destroy what is under way. Waits for the peer's end, a bounded time and number of bytes.
  void linger() noexcept;

  /// From here on a read or write that waits longer fails with timed_out.
  tls::Result<void> socket_timeouts(std::chrono::milliseconds limit) { return socket_.timeouts(limit, limit); }

  [[nodiscard]] const tls::ConnectionInfo& info() const noexcept { return connection_.info(); }
  [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }
  [[nodiscard]] const tls::Socket& socket() const noexcept { return socket_; }
  /// The same for callers that poll: what has been received already, and where the socket is `readable` one more
  /// receive. Nothing: there is no data yet (what came was a part of a record, or a ticket).
  tls::Result<std::optional<tls::MutableBytes>> read_some(bool readable);

 private:
  enum class Way : std::uint8_t { none, in, out };

  tls::Result<void> flush();
  tls::Result<void> send_first();
  tls::Result<void> receive();
  /// The next event that is not NeedInput.
  tls::Result<tls::Event> next();
  tls::Result<std::optional<tls::Event>> advance();
  void count(Way way);

  tls::Connection connection_;
  tls::Socket socket_;
  tls::Output out_;
  std::vector<std::uint8_t> in_;
  std::vector<std::uint8_t> first_;  // what write_first() was given, until it goes out
  std::size_t begin_ = 0, end_ = 0;  // of what was received and not consumed
  std::function<tls::Result<void>(tls::Bytes)> take_early_;
  std::vector<std::uint8_t> refused_;
  Traffic traffic_;
  Way last_ = Way::none;
  bool done_ = false;  // the handshake
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now(), deadline_{};
};

}  // namespace sallyport::cli
