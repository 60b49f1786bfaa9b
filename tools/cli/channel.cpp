#include "cli/channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tls/adapters/remote_key.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kBuffer = 64 << 10;                // bytes: some of the longest records
constexpr std::size_t kMaxDrained = 1 << 20;             // bytes that linger() throws away
constexpr std::chrono::milliseconds kLingerLimit{2000};  // for the peer to end its side

}  // namespace

Channel::Channel(tls::Connection connection, tls::Socket socket, tls::Output first)
    : connection_(std::move(connection)), socket_(std::move(socket)), out_(std::move(first)), in_(kBuffer) {}

void Channel::count(Way way) {
  if (!done_ && way != last_) ++traffic_.flights;
  last_ = way;
}

void Channel::drop_writes() noexcept { mute_ = true; }

tls::Result<void> Channel::flush() {
  if (mute_) out_.consume(out_.size());
  while (!out_.empty()) {
    const tls::Bytes waiting = out_.bytes();
    const ssize_t n = ::send(socket_.fd(), waiting.data(), waiting.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return tls::fail(tls::Code::timed_out, "writing");
    if (n < 0) return std::unexpected(tls::transport_error("writing", errno));
    count(Way::out);
    traffic_.bytes_out += static_cast<std::uint64_t>(n);
    out_.consume(static_cast<std::size_t>(n));
  }
  return {};
}

tls::Result<void> Channel::receive() {
  if (begin_ != 0) {
    std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == in_.size()) in_.resize(in_.size() * 2);
  if (deadline_ != std::chrono::steady_clock::time_point{}) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) return tls::fail(tls::Code::timed_out, "the handshake took too long");
    if (auto set = socket_.timeouts(left, left); !set) return set;
  }
  while (true) {
    const ssize_t n = ::recv(socket_.fd(), in_.data() + end_, in_.size() - end_, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return tls::fail(tls::Code::timed_out, "the peer sends nothing");
    if (n < 0) return std::unexpected(tls::transport_error("reading", errno));
    if (n > 0) {
      count(Way::in);
      traffic_.bytes_in += static_cast<std::uint64_t>(n);
      end_ += static_cast<std::size_t>(n);
      return {};
    }
    tls::Step last = connection_.transport_closed();
    if (auto* failed = std::get_if<tls::Failed>(&last.event)) return std::unexpected(std::move(failed->error));
    return tls::fail(tls::Code::closed, "the transport has ended");
  }
}

tls::Result<void> Channel::send_first() {
  if (first_.empty() || !connection_.may_send()) return {};
  const std::vector<std::uint8_t> data = std::move(first_);
  first_.clear();
  return connection_.send(data, out_);
}

/// The next event of what was received; nothing when more is needed.
tls::Result<std::optional<tls::Event>> Channel::advance() {
  tls::Step step = connection_.step(tls::MutableBytes(in_).subspan(begin_, end_ - begin_), out_);
  begin_ += step.consumed;
  if (auto* failed = std::get_if<tls::Failed>(&step.event)) {
    (void)flush().has_value();  // the alert, if the peer still takes it
    return std::unexpected(std::move(failed->error));
  }
  if (auto sent = send_first(); !sent) return std::unexpected(std::move(sent).error());
  if (auto sent = flush(); !sent) return std::unexpected(std::move(sent).error());
  if (const auto* await = std::get_if<tls::Await>(&step.event)) {
    const auto asked = connection_.share_pending();
    if (auto answer = asked ? tls::wait_for_signature(*asked) : std::nullopt) {
      // What is refused is told by the next step, with its alert sent.
      static_cast<void>(connection_.complete(await->id, std::move(*answer), out_));
      return advance();
    }
    return tls::fail(tls::Code::operation_failed, "nobody answers what the handshake waits for");
  }
  if (std::holds_alternative<tls::NeedInput>(step.event)) return std::nullopt;
  return std::move(step.event);
}

tls::Result<tls::Event> Channel::next() {
  while (true) {
    auto event = advance();
    if (!event) return std::unexpected(std::move(event).error());
    if (*event) return std::move(**event);
    if (auto received = receive(); !received) return std::unexpected(std::move(received).error());
  }
}

tls::Result<void> Channel::handshake(std::chrono::milliseconds limit) {
  deadline_ = began_ + limit;
  auto event = next();
  for (; event; event = next()) {
    if (auto* refused = std::get_if<tls::EarlyDataRejected>(&*event)) {
      refused_ = std::move(refused->bytes);
    } else if (auto* early = std::get_if<tls::EarlyData>(&*event); early && take_early_) {
      if (auto taken = take_early_(early->bytes); !taken) return taken;
    } else {
      break;
    }
  }
  if (!event) return std::unexpected(std::move(event).error());
  if (!std::holds_alternative<tls::HandshakeDone>(*event))
    return tls::fail(tls::Code::internal_error, "the handshake did not end as it should");
  if (auto sent = flush(); !sent) return sent;
  done_ = true;
  deadline_ = {};
  traffic_.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began_).count();
  return socket_.timeouts({}, {});
}

namespace {

tls::Result<tls::MutableBytes> data_of(const tls::Event& event) {
  if (const auto* data = std::get_if<tls::AppData>(&event)) return data->bytes;
  if (std::holds_alternative<tls::PeerClosed>(event)) return tls::MutableBytes{};
  return tls::fail(tls::Code::internal_error, "an event that nothing asked for");
}

}  // namespace

tls::Result<tls::MutableBytes> Channel::read() {
  auto event = next();
  if (!event) return std::unexpected(std::move(event).error());
  return data_of(*event);
}

tls::Result<std::optional<tls::MutableBytes>> Channel::read_some(bool readable) {
  auto event = advance();
  if (event && !*event && readable) {
    if (auto received = receive(); !received) return std::unexpected(std::move(received).error());
    event = advance();
  }
  if (!event) return std::unexpected(std::move(event).error());
  if (!*event) return std::nullopt;
  return data_of(**event);
}

tls::Result<void> Channel::write(tls::Bytes data) {
  constexpr std::size_t kPiece = 128 << 10;  // bytes that are encrypted before they are written
  do {
    const tls::Bytes piece = data.first(std::min(kPiece, data.size()));
    if (auto sealed = connection_.send(piece, out_); !sealed) return sealed;
    if (auto sent = flush(); !sent) return sent;
    data = data.subspan(piece.size());
  } while (!data.empty());
  return {};
}

tls::Result<void> Channel::close() {
  if (auto closed = connection_.close(out_); !closed) return closed;
  return flush();
}

void Channel::linger() noexcept {
  socket_.shut_down_writing();
  const auto end = std::chrono::steady_clock::now() + kLingerLimit;
  for (std::size_t drained = 0; drained < kMaxDrained;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !socket_.timeouts(left, left)) return;
    const ssize_t n = ::recv(socket_.fd(), in_.data(), in_.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    drained += static_cast<std::size_t>(n);
  }
}

}  // namespace sallyport::cli
