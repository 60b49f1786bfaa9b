#include "tls/adapters/poll_loop.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <new>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "edge.h"
#include "link.h"

namespace tls {
namespace {

/// The loop's one read buffer, bytes: a whole record that was begun before and what follows it.
constexpr std::size_t kScratch = 64 << 10;
/// Events that are taken from the kernel at once.
constexpr std::size_t kEvents = 256;
/// Connections that one listener accepts in a row before the links get their turn.
constexpr int kAcceptsInRow = 64;
/// How long a listener rests when the system has no descriptor for a new connection.
constexpr std::chrono::milliseconds kAcceptRest{100};

using Milliseconds = std::chrono::milliseconds;
using Time = Clock::Milliseconds;  // of the loop's clock

/// The next push_back() takes no memory, and so cannot fail half-way.
template <class T>
void make_room(std::vector<T>& list) {
  if (list.size() == list.capacity()) list.reserve(2 * list.size() + 8);
}

}  // namespace

// Callbacks may change all of it, and end it: whoever calls one looks at `ended` behind it, and holds on to nothing
// that a callback can move. Listeners and links stay where they are; links go in finish() alone.
struct PollLoop::State {
  struct Listener : Watched {
    Listener(Socket s, Accept a, const LinkOptions& o)
        : Watched(Kind::listener), socket(std::move(s)), accept(std::move(a)), options(o) {}
    Socket socket;
    std::optional<ServerConfig> config;  // one of the two
    std::shared_ptr<const ServerConfigSource> source;
    Accept accept;
    LinkOptions options;
    bool resting = false;
    Time rests_until{};
  };

  State(std::shared_ptr<Mailbox> m, Epoll e, const Clock& c) : clock(c), mailbox(std::move(m)), epoll(std::move(e)) {}

  const Clock& clock;
  std::shared_ptr<Mailbox> mailbox;
  Epoll epoll;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::unique_ptr<Link>> links;
  LinkQueue stirred;   // to be served before the loop waits
  LinkQueue finished;  // to be told their end, at the end of run_once()
  /// When time alone ends a link. A deadline that moves away, as it does whenever something moves, costs nothing until
  /// its entry is the first.
  std::set<std::pair<Time, Link::State*>> alarms;
  Mailbox::Letters tasks;
  std::array<epoll_event, kEvents> events{};
  std::vector<std::uint8_t> scratch = std::vector<std::uint8_t>(kScratch);
  std::atomic<bool> stopped = false;
  bool running = false;  // run_once(), and so perhaps a callback
  bool ended = false;    // nobody holds the loop any more

  Result<void> run_once(Milliseconds timeout);
  /// Ends all links. When a callback is running, what it belongs to stays in memory until it returns.
  void end();
  Link* add(Link::State::Side connection, Output out, Socket socket, std::unique_ptr<LinkHandler> handler,
            const LinkOptions& options);
  /// What follows from what happened to a link.
  void settle(Link::State& link) noexcept;
  Result<std::uint16_t> listen(std::string_view address, std::uint16_t port, std::unique_ptr<Listener> listener);

 private:
  bool serve_stirred();
  void serve(Link::State& link, std::uint32_t ready);
  void handle(const epoll_event& event);
  void accept_from(Listener& listener);
  void begin(Listener& listener, Socket socket, std::unique_ptr<LinkHandler> handler);
  void rest(Listener& listener, bool on);
  void wake_listeners();
  void run_tasks();
  void set_alarm(Link::State& link, Time at) noexcept;
  void expire();
  void finish();
  [[nodiscard]] bool idle() const noexcept { return stirred.empty() && finished.empty() && tasks.empty(); }
  [[nodiscard]] int wait_for(Milliseconds timeout);
};

Link* PollLoop::State::add(Link::State::Side connection, Output out, Socket socket,
                           std::unique_ptr<LinkHandler> handler, const LinkOptions& options) {
  auto state = std::make_unique<Link::State>(std::move(connection), std::move(out), std::move(socket),
                                             std::move(handler), options, clock);
  Link::State& s = *state;
  std::unique_ptr<Link> link(new Link(std::move(state)));
  s.link = link.get();
  s.self = std::make_shared<Link*>(s.link);
  s.mailbox = mailbox;
  s.epoll = &epoll;
  s.alarm_at = Time::max();
  make_room(links);
  alarms.emplace(s.alarm_at, &s);
  s.queue = &stirred;
  s.index = links.size();
  links.push_back(std::move(link));
  return s.link;
}

void PollLoop::State::end() {
  ended = true;
  mailbox->close();
  for (const std::unique_ptr<Listener>& listener : listeners) listener->socket = Socket();
  for (std::size_t i = 0; i < links.size(); ++i) {
    Link& link = *links[i];
    link.state_->vanish();
    const Error error = worded(Code::aborted, {"the loop ended"});
    come_what_may([&] { link.state_->handler->on_end(link, &error); });  // nobody is there to be told
  }
}

// ---- what is served -----------------------------------------------------------------------------------------------

// An exception of its handler ends a link, for nobody knows what it has done and what not; then it goes on its way.
// Where there was no memory for what we do ourselves, only the link ends.
void PollLoop::State::serve(Link::State& link, std::uint32_t ready) {
  try {
    link.serve(ready, scratch);
  } catch (...) {
    const bool of_handler = std::exchange(link.calling, false);
    if (!ended) {
      link.fail_with(of_handler ? worded(Code::misuse, {"its handler threw an exception"}) : caught_here());
      link.over = true;
      settle(link);
    }
    if (of_handler) throw;
    return;
  }
  if (!ended) settle(link);
}

void PollLoop::State::settle(Link::State& link) noexcept {
  link.watch();
  if (link.over) {
    if (link.queue == nullptr) return;  // it is among the finished
    link.queue = nullptr;
    if (link.queued) stirred.remove(link);
    return finished.push(link);
  }
  if (link.stirred && !link.connecting) link.touch();
  if (const Time due = link.deadline(); due < link.alarm_at) set_alarm(link, due);
}

// True when there was one.
bool PollLoop::State::serve_stirred() {
  if (stirred.empty()) return false;
  for (std::size_t left = stirred.size(); left > 0 && !ended; --left)  // what is stirred meanwhile comes next time
    if (Link::State* const link = stirred.pop()) serve(*link, 0);
  return true;
}

void PollLoop::State::handle(const epoll_event& event) {
  auto* const watched = static_cast<Watched*>(event.data.ptr);
  if (watched->kind == Watched::Kind::link)
    serve(static_cast<Link::State&>(*watched), event.events);
  else
    accept_from(static_cast<Listener&>(*watched));
}

void PollLoop::State::run_tasks() {
  mailbox->take(tasks);
  for (std::size_t left = tasks.size(); left > 0 && !ended; --left) {
    Mailbox::Letters now;
    now.splice(now.end(), tasks, tasks.begin());
    now.front().task();
  }
}

// ---- listeners ----------------------------------------------------------------------------------------------------

void PollLoop::State::accept_from(Listener& listener) {
  for (int i = 0; i < kAcceptsInRow; ++i) {
    Result<Socket> socket = listener.socket.accept();
    if (!socket) {
      if (socket.error().code() != Code::timed_out) rest(listener, true);
      return;
    }
    std::unique_ptr<LinkHandler> handler = listener.accept(*socket);
    if (ended) return;
    if (!handler || !socket->non_blocking(true)) continue;
    try {
      begin(listener, *std::move(socket), std::move(handler));
    } catch (const std::bad_alloc&) {  // as when there is no descriptor
      return rest(listener, true);
    }
  }
}

void PollLoop::State::begin(Listener& listener, Socket socket, std::unique_ptr<LinkHandler> handler) {
  Result<std::string> peer = socket.peer();
  ServerConnection connection =
      listener.config ? ServerConnection::start(*listener.config)
                      : ServerConnection::start(listener.source, {peer ? display_address(*peer) : std::string()});
  Link::State& link = *add(std::move(connection), {}, std::move(socket), std::move(handler), listener.options)->state_;
  if (peer) link.address = *std::move(peer);
  settle(link);
}

void PollLoop::State::rest(Listener& listener, bool on) {
  listener.resting = on;
  if (on) listener.rests_until = clock.monotonic() + kAcceptRest;
  static_cast<void>(epoll.change(listener.socket.fd(), on ? 0U : EPOLLIN, static_cast<Watched*>(&listener)));
}

void PollLoop::State::wake_listeners() {
  for (const std::unique_ptr<Listener>& l : listeners)
    if (l->resting && l->rests_until <= clock.monotonic()) rest(*l, false);
}

// ---- time, and the end of links -----------------------------------------------------------------------------------

void PollLoop::State::set_alarm(Link::State& link, Time at) noexcept {
  auto entry = alarms.extract({link.alarm_at, &link});
  entry.value().first = link.alarm_at = at;
  alarms.insert(std::move(entry));
}

int PollLoop::State::wait_for(Milliseconds timeout) {
  auto first = Time::max();
  while (!alarms.empty()) {
    Link::State& link = *alarms.begin()->second;
    first = link.deadline();
    if (first == link.alarm_at) break;
    set_alarm(link, first);
  }
  for (const std::unique_ptr<Listener>& l : listeners)
    if (l->resting) first = std::min(first, l->rests_until);
  std::int64_t wait = timeout.count();
  if (first != Time::max()) {
    const std::int64_t left = std::max<std::int64_t>(0, (first - clock.monotonic()).count());
    if (wait < 0 || left < wait) wait = left;
  }
  return static_cast<int>(std::clamp<std::int64_t>(wait, -1, INT_MAX));
}

void PollLoop::State::expire() {
  const Time now = clock.monotonic();
  while (!alarms.empty() && alarms.begin()->first <= now) {
    Link::State& link = *alarms.begin()->second;
    const Time due = link.over ? Time::max() : link.deadline();
    if (due > now) {
      set_alarm(link, due);
      continue;
    }
    set_alarm(link, Time::max());
    link.time_out();
    settle(link);
  }
}

// Ends links that are over, in a place where nobody uses them.
void PollLoop::State::finish() {
  while (!ended) {
    Link::State* const state = finished.pop();
    if (state == nullptr) return;
    const std::unique_ptr<Link> link = std::move(links[state->index]);
    if (state->index + 1 != links.size()) {
      links[state->index] = std::move(links.back());
      links[state->index]->state_->index = state->index;
    }
    links.pop_back();
    alarms.erase({state->alarm_at, state});
    state->unwatch();
    state->handler->on_end(*link, state->error ? &*state->error : nullptr);
  }
}

Result<void> PollLoop::State::run_once(Milliseconds timeout) {
  if (running) return fail(Code::misuse, "a callback cannot run the loop that called it");
  struct Running {
    explicit Running(bool& flag) : flag_(flag) { flag_ = true; }
    ~Running() { flag_ = false; }
    bool& flag_;
  };
  const Running now(running);
  wake_listeners();
  const bool served = serve_stirred();
  if (ended) return {};
  const int ready = epoll.wait(events, served || !idle() ? 0 : wait_for(timeout));
  if (ready < 0 && errno != EINTR) return std::unexpected(transport_error("epoll", errno));
  bool posted = false;
  for (int i = 0; i < ready && !ended; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.ptr == nullptr)
      posted = true;
    else
      handle(event);
  }
  if (!ended && (posted || !tasks.empty())) run_tasks();
  if (!ended) expire();
  finish();
  return {};
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

Result<PollLoop> PollLoop::create(const Clock& clock) {
  return at_the_edge([&]() -> Result<PollLoop> {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return std::unexpected(transport_error("pipe", errno));
    auto mailbox = std::make_shared<Mailbox>(Socket(ends[0]), Socket(ends[1]));
    Epoll epoll = Epoll::create();
    if (!epoll) return std::unexpected(transport_error("epoll", errno));
    if (const int error_number = epoll.add(mailbox->fd(), EPOLLIN, nullptr); error_number != 0)
      return std::unexpected(transport_error("epoll", error_number));
    return PollLoop(std::make_shared<State>(std::move(mailbox), std::move(epoll), clock));
  });
}

Result<std::uint16_t> PollLoop::State::listen(std::string_view address, std::uint16_t port,
                                              std::unique_ptr<Listener> listener) {
  if (ended) return fail(Code::misuse, "the loop has ended");
  Result<Socket> socket = Socket::listen(address, port);
  if (!socket) return std::unexpected(std::move(socket).error());
  if (Result<void> set = socket->non_blocking(true); !set) return std::unexpected(std::move(set).error());
  Result<std::uint16_t> taken = socket->local_port();
  if (!taken) return taken;
  listener->socket = *std::move(socket);
  make_room(listeners);
  if (const int error_number = epoll.add(listener->socket.fd(), EPOLLIN, static_cast<Watched*>(listener.get()));
      error_number != 0)
    return std::unexpected(transport_error("epoll", error_number));
  listeners.push_back(std::move(listener));
  return taken;
}

Result<std::uint16_t> PollLoop::listen(std::string_view address, std::uint16_t port, ServerConfig config, Accept accept,
                                       LinkOptions options) {
  return at_the_edge([&] {
    auto listener = std::make_unique<State::Listener>(Socket(), std::move(accept), options);
    listener->config = std::move(config);
    return state_->listen(address, port, std::move(listener));
  });
}

Result<std::uint16_t> PollLoop::listen(std::string_view address, std::uint16_t port,
                                       std::shared_ptr<const ServerConfigSource> source, Accept accept,
                                       LinkOptions options) {
  return at_the_edge([&]() -> Result<std::uint16_t> {
    if (!source) return fail(Code::misuse, "there is no source of configurations");
    auto listener = std::make_unique<State::Listener>(Socket(), std::move(accept), options);
    listener->source = std::move(source);
    return state_->listen(address, port, std::move(listener));
  });
}

Result<Link*> PollLoop::connect(const ClientConfig& config, std::string_view host, std::string_view port,
                                std::unique_ptr<LinkHandler> handler, LinkOptions options) {
  return at_the_edge([&]() -> Result<Link*> {
    if (state_->ended) return fail(Code::misuse, "the loop has ended");
    Result<std::vector<std::string>> addresses = resolve(host, port, false);
    if (!addresses) return std::unexpected(std::move(addresses).error());
    Output out;
    const ClientStart start{.port = addresses->empty() ? std::uint16_t{0} : port_of(addresses->front())};
    Result<ClientConnection> connection = ClientConnection::start(config, without_zone(host), start, out);
    if (!connection) return std::unexpected(std::move(connection).error());
    Link* link = state_->add(*std::move(connection), std::move(out), Socket(), std::move(handler), options);
    // From here on the link is the loop's, and nothing throws: a failure is its end.
    std::reverse(addresses->begin(), addresses->end());  // they are taken from the back
    link->state_->addresses = *std::move(addresses);
    link->state_->try_next_address(worded(Code::transport_failed, {"the name has no address"}));
    state_->settle(*link->state_);
    return link;
  });
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
    if (state->listeners.empty() && state->links.empty()) return {};
    if (Result<void> once = state->run_once(std::chrono::milliseconds(-1)); !once) return once;
  }
  return {};
}

void PollLoop::stop() {
  state_->stopped = true;
  state_->mailbox->wake();
}

void PollLoop::post(std::move_only_function<void()> task) { state_->mailbox->post(std::move(task)); }

std::size_t PollLoop::links() const noexcept { return state_->links.size(); }

}  // namespace tls
