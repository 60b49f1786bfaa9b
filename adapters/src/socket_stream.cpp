#include "tls/adapters/socket_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "clocks.h"
#include "edge.h"

namespace tls {
namespace {

/// Room for the longest record of any version and the beginning of the next, bytes.
constexpr std::size_t kBuffer = 5 + (1 << 14) + 2048 + 512;
/// What is read and thrown away before a socket closes, bytes at most: unread data would make the system reset the
/// connection and with it destroy our alert.
constexpr std::size_t kDrain = 1 << 16;
/// What is longer is no limit: ten years.
constexpr std::chrono::hours kLongest{87'600};

}  // namespace

SocketStream::SocketStream(Connection connection, Socket socket, Output out, StreamOptions options)
    : connection_(std::move(connection)),
      socket_(std::move(socket)),
      out_(std::move(out)),
      options_(std::move(options)),
      buffer_(kBuffer) {}

Result<SocketStream> SocketStream::connect(const ClientConfig& config, std::string_view host, std::string_view port,
                                           StreamOptions options) {
  Result<Socket> socket = Socket::connect(host, port, options.connect_timeout);
  if (!socket) return std::unexpected(std::move(socket).error());
  return connect(config, *std::move(socket), host, std::move(options));
}

Result<SocketStream> SocketStream::connect(const ClientConfig& config, Socket socket, std::string_view server_name,
                                           StreamOptions options) {
  return at_the_edge([&]() -> Result<SocketStream> {
    ClientStart start{.port = options.port};
    if (start.port == 0)
      if (const Result<std::string> peer = socket.peer()) start.port = port_of(*peer);
    Output out;
    Result<ClientConnection> connection = ClientConnection::start(config, without_zone(server_name), start, out);
    if (!connection) return std::unexpected(std::move(connection).error());
    std::size_t early = 0;
    if (const Bytes data = std::exchange(options.send_early, {}); !data.empty() && connection->early_data_left() > 0) {
      Result<std::size_t> sent = connection->send_early(data, out);
      if (!sent) return std::unexpected(std::move(sent).error());
      early = *sent;
    }
    Result<SocketStream> stream = begin(*std::move(connection), std::move(socket), std::move(out), std::move(options));
    if (stream && stream->info().early_data == EarlyDataStatus::accepted) stream->early_accepted_ = early;
    return stream;
  });
}

Result<SocketStream> SocketStream::accept(const ServerConfig& config, Socket socket, StreamOptions options) {
  return at_the_edge([&] { return begin(ServerConnection::start(config), std::move(socket), {}, std::move(options)); });
}

Result<SocketStream> SocketStream::accept(std::shared_ptr<const ServerConfigSource> source, Socket socket,
                                          StreamOptions options) {
  return at_the_edge([&] {
    ServerStart start;
    if (const Result<std::string> peer = socket.peer()) start.peer_address = display_address(*peer);
    return begin(ServerConnection::start(std::move(source), std::move(start)), std::move(socket), {},
                 std::move(options));
  });
}

Result<SocketStream> SocketStream::begin(Connection connection, Socket socket, Output out, StreamOptions options) {
  SocketStream stream(std::move(connection), std::move(socket), std::move(out), std::move(options));
  if (Result<void> ready = stream.prepare(); !ready) return std::unexpected(std::move(ready).error());
  if (Result<void> done = stream.shake_hands(); !done) return std::unexpected(std::move(done).error());
  return stream;
}

// From now on the handshake's limit counts.
Result<void> SocketStream::prepare() {
  if (const auto limit = options_.handshake_timeout; limit.count() > 0 && limit < kLongest)
    deadline_ = options_.clock.get().monotonic() + limit;
  return socket_.timeouts(options_.read_timeout, options_.write_timeout);
}

Result<void> SocketStream::shake_hands() {
  Result<Event> event = next();
  while (event && std::holds_alternative<EarlyDataRejected>(*event)) event = next();  // the caller has it still
  if (!event) return std::unexpected(std::move(event).error());
  if (!std::holds_alternative<HandshakeDone>(*event))
    return fail(Code::internal_error, "data came before the end of the handshake");
  if (Result<void> flushed = flush(); !flushed) return flushed;
  deadline_.reset();
  return {};
}

// ---- what both sides do -------------------------------------------------------------------------------------------

void SocketStream::drop(std::size_t n) noexcept {
  begin_ += n;
  if (begin_ == end_) begin_ = end_ = 0;
}

// The next event that the stream does not handle by itself: data, EarlyDataRejected, HandshakeDone or PeerClosed.
Result<Event> SocketStream::next() {
  for (;;) {
    if (std::optional<Result<Event>> event = advance()) return *std::move(event);
    if (Result<void> filled = fill(missing_); !filled) return std::unexpected(std::move(filled).error());
  }
}

// The same out of what was received already; nothing: that takes more of it.
std::optional<Result<Event>> SocketStream::advance() {
  if (ahead_) return std::exchange(ahead_, std::nullopt);
  for (;;) {
    Step step = connection_.step(MutableBytes(buffer_).subspan(begin_, end_ - begin_), out_);
    drop(step.consumed);
    if (auto* failed = std::get_if<Failed>(&step.event)) {
      say_goodbye();
      return std::unexpected(std::move(failed->error));
    }
    if (const auto* need = std::get_if<NeedInput>(&step.event)) {
      missing_ = need->missing;
      return std::nullopt;
    }
    if (const auto* await = std::get_if<Await>(&step.event)) {
      if (Result<void> answered = answer(await->id); !answered) return std::unexpected(std::move(answered).error());
    } else if (const auto* early = std::get_if<EarlyData>(&step.event)) {
      if (!options_.early_data) return fail(Code::misuse, "early data came and StreamOptions::early_data is not set");
      try {
        options_.early_data(early->bytes);
      } catch (...) {
        return std::unexpected(give_up(caught_here()));
      }
    } else {
      return std::move(step.event);
    }
  }
}

Result<void> SocketStream::answer(OperationId id) {
  if (!options_.answer)
    return fail(Code::operation_failed, "a provider answers later and StreamOptions::answer is not set");
  try {
    // A refusal is not lost: the next step reports it, with its alert sent.
    static_cast<void>(connection_.complete(id, options_.answer(*connection_.pending()), out_));
    return {};
  } catch (...) {
    return std::unexpected(give_up(caught_here()));
  }
}

// A callback has thrown: the peer is told that it is not its fault.
Error SocketStream::give_up(Error why) noexcept {
  connection_.abort(Alert::internal_error, out_);
  say_goodbye();
  return why;
}

// ---- reading ------------------------------------------------------------------------------------------------------

// Waits for `events`, `timeout` at most (0: for ever) and no longer than the handshake may take; what poll() gives.
Result<short> SocketStream::wait(short events, Socket::Milliseconds timeout, std::string_view what) {
  for (;;) {
    std::int64_t left = timeout.count() > 0 ? timeout.count() : -1;
    bool ours = true;
    if (deadline_) {
      const auto until = (*deadline_ - options_.clock.get().monotonic()).count();
      if (until <= 0) return fail(Code::timed_out, "the handshake took too long");
      ours = left >= 0 && left < until;
      if (!ours) left = until_next_look(options_.clock, until);
    }
    pollfd wait{socket_.fd(), events, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left, INT_MAX)));
    if (ready > 0) return wait.revents;
    if (ready < 0 && errno != EINTR) return std::unexpected(transport_error("poll", errno));
    if (ready == 0 && !ours) continue;  // whether the handshake's time is over is the clock's to say
    if (ready == 0) return fail(Code::timed_out, std::string(what));
  }
}

// recv() behind what the buffer holds. 0: the transport ended.
Result<std::size_t> SocketStream::receive(int flags) {
  const bool waits = deadline_ && (flags & MSG_DONTWAIT) == 0;
  for (;;) {
    if (waits)
      if (const Result<short> ready = wait(POLLIN, options_.read_timeout, "read"); !ready)
        return std::unexpected(ready.error());
    const ssize_t n =
        ::recv(socket_.fd(), buffer_.data() + end_, buffer_.size() - end_, flags | (waits ? MSG_DONTWAIT : 0));
    if (n >= 0) {
      end_ += static_cast<std::size_t>(n);
      return static_cast<std::size_t>(n);
    }
    if (waits && (errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return fail(Code::timed_out, "read");
    if (errno != EINTR) return std::unexpected(transport_error("read", errno));
  }
}

// Writes what is queued until there is something to read: a peer that waits for us to read before it reads on must not
// make both wait for ever.
Result<void> SocketStream::write_until_readable() {
  while (!out_.empty()) {
    if (Result<void> sent = send_some(MSG_DONTWAIT); !sent && sent.error().code() != Code::timed_out) return sent;
    if (out_.empty()) break;
    const Result<short> ready = wait(POLLIN | POLLOUT, options_.read_timeout, "read");
    if (!ready) return std::unexpected(ready.error());
    if ((*ready & ~POLLOUT) != 0) break;
  }
  return {};
}

void SocketStream::make_room(std::size_t missing) noexcept {
  if (buffer_.size() - end_ >= missing) return;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
}

// Waits for at least one more byte; step() asks again when that is not enough.
Result<void> SocketStream::fill(std::size_t missing) {
  make_room(missing);
  if (Result<void> written = write_until_readable(); !written) return written;
  const Result<std::size_t> n = receive(0);
  if (!n) return std::unexpected(n.error());
  return *n != 0 ? Result<void>() : ended();
}

// The transport has.
Result<void> SocketStream::ended() {
  Step last = connection_.transport_closed();
  if (auto* failed = std::get_if<Failed>(&last.event)) return std::unexpected(std::move(failed->error));
  return {};  // close_notify came before: the next step says PeerClosed
}

Result<MutableBytes> SocketStream::read() {
  return at_the_edge([&] { return read_next(); });
}

Result<MutableBytes> SocketStream::read_next() {
  if (!unread_.empty()) return std::exchange(unread_, {});
  for (;;) {
    Result<Event> event = next();
    if (!event) return std::unexpected(std::move(event).error());
    if (const auto* data = std::get_if<AppData>(&*event)) return data->bytes;
    if (std::holds_alternative<PeerClosed>(*event)) return MutableBytes();
  }
}

Result<std::optional<MutableBytes>> SocketStream::try_read() {
  return at_the_edge([&] { return read_at_once(); });
}

Result<std::optional<MutableBytes>> SocketStream::read_at_once() {
  if (!unread_.empty()) return std::exchange(unread_, {});
  if (Result<void> sent = send_some(MSG_DONTWAIT); !sent && sent.error().code() != Code::timed_out)
    return std::unexpected(std::move(sent).error());
  for (;;) {
    if (std::optional<Result<Event>> event = advance()) {
      if (!*event) return std::unexpected(std::move(*event).error());
      if (const auto* data = std::get_if<AppData>(&**event)) return data->bytes;
      if (std::holds_alternative<PeerClosed>(**event)) return MutableBytes();
      continue;
    }
    make_room(missing_);
    const Result<std::size_t> n = receive(MSG_DONTWAIT);
    if (!n && n.error().code() == Code::timed_out) return std::nullopt;
    if (!n) return std::unexpected(n.error());
    if (*n == 0)
      if (Result<void> closed = ended(); !closed) return std::unexpected(std::move(closed).error());
  }
}

bool SocketStream::pending() {
  if (!unread_.empty()) return true;
  try {
    ahead_ = advance();
  } catch (...) {
    ahead_.emplace(std::unexpected(caught_here()));
  }
  return ahead_.has_value();
}

Result<std::size_t> SocketStream::read(MutableBytes into) {
  if (into.empty()) return std::size_t{0};
  Result<MutableBytes> data = read();
  if (!data) return std::unexpected(std::move(data).error());
  const std::size_t n = std::min(into.size(), data->size());
  std::copy_n(data->begin(), n, into.begin());
  unread_ = data->subspan(n);
  return n;
}

// ---- writing ------------------------------------------------------------------------------------------------------

Result<void> SocketStream::write(Bytes data) {
  if (Result<void> sent = connection_.send(data, out_); !sent) return sent;
  return flush();
}

Result<void> SocketStream::flush() {
  return at_the_edge([&] { return send_some(0); });
}

// Writes all that is queued, or as much as goes without waiting (then it fails with timed_out).
Result<void> SocketStream::send_some(int flags) {
  const bool waits = deadline_ && (flags & MSG_DONTWAIT) == 0;
  while (!out_.empty()) {
    const ssize_t n =
        ::send(socket_.fd(), out_.bytes().data(), out_.size(), MSG_NOSIGNAL | flags | (waits ? MSG_DONTWAIT : 0));
    if (n >= 0) {
      out_.consume(static_cast<std::size_t>(n));
    } else if (waits && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (const Result<short> ready = wait(POLLOUT, options_.write_timeout, "write"); !ready)
        return std::unexpected(ready.error());
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return fail(Code::timed_out, "write");
    } else if (errno != EINTR) {
      return std::unexpected(explain(transport_error("write", errno)));
    }
  }
  out_.release();
  return {};
}

// A peer that refuses us sends an alert and closes. If that made our write fail, the alert says more than the write.
Error SocketStream::explain(Error error) noexcept {
  out_.release();
  if (!unread_.empty() || ahead_) return error;  // it lies in the buffer, and is read before any alert
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  if (!receive(MSG_DONTWAIT)) return error;
  for (;;) {
    Step step = connection_.step(MutableBytes(buffer_).subspan(begin_, end_ - begin_), out_);
    drop(step.consumed);
    if (auto* failed = std::get_if<Failed>(&step.event)) {
      if (failed->error.peer_alert()) return std::move(failed->error);
      return error;
    }
    // What the peer wrote before it left is not lost: the next read gives it, and then the alert behind it.
    if (const auto* data = std::get_if<AppData>(&step.event)) unread_ = data->bytes;
    if (!std::holds_alternative<HandshakeDone>(step.event)) return error;
  }
}

// Sends the alert of a failure, as far as that goes without waiting, and sees to it that the peer can read it.
void SocketStream::say_goodbye() noexcept {
  static_cast<void>(send_some(MSG_DONTWAIT));
  out_.release();
  socket_.shut_down_writing();
  for (std::size_t drained = 0; drained < kDrain;) {
    begin_ = end_ = 0;
    const Result<std::size_t> n = receive(MSG_DONTWAIT);
    if (!n || *n == 0) break;
    drained += *n;
  }
  begin_ = end_ = 0;
}

Result<void> SocketStream::close() {
  if (Result<void> closed = connection_.close(out_); !closed) return closed;
  if (Result<void> flushed = flush(); !flushed) return flushed;
  socket_.shut_down_writing();
  return {};
}

}  // namespace tls
