#include "tls/adapters/poll_loop.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>
#include <vector>

#include "link.h"

namespace tls {
namespace {

/// The loop's one read buffer, bytes: a whole record that was begun before and what follows it.
constexpr std::size_t kScratch = 64 << 10;
/// Connections that one listener accepts in a row before the links get their turn.
constexpr int kAcceptsInRow = 64;
/// How long a listener rests when the system has no descriptor for a new connection.
constexpr std::chrono::milliseconds kAcceptRest{100};

using Time = std::chrono::steady_clock;

}  // namespace

// Callbacks may change all of it, and end it: whoever calls one looks at `ended` behind it, and holds on to nothing
// that a callback can move. Listeners and links stay where they are; links go in finish() and end() alone.
struct PollLoop::State {
  struct Listener {
    Socket socket;
    ServerConfig config;
    Accept accept;
    LinkOptions options;
    Time::time_point rests_until{};
  };

  explicit State(std::shared_ptr<Mailbox> m) : mailbox(std::move(m)) {}

  std::shared_ptr<Mailbox> mailbox;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::unique_ptr<Link>> links;
  std::vector<std::unique_ptr<Link>> added;  // while the links are gone through
  std::vector<pollfd> polled;
  std::vector<std::uint8_t> scratch = std::vector<std::uint8_t>(kScratch);
  std::atomic<bool> stopped = false;
  bool running = false;  // run_once(), and so perhaps a callback
  bool ended = false;    // nobody holds the loop any more

  Result<void> run_once(std::chrono::milliseconds timeout);
  /// Ends all links. When a callback is running, what it belongs to stays in memory until it returns.
  void end();
  void run_tasks();
  void collect();
  void accept_from(Listener& listener);
  void finish();
  [[nodiscard]] int wait_for(std::chrono::milliseconds timeout) const;
  Link* add(Connection connection, Output out, Socket socket, std::unique_ptr<LinkHandler> handler,
            const LinkOptions& options);
};

Link* PollLoop::State::add(Connection connection, Output out, Socket socket, std::unique_ptr<LinkHandler> handler,
                           const LinkOptions& options) {
  auto state = std::make_unique<Link::State>(std::move(connection), std::move(out), std::move(socket),
                                             std::move(handler), options);
  state->mailbox = mailbox;
  added.push_back(std::unique_ptr<Link>(new Link(std::move(state))));
  Link* link = added.back().get();
  link->state_->self = std::make_shared<Link*>(link);
  return link;
}

void PollLoop::State::end() {
  ended = true;
  mailbox->close();
  for (const std::unique_ptr<Listener>& listener : listeners) listener->socket = Socket();
  for (auto* list : {&links, &added})
    for (std::size_t i = 0; i < list->size(); ++i) {
      Link& link = *(*list)[i];
      link.state_->vanish();
      const Error error(Code::aborted, "the loop ended");
      link.state_->handler->on_end(link, &error);
    }
}

void PollLoop::State::run_tasks() {
  for (Mailbox::Task& task : mailbox->take()) {
    if (ended) return;
    task();
  }
}

// The pipe, then the listeners, then the links, in their orders.
void PollLoop::State::collect() {
  for (std::unique_ptr<Link>& link : added) links.push_back(std::move(link));
  added.clear();
  polled.clear();
  polled.push_back({mailbox->fd(), POLLIN, 0});
  const Time::time_point now = Time::now();
  for (const std::unique_ptr<Listener>& l : listeners)
    polled.push_back({l->socket.fd(), static_cast<short>(l->rests_until <= now ? POLLIN : 0), 0});
  for (const std::unique_ptr<Link>& link : links)
    polled.push_back({link->state_->socket.fd(), link->state_->wanted(), 0});
}

int PollLoop::State::wait_for(std::chrono::milliseconds timeout) const {
  std::optional<Time::time_point> first;
  for (const std::unique_ptr<Link>& link : links) {
    const Link::State& state = *link->state_;
    if (state.over || (state.stirred && !state.connecting)) return 0;
    const std::optional<Time::time_point> limit = state.deadline();
    if (limit && (!first || *limit < *first)) first = limit;
  }
  for (const std::unique_ptr<Listener>& l : listeners)
    if (l->rests_until > Time::now() && (!first || l->rests_until < *first)) first = l->rests_until;
  if (!first) return timeout.count() < 0 ? -1 : static_cast<int>(timeout.count());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*first - Time::now());
  const auto wait = std::max(std::chrono::milliseconds(0), timeout.count() < 0 ? left : std::min(left, timeout));
  return static_cast<int>(wait.count());
}

void PollLoop::State::accept_from(Listener& listener) {
  for (int i = 0; i < kAcceptsInRow; ++i) {
    Result<Socket> socket = listener.socket.accept();
    if (!socket) {
      if (socket.error().code() != Code::timed_out) listener.rests_until = Time::now() + kAcceptRest;
      return;
    }
    std::unique_ptr<LinkHandler> handler = listener.accept();
    if (ended) return;
    if (!handler || !socket->non_blocking(true)) continue;
    add(ServerConnection::start(listener.config), {}, *std::move(socket), std::move(handler), listener.options);
  }
}

// Ends links that are over, in a place where nobody uses them.
void PollLoop::State::finish() {
  for (std::size_t i = 0; !ended && i < links.size();) {
    if (!links[i]->state_->over) {
      ++i;
      continue;
    }
    const std::unique_ptr<Link> link = std::move(links[i]);
    links[i] = std::move(links.back());
    links.pop_back();
    Link::State& state = *link->state_;
    state.handler->on_end(*link, state.error ? &*state.error : nullptr);
  }
}

// ---- the public face ----------------------------------------------------------------------------------------------

PollLoop::PollLoop(std::shared_ptr<State> state) : state_(std::move(state)) {}
PollLoop::PollLoop(PollLoop&&) noexcept = default;
PollLoop& PollLoop::operator=(PollLoop&& o) noexcept {
  if (this != &o) {
    const PollLoop old(std::exchange(state_, std::move(o.state_)));
  }
  return *this;
}
PollLoop::~PollLoop() {
  if (state_) state_->end();
}

Result<PollLoop> PollLoop::create() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return std::unexpected(transport_error("pipe", errno));
  return PollLoop(std::make_shared<State>(std::make_shared<Mailbox>(Socket(ends[0]), Socket(ends[1]))));
}

Result<std::uint16_t> PollLoop::listen(std::string_view address, std::uint16_t port, ServerConfig config, Accept accept,
                                       LinkOptions options) {
  if (state_->ended) return fail(Code::misuse, "the loop has ended");
  Result<Socket> socket = Socket::listen(address, port);
  if (!socket) return std::unexpected(std::move(socket).error());
  if (Result<void> set = socket->non_blocking(true); !set) return std::unexpected(std::move(set).error());
  Result<std::uint16_t> taken = socket->local_port();
  if (taken)
    state_->listeners.push_back(
        std::make_unique<State::Listener>(*std::move(socket), std::move(config), std::move(accept), options));
  return taken;
}

Result<Link*> PollLoop::connect(const ClientConfig& config, std::string_view host, std::string_view port,
                                std::unique_ptr<LinkHandler> handler, LinkOptions options) {
  if (state_->ended) return fail(Code::misuse, "the loop has ended");
  Result<std::vector<std::string>> addresses = resolve(host, port, false);
  if (!addresses) return std::unexpected(std::move(addresses).error());
  Output out;
  Result<ClientConnection> connection = ClientConnection::start(config, host, out);
  if (!connection) return std::unexpected(std::move(connection).error());
  Link* link = state_->add(*std::move(connection), std::move(out), Socket(), std::move(handler), options);
  std::reverse(addresses->begin(), addresses->end());  // they are taken from the back
  link->state_->addresses = *std::move(addresses);
  link->state_->try_next_address(Error(Code::transport_failed, "the name has no address"));
  return link;
}

Result<void> PollLoop::State::run_once(std::chrono::milliseconds timeout) {
  if (running) return fail(Code::misuse, "a callback cannot run the loop that called it");
  struct Running {
    explicit Running(bool& flag) : flag_(flag) { flag_ = true; }
    ~Running() { flag_ = false; }
    bool& flag_;
  };
  const Running now(running);
  collect();
  const int ready = ::poll(polled.data(), polled.size(), wait_for(timeout));
  if (ready < 0 && errno != EINTR) return std::unexpected(transport_error("poll", errno));
  if (ready < 0)
    for (pollfd& p : polled) p.revents = 0;
  const std::size_t listening = listeners.size(), linked = links.size();  // what callbacks add has its turn next time
  for (std::size_t i = 0; !ended && i < linked; ++i)
    links[i]->state_->serve(*links[i], polled[1 + listening + i].revents, scratch);
  for (std::size_t i = 0; !ended && i < listening; ++i)
    if (polled[1 + i].revents != 0) accept_from(*listeners[i]);
  if (!ended) run_tasks();
  finish();
  return {};
}

// The state outlives a loop that a callback destroys.
Result<void> PollLoop::run_once(std::chrono::milliseconds timeout) {
  const std::shared_ptr<State> state = state_;
  return state->run_once(timeout);
}

Result<void> PollLoop::run() {
  const std::shared_ptr<State> state = state_;
  if (state->running) return fail(Code::misuse, "a callback cannot run the loop that called it");
  while (!state->ended && !state->stopped.exchange(false)) {
    if (state->listeners.empty() && state->links.empty() && state->added.empty()) return {};
    if (Result<void> once = state->run_once(std::chrono::milliseconds(-1)); !once) return once;
  }
  return {};
}

void PollLoop::stop() {
  state_->stopped = true;
  state_->mailbox->wake();
}

void PollLoop::post(std::move_only_function<void()> task) { state_->mailbox->post(std::move(task)); }

std::size_t PollLoop::links() const noexcept { return state_->links.size() + state_->added.size(); }

}  // namespace tls
