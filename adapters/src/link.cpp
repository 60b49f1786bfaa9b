#include "link.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "edge.h"

namespace tls {
namespace {
constexpr int kDrains = 16;                    // reads before a socket is closed, of 4 KiB each
constexpr std::chrono::hours kLongest{87600};  // of a timeout, ten years: what is longer is none
}  // namespace

// ---- what handlers do by default ----------------------------------------------------------------------------------

void LinkHandler::on_early_data(Link& link, MutableBytes) { link.abort(Alert::internal_error); }
void LinkHandler::on_early_data_rejected(Link& link, Bytes) { link.abort(Alert::internal_error); }
void LinkHandler::on_operation(Link& link, OperationId, const Operation&) { link.abort(Alert::internal_error); }
void LinkHandler::on_peer_closed(Link& link) { link.close(); }

// ---- what the application calls -----------------------------------------------------------------------------------

Link::Link(std::unique_ptr<State> state) : state_(std::move(state)) {}
Link::~Link() = default;

Result<void> Link::send(Bytes data) {
  state_->touch();
  return state_->connection.send(data, state_->out);
}

std::size_t Link::early_data_left() const noexcept {
  const auto* client = std::get_if<ClientConnection>(&state_->side);
  return client == nullptr ? 0 : client->early_data_left();
}

Result<std::size_t> Link::send_early(Bytes data) {
  auto* client = std::get_if<ClientConnection>(&state_->side);
  if (client == nullptr) return fail(Code::misuse, "a server sends no early data");
  state_->touch();
  return client->send_early(data, state_->out);
}

std::string Link::peer_address() const {
  return state_->address.empty() ? std::string() : display_address(state_->address);
}

std::size_t Link::queued() const noexcept { return state_->out.size(); }
const Connection& Link::connection() const noexcept { return state_->connection; }

void Link::close() {
  State& s = *state_;
  s.touch();
  static_cast<void>(s.connection.close(s.out));  // a failure is what the next step reports
  s.closed = true;
  s.stirred = true;
  if (!s.connecting) return;
  s.fail_with(worded(Code::closed, {"before there was a connection"}));
  s.over = true;  // nobody is there to be told
}

void Link::abort(Alert alert) {
  State& s = *state_;
  s.touch();  // there may be nothing left to write, and so nothing that epoll would report
  s.connection.abort(alert, s.out);
  s.fail_with(worded(Code::aborted, {"with the alert ", name(alert)}));
  if (s.connecting) s.over = true;  // nobody is there to be told
}

Result<void> Link::complete(OperationId id, OperationResult result) {
  state_->stirred = true;
  state_->touch();
  return state_->connection.complete(id, std::move(result), state_->out);
}

Result<void> Link::update_keys(bool request_peer) {
  state_->stirred = true;
  state_->touch();
  return state_->connection.update_keys(request_peer, state_->out);
}

std::function<void(OperationResult)> Link::answer_later(OperationId id) const {
  struct Answer {
    std::weak_ptr<Link*> link;
    OperationId id{};
    std::optional<OperationResult> result;
    Mailbox::Letters letter;
  };
  auto answer = std::make_shared<Answer>();
  answer->link = state_->self;
  answer->id = id;
  answer->letter = Mailbox::letter([its = answer.get()] {
    // A link that failed meanwhile refuses the answer, and says why at its end.
    if (const auto link = its->link.lock()) static_cast<void>((*link)->complete(its->id, *std::move(its->result)));
  });
  return [mailbox = state_->mailbox, answer](OperationResult result) {
    if (answer->letter.empty()) return;  // it was answered before
    answer->result.emplace(std::move(result));
    answer->letter.front().keep = answer;
    mailbox->send(answer->letter);
  };
}

// ---- rows of links ------------------------------------------------------------------------------------------------

void LinkQueue::push(State& state) noexcept {
  state.queued = true;
  state.next = nullptr;
  (last_ == nullptr ? first_ : last_->next) = &state;
  last_ = &state;
  ++size_;
}

LinkQueue::State* LinkQueue::pop() noexcept {
  State* const state = first_;
  if (state == nullptr) return nullptr;
  first_ = state->next;
  if (first_ == nullptr) last_ = nullptr;
  state->queued = false;
  --size_;
  return state;
}

void LinkQueue::remove(State& state) noexcept {
  State* before = nullptr;
  for (State* at = first_; at != &state; at = at->next) before = at;
  (before == nullptr ? first_ : before->next) = state.next;
  if (last_ == &state) last_ = before;
  state.queued = false;
  --size_;
}

// ---- the transport ------------------------------------------------------------------------------------------------

std::uint32_t Link::State::wanted() const noexcept {
  if (connecting) return EPOLLOUT;
  std::uint32_t events = 0;
  if (!out.empty()) events |= EPOLLOUT;
  if (may_read()) events |= EPOLLIN;
  return events;
}

void Link::State::watch() noexcept {
  const std::uint32_t events = wanted();
  if (over || (watched && events == interest)) return;
  const int error_number = watched ? epoll->change(socket.fd(), events, static_cast<Watched*>(this))
                                   : epoll->add(socket.fd(), events, static_cast<Watched*>(this));
  if (error_number != 0) {
    fail_with(transport_error("epoll", error_number));
    over = true;
    return;
  }
  watched = true;
  interest = events;
}

void Link::State::unwatch() noexcept {
  if (std::exchange(watched, false)) epoll->remove(socket.fd());
}

void Link::State::touch() noexcept {
  if (queue != nullptr && !serving && !queued && !over) queue->push(*this);
}

// What cannot be handled now is not read: the transport makes the peer wait.
bool Link::State::may_read() const noexcept {
  return !ending && !paused && !peer_closed && connection.pending() == nullptr;
}

void Link::State::serve(std::uint32_t ready, MutableBytes scratch) {
  if (over) return;
  struct Serving {
    explicit Serving(bool& flag) : flag_(flag) { flag_ = true; }
    ~Serving() { flag_ = false; }
    bool& flag_;
  };
  const Serving now(serving);
  // An error or a hang-up is read like data: recv() says what it is.
  const bool hung_up = (ready & (EPOLLHUP | EPOLLERR)) != 0;
  if (connecting) {
    if (ready != 0) connected();
  } else {
    if (std::exchange(stirred, false)) resume(scratch);
    if (((ready & EPOLLIN) != 0 || hung_up) && may_read()) {
      readable(scratch);
    } else if (hung_up && out.empty()) {
      fail_with(worded(Code::transport_failed, {"the peer went away"}));
    }
  }
  settle();
}

void Link::State::vanish() noexcept {
  ending = over = true;
  out.release();
  socket = Socket();
}

void Link::State::fail_with(Error why) noexcept {
  if (!error) error = std::move(why);
  if (!std::exchange(ending, true)) ends = clock.monotonic();
}

void Link::State::try_next_address(Error why) noexcept {
  while (!addresses.empty()) {
    address = std::move(addresses.back());
    addresses.pop_back();
    const auto* raw = reinterpret_cast<const sockaddr*>(address.data());
    unwatch();
    socket = Socket(::socket(raw->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    connecting = true;
    if (!socket) {
      why = connect_error(address, errno);
    } else if (::connect(socket.fd(), raw, static_cast<socklen_t>(address.size())) == 0 || errno == EINPROGRESS ||
               errno == EINTR) {
      return;
    } else {
      why = connect_error(address, errno);
    }
  }
  connecting = false;
  error = std::move(why);
  over = true;
}

void Link::State::connected() {
  int failure = 0;
  socklen_t size = sizeof failure;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
  if (failure != 0) return try_next_address(connect_error(address, failure));
  connecting = false;
  addresses = {};
}

void Link::State::write_some() {
  while (!out.empty()) {
    const ssize_t n = ::send(socket.fd(), out.bytes().data(), out.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n < 0) {
      fail_with(transport_error("write", errno));
      out.release();
      return;
    }
    out.consume(static_cast<std::size_t>(n));
    moved = clock.monotonic();
  }
  out.release();
}

// One read: every link gets its turn.
void Link::State::readable(MutableBytes scratch) {
  std::copy(rest.begin(), rest.end(), scratch.begin());
  ssize_t n = 0;
  do n = ::recv(socket.fd(), scratch.data() + rest.size(), scratch.size() - rest.size(), 0);
  while (n < 0 && errno == EINTR);
  if (n < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      fail_with(transport_error("read", errno));
      out.release();
    }
    return;
  }
  if (n == 0) {
    Step ended = connection.transport_closed();
    if (auto* failed = std::get_if<Failed>(&ended.event)) fail_with(std::move(failed->error));
    peer_closed = true;
    return;
  }
  moved = clock.monotonic();
  handle(scratch.first(rest.size() + static_cast<std::size_t>(n)));
}

void Link::State::resume(MutableBytes scratch) {
  if (ending || paused) return;
  std::copy(rest.begin(), rest.end(), scratch.begin());
  handle(scratch.first(rest.size()));
}

// Steps through the input and keeps what is left of it.
void Link::State::handle(MutableBytes in) {
  for (bool more = true; more && !ending && !paused;) {
    Step step = connection.step(in, out);
    in = in.subspan(step.consumed);
    more = dispatch(step.event);
    paused = out.size() > options.pause_above;
  }
  std::vector<std::uint8_t>(in.begin(), in.end()).swap(rest);
}

// True when there may be more to do with the input at hand.
bool Link::State::dispatch(Event& event) {
  if (auto* data = std::get_if<AppData>(&event)) {
    call([&] { handler->on_data(*link, data->bytes); });
    return true;
  }
  if (auto* early = std::get_if<EarlyData>(&event)) {
    call([&] { handler->on_early_data(*link, early->bytes); });
    return true;
  }
  if (const auto* rejected = std::get_if<EarlyDataRejected>(&event)) {
    call([&] { handler->on_early_data_rejected(*link, rejected->bytes); });
    return true;
  }
  if (std::holds_alternative<HandshakeDone>(event)) {
    done = true;
    call([&] { handler->on_ready(*link); });
    return true;
  }
  if (const auto* await = std::get_if<Await>(&event)) {
    if (asked == await->id) return false;
    asked = await->id;
    call([&] { handler->on_operation(*link, await->id, *connection.pending()); });
    return connection.pending() == nullptr;
  }
  if (std::holds_alternative<PeerClosed>(event)) {
    if (!std::exchange(peer_closed, true)) call([&] { handler->on_peer_closed(*link); });
    return false;
  }
  if (auto* failed = std::get_if<Failed>(&event)) fail_with(std::move(failed->error));
  return false;
}

// ---- time, and what follows from all that happened ----------------------------------------------------------------

Link::State::Time Link::State::deadline() const noexcept {
  auto first = Time::max();
  const auto consider = [&](Time since, std::chrono::milliseconds limit) {
    if (limit.count() > 0 && limit < kLongest && first - since > limit) first = since + limit;
  };
  if (!done && !ending) consider(began, options.handshake_timeout);
  if (ending) consider(ends, options.handshake_timeout);  // whatever moves: a peer may read a byte now and then
  if (closed) consider(moved, options.handshake_timeout);
  consider(moved, options.idle_timeout);
  return first;
}

void Link::State::time_out() noexcept {
  fail_with(worded(Code::timed_out, {done ? "nothing moved" : "in the handshake"}));
  over = true;
}

// Data that nobody reads would make the system reset the connection, and with it destroy our alert.
void Link::State::drain() {
  std::array<std::uint8_t, 4096> unread;
  for (int i = 0; i < kDrains && ::recv(socket.fd(), unread.data(), unread.size(), MSG_DONTWAIT) > 0; ++i) {
  }
}

void Link::State::settle() {
  if (connecting || over) return;
  write_some();
  if (out.size() > options.pause_above) paused = true;
  // Here, behind every write: a pause that outlives the last queued byte would wait for nothing, without end.
  if (paused && out.size() <= options.resume_below && !ending) {
    paused = false;
    stirred = true;
    call([&] { handler->on_drained(*link); });
    if (over) return;  // the callback ended the loop
  }
  if (!out.empty()) return;
  if (ending || (closed && peer_closed)) {
    socket.shut_down_writing();
    drain();
    over = true;
  } else if (closed) {
    socket.shut_down_writing();
  }
}

}  // namespace tls
