#include "cli/serve/visit.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tls/live_config.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kPauseAbove = 64 << 10;  // bytes that wait to be sent: what else came waits, too
constexpr std::size_t kRecordHead = 5;         // RFC 9846 §5.1: type, version, length

thread_local const Visit* in_call = nullptr;

/// Says whose connection is in a call, as long as it lives.
struct InCall {
  explicit InCall(const Visit& visit) noexcept : before(std::exchange(in_call, &visit)) {}
  ~InCall() { in_call = before; }
  InCall(const InCall&) = delete;
  InCall& operator=(const InCall&) = delete;
  const Visit* const before;
};

/// The first record of `in`; all of it when that is not whole. The connection is given the handshake record by record:
/// so we know which bytes it has seen when it calls us back, and count none of the request that came with them.
std::size_t first_record(tls::Bytes in) {
  if (in.size() < kRecordHead) return in.size();
  const std::size_t length = std::size_t{in[3]} << 8 | in[4];
  return std::min(in.size(), kRecordHead + length);
}

}  // namespace

const Visit* Visit::current() noexcept { return in_call; }

Visit::Visit(std::shared_ptr<const tls::ServerConfigSource> config, tls::Socket socket, std::string peer,
             std::unique_ptr<Service> service, Host& host, const Limits& limits, Time now)
    : Watched(Kind::visit),
      connection_(tls::ServerConnection::start(std::move(config), {peer})),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      service_(std::move(service)),
      host_(host),
      limits_(limits),
      began_(now),
      moved_(now) {}

// ---- what may be done now -----------------------------------------------------------------------------------------

bool Visit::may_produce() const noexcept { return phase_ == Phase::open && service_->busy() && connection_.may_send(); }

// The handshake goes on whatever the service does: it is what lets the service's data through.
bool Visit::may_take() const noexcept {
  if (phase_ != Phase::silent && phase_ != Phase::open) return false;
  if (connection_.pending() != nullptr) return false;
  return !done_ || (!service_->busy() && out_.size() <= kPauseAbove);
}

bool Visit::may_read() const noexcept {
  return phase_ == Phase::lingering || (!stirred_ && may_take() && (!done_ || out_.empty()));
}

std::uint32_t Visit::interest() const noexcept {
  std::uint32_t events = 0;
  if (may_read()) events |= EPOLLIN;
  if (!out_.empty() || may_produce() || (stirred_ && may_take())) events |= EPOLLOUT;
  return events;
}

// ---- the transport ------------------------------------------------------------------------------------------------

void Visit::count(Way way) {
  if (!done_ && way != last_) ++traffic_.flights;
  last_ = way;
}

bool Visit::flush(Time now) {
  while (!out_.empty()) {
    const ssize_t n = ::send(socket_.fd(), out_.bytes().data(), out_.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (n < 0) {
      vanish(std::unexpected(tls::transport_error("writing", errno)), now);
      return false;
    }
    count(Way::out);
    traffic_.bytes_out += static_cast<std::uint64_t>(n);
    out_.consume(static_cast<std::size_t>(n));
    moved_ = now;
  }
  return true;
}

// One read: all visitors get their turn.
void Visit::receive(Workshop& shop, Time now) {
  const std::size_t kept = rest_.size();
  if (shop.in.size() < kept + kPiece) shop.in.resize(kept + kPiece);
  std::ranges::copy(rest_, shop.in.begin());
  ssize_t n = 0;
  do n = ::recv(socket_.fd(), shop.in.data() + kept, shop.in.size() - kept, 0);
  while (n < 0 && errno == EINTR);
  if (n < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) vanish(std::unexpected(tls::transport_error("reading", errno)), now);
    return;
  }
  if (n == 0) {
    tls::Step last = connection_.transport_closed();
    auto* failed = std::get_if<tls::Failed>(&last.event);
    const bool harmless = failed == nullptr || (done_ && kept == 0 && service_->at_rest());
    return vanish(harmless ? tls::Result<void>{} : std::unexpected(std::move(failed->error)), now);
  }
  if (phase_ == Phase::silent) {
    if (!host_.admit()) {
      phase_ = Phase::over;
      return;
    }
    phase_ = Phase::open;
  }
  count(Way::in);
  traffic_.bytes_in += static_cast<std::uint64_t>(n);
  take(tls::MutableBytes(shop.in).first(kept + static_cast<std::size_t>(n)), now);
}

void Visit::hang_up(Time now) {
  if (!std::exchange(told_, true)) host_.ended(*this, *result_);
  socket_.shut_down_writing();
  phase_ = Phase::lingering;
  ended_ = now;
}

// Closing a socket that holds unread bytes would reset the connection, and destroy what is under way.
void Visit::drain(Workshop& shop) {
  const ssize_t n = ::recv(socket_.fd(), shop.in.data(), shop.in.size(), 0);
  if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return;
  drained_ += n > 0 ? static_cast<std::size_t>(n) : 0;
  if (n <= 0 || drained_ >= kMaxDrained) phase_ = Phase::over;
}

// ---- the connection -----------------------------------------------------------------------------------------------

void Visit::serve(std::uint32_t ready, Workshop& shop, Time now) {
  const InCall me(*this);
  const bool hung_up = (ready & (EPOLLHUP | EPOLLERR)) != 0;
  if (phase_ == Phase::lingering) return drain(shop);
  if (((ready & EPOLLIN) != 0 || hung_up) && may_read())
    receive(shop, now);
  else if (hung_up && out_.empty() && !may_produce())
    vanish(tls::fail(tls::Code::transport_failed, "the peer went away"), now);
  work(shop, now);
}

void Visit::complete(tls::OperationId id, tls::OperationResult result, Workshop& shop, Time now) {
  if (phase_ != Phase::open || asked_ != id) return;
  const InCall me(*this);
  asked_.reset();
  // A refusal is not lost: the next step reports it, with its alert sent.
  static_cast<void>(connection_.complete(id, std::move(result), out_));
  stirred_ = true;
  work(shop, now);
}

// All that can be done without waiting, up to a visitor's turn.
void Visit::work(Workshop& shop, Time now) {
  for (std::size_t turn = 0; phase_ == Phase::open || phase_ == Phase::ending;) {
    if (!flush(now)) return;
    if (phase_ == Phase::ending) {
      hang_up(now);
    } else if (may_produce()) {
      if (turn >= limits_.turn) return;
      check(service_->more(*this, shop.piece), now);
      turn += out_.size();
    } else if (stirred_ && may_take()) {
      if (shop.in.size() < rest_.size()) shop.in.resize(rest_.size());
      std::ranges::copy(rest_, shop.in.begin());
      take(tls::MutableBytes(shop.in).first(rest_.size()), now);
    } else {
      break;
    }
  }
  out_.release();
}

// Steps through what came, and keeps what is left of it.
void Visit::take(tls::MutableBytes in, Time now) {
  stirred_ = false;
  bool more = true;
  while (more && may_take()) {
    const std::size_t given = done_ ? in.size() : first_record(in);
    in_hand_ = given;
    tls::Step step = connection_.step(in.first(given), out_);
    in_hand_ = 0;
    if (step.consumed == 0 && given < in.size() && std::holds_alternative<tls::NeedInput>(step.event))
      step = connection_.step(in, out_);
    used_ += step.consumed;
    in = in.subspan(step.consumed);
    if (std::holds_alternative<tls::NeedInput>(step.event))
      more = step.consumed != 0 && !in.empty();
    else
      more = dispatch(step.event, now);
  }
  stirred_ = more && phase_ == Phase::open && !in.empty();
  std::vector<std::uint8_t>(in.begin(), in.end()).swap(rest_);
}

// True when there may be more to do with the input at hand.
bool Visit::dispatch(tls::Event& event, Time now) {
  if (const auto* data = std::get_if<tls::AppData>(&event)) {
    check(service_->data(*this, data->bytes), now);
  } else if (const auto* early = std::get_if<tls::EarlyData>(&event)) {
    check(service_->early(*this, early->bytes), now);
  } else if (std::holds_alternative<tls::HandshakeDone>(event)) {
    handshake_ended(now);
  } else if (const auto* await = std::get_if<tls::Await>(&event)) {
    if (asked_ == await->id) return false;
    asked_ = await->id;
    host_.ask(*this, await->id, connection_.share_pending());
    return false;
  } else if (std::holds_alternative<tls::PeerClosed>(event)) {
    check(close(), now);
  } else if (auto* failed = std::get_if<tls::Failed>(&event)) {
    end(std::unexpected(std::move(failed->error)), now);
  }
  return true;
}

void Visit::handshake_ended(Time now) {
  effort_ = effort();
  // TLS 1.2 has its Finished in what is to be written, a flight of the handshake; TLS 1.3 has tickets, which are none.
  if (connection_.info().version == tls::ProtocolVersion::tls12) static_cast<void>(flush(now));
  if (phase_ != Phase::open) return;
  done_ = true;
  traffic_.ms = effort_.ms;
  moved_ = now;
  if (const auto config = std::exchange(judge_by_, std::nullopt)) judge(*config, now);
  if (phase_ == Phase::open) check(service_->ready(*this), now);
}

// ---- a configuration that was replaced, a server that ends --------------------------------------------------------

void Visit::judge(const tls::ServerConfig& config, Time now) {
  const tls::Answer<tls::ChainAccepted> verdict = tls::review_client(info(), config);
  if (!verdict || *verdict) return;
  const tls::Error& why = verdict->error();
  connection_.abort(why.alert().value_or(tls::Alert::certificate_unknown), out_);
  end(std::unexpected(tls::Error(
          why.code(), "while it was connected, by a configuration that was reloaded: " + std::string(why.detail()))),
      now);
}

void Visit::review(const tls::ServerConfig& config, Workshop& shop, Time now) {
  if (!done_) judge_by_ = config;
  if (!done_ || phase_ != Phase::open) return;
  const InCall me(*this);
  judge(config, now);
  work(shop, now);
}

void Visit::leave(Workshop& shop, Time now) {
  leaves_ = now + limits_.linger;
  if (phase_ != Phase::open || !done_ || service_->busy()) return;
  const InCall me(*this);
  check(close(), now);
  work(shop, now);
}

Effort Visit::effort() const noexcept {
  if (done_) return effort_;
  const bool finished_waits = connection_.info().version == tls::ProtocolVersion::tls12;
  return {.bytes_in = used_ + in_hand_,
          .bytes_out = traffic_.bytes_out + (finished_waits ? out_.size() : 0),
          .ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began_).count()};
}

// ---- the end ------------------------------------------------------------------------------------------------------

tls::Result<void> Visit::close() {
  if (phase_ != Phase::open) return {};
  if (auto closed = connection_.close(out_); !closed) return closed;
  end({}, moved_);
  return {};
}

void Visit::check(const tls::Result<void>& done, Time now) {
  if (!done) end(std::unexpected(done.error()), now);
}

void Visit::end(tls::Result<void> result, Time now) {
  if (result_) return;
  result_ = std::move(result);
  phase_ = Phase::ending;
  ended_ = now;
}

void Visit::vanish(tls::Result<void> result, Time now) {
  if (result_ && *result_ && !result) result_ = std::move(result);  // what was to be written is lost
  end(std::move(result), now);
  if (!std::exchange(told_, true)) host_.ended(*this, *result_);
  out_.release();
  phase_ = Phase::over;
}

Visit::Time Visit::deadline() const noexcept {
  return phase_ == Phase::lingering ? own_deadline() : std::min(own_deadline(), leaves_);
}

Visit::Time Visit::own_deadline() const noexcept {
  switch (phase_) {
    case Phase::silent:
      return began_ + limits_.handshake;
    case Phase::open:
      return done_ ? moved_ + limits_.idle : began_ + limits_.handshake;
    case Phase::ending:
      return result_->has_value() ? moved_ + limits_.idle : ended_ + limits_.linger;
    case Phase::lingering:
      return ended_ + limits_.linger;
    case Phase::over:
      break;
  }
  return ended_;
}

// A visitor that asks for nothing more is told that we leave.
void Visit::expire(Workshop& shop, Time now) {
  const InCall me(*this);
  if (phase_ == Phase::open && done_ && out_.empty() && service_->at_rest()) {
    check(close(), now);
    return work(shop, now);
  }
  if (now >= leaves_) return vanish(done_ ? tls::Result<void>{} : tls::fail(tls::Code::closed, "the server ends"), now);
  vanish(tls::fail(tls::Code::timed_out, done_ ? "the peer neither sends nor reads" : "the handshake took too long"),
         now);
}

}  // namespace sallyport::cli
