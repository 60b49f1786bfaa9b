#include "redis_connection.h"

#include <fcntl.h>
#include <hiredis/async.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "tls/adapters/socket.h"
#include "tls/secret.h"

namespace tls::redis {
namespace {

constexpr int kMaxDepth = 3;  // of lists in lists: EXEC's reply, and what a command gives
constexpr Milliseconds kFirstRetry{50}, kLastRetry{1000}, kConnecting{1000};

Time now() { return std::chrono::steady_clock::now(); }

Reply copied(const redisReply* from, int depth = 0) {
  Reply to;
  if (from == nullptr) return to;
  if (from->str != nullptr) to.text.assign(from->str, static_cast<std::size_t>(from->len));
  to.number = from->integer;
  switch (from->type) {
    case REDIS_REPLY_NIL:
      to.kind = Reply::Kind::nil;
      break;
    case REDIS_REPLY_STATUS:
      to.kind = Reply::Kind::status;
      break;
    case REDIS_REPLY_STRING:
      to.kind = Reply::Kind::text;
      break;
    case REDIS_REPLY_INTEGER:
      to.kind = Reply::Kind::number;
      break;
    case REDIS_REPLY_ARRAY:
      to.kind = depth < kMaxDepth ? Reply::Kind::list : Reply::Kind::error;
      for (std::size_t i = 0; depth < kMaxDepth && i < from->elements; ++i)
        to.list.push_back(copied(from->element[i], depth + 1));
      break;
    default:
      to.kind = Reply::Kind::error;
  }
  return to;
}

/// What was read may have been a secret.
void wipe_text(Reply& reply) {
  wipe({reinterpret_cast<std::uint8_t*>(reply.text.data()), reply.text.size()});
  for (Reply& part : reply.list) wipe_text(part);
}

}  // namespace

struct Connection::State {
  struct Waiting {
    Time deadline;
    Callback done;
  };
  struct Request {
    std::vector<Command> commands;
    std::uint64_t id;
  };

  explicit State(ConnectionOptions o) : options(std::move(o)) {}
  ~State() {
    for (const int fd : wake)
      if (fd >= 0) ::close(fd);
  }

  // ---- any thread
  void poke() const {
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(wake[1], &byte, 1);  // a full pipe wakes as well
  }

  // ---- the thread
  static void main(State* s);
  void run();
  void connect();
  void lose();
  void unreachable(std::string_view why) const {
    if (options.on_unreachable) options.on_unreachable(why);
  }
  void take_requests();
  void transmit(const Request& request);
  void expire();
  void give_up();
  [[nodiscard]] bool silent();
  void tick();
  void wait();
  void answered(std::uint64_t id, const redisReply* reply);
  [[nodiscard]] int patience() const;

  // hiredis's callbacks
  static State& of(const redisAsyncContext* c) { return *static_cast<State*>(c->data); }
  static void on_connect(const redisAsyncContext* c, int status);
  static void on_disconnect(const redisAsyncContext* c, int status) {
    of(c).context = nullptr;
    if (status != REDIS_OK) of(c).trouble = c->errstr;
  }
  static void on_reply(redisAsyncContext* c, void* reply, void* id) {
    if (reply != nullptr) {
      of(c).retry = kFirstRetry;  // it is a Redis server, not just somebody who accepts
      of(c).heard = now();
    }
    auto* const r = static_cast<redisReply*>(reply);
    of(c).answered(reinterpret_cast<std::uintptr_t>(id), r);
    if (r != nullptr && r->str != nullptr) wipe({reinterpret_cast<std::uint8_t*>(r->str), r->len});
  }
  static void on_hello(redisAsyncContext* c, void* reply, void*) {
    const auto* r = static_cast<const redisReply*>(reply);
    if (r != nullptr) of(c).heard = now();
    if (r != nullptr && r->type != REDIS_REPLY_ERROR) return;
    of(c).refused = true;
    of(c).trouble = r == nullptr ? "it ended" : "it refuses us: " + std::string(r->str, r->len);
  }

  const ConnectionOptions options;
  Connection* owner = nullptr;
  bool orphan = false;  // the owner went in a callback: the thread ends and cleans up by itself
  std::array<int, 2> wake{-1, -1};
  std::atomic<bool> stop{false}, connected{false};
  std::atomic<std::uint64_t> connections{0}, timeouts{0};

  std::mutex mutex;                  // of the five below
  Time next_deadline = Time::max();  // none is earlier
  std::vector<Request> requests;
  std::map<std::uint64_t, Waiting> waiting;
  std::uint64_t next_id = 1;
  std::size_t unanswered = 0;  // requests taken from send(), until their reply comes, which may be after their deadline

  redisAsyncContext* context = nullptr;
  bool want_read = false, want_write = false, refused = false;
  bool was_connected = false;
  Time retry_at{}, tick_at{}, connecting_until{};
  Time heard{};  // of the server, or since when it has had something to answer
  Milliseconds retry = kFirstRetry;
  std::string trouble;  // why there is no connection
  std::thread thread;
};

void Connection::State::on_connect(const redisAsyncContext* c, int status) {
  State& s = of(c);
  if (status != REDIS_OK) {
    s.context = nullptr;  // hiredis frees it
    return s.unreachable(c->errstr);
  }
  ++s.connections;
  s.tick_at = now();
  s.was_connected = true;
  for (const Command& command : s.options.hello) {
    std::vector<const char*> words;
    std::vector<std::size_t> sizes;
    for (const std::string& word : command) words.push_back(word.data()), sizes.push_back(word.size());
    redisAsyncCommandArgv(s.context, on_hello, nullptr, static_cast<int>(words.size()), words.data(), sizes.data());
  }
  s.connected = true;
}

void Connection::State::connect() {
  retry_at = now() + retry;
  retry = std::min(2 * retry, kLastRetry);
  refused = false;
  redisAsyncContext* c = redisAsyncConnect(options.host.c_str(), options.port);
  if (c == nullptr) return unreachable("out of memory");
  if (c->err != 0) {
    unreachable(c->errstr);
    return redisAsyncFree(c);
  }
  c->data = this;
  context = c;
  connecting_until = now() + kConnecting;
  c->ev.data = this;
  c->ev.addRead = [](void* s) { static_cast<State*>(s)->want_read = true; };
  c->ev.delRead = [](void* s) { static_cast<State*>(s)->want_read = false; };
  c->ev.addWrite = [](void* s) { static_cast<State*>(s)->want_write = true; };
  c->ev.delWrite = [](void* s) { static_cast<State*>(s)->want_write = false; };
  c->ev.cleanup = [](void* s) { static_cast<State*>(s)->want_read = static_cast<State*>(s)->want_write = false; };
  redisAsyncSetConnectCallback(c, on_connect);
  redisAsyncSetDisconnectCallback(c, on_disconnect);
}

/// The connection is gone: whoever waits for an answer is told.
void Connection::State::lose() {
  connected = false;
  was_connected = false;
  retry_at = std::max(retry_at, now() + kFirstRetry);
  std::map<std::uint64_t, Waiting> gone;
  {
    const std::scoped_lock lock(mutex);
    gone.swap(waiting);
    requests.clear();
    unanswered = 0;
  }
  for (auto& [id, w] : gone) w.done({});
  if (options.on_lost) options.on_lost(std::exchange(trouble, {}));
}

void Connection::State::transmit(const Request& request) {
  for (std::size_t i = 0; i < request.commands.size(); ++i) {
    std::vector<const char*> words;
    std::vector<std::size_t> sizes;
    for (const std::string& word : request.commands[i]) words.push_back(word.data()), sizes.push_back(word.size());
    const bool last = i + 1 == request.commands.size();
    redisAsyncCommandArgv(context, last ? on_reply : nullptr, reinterpret_cast<void*>(request.id),
                          static_cast<int>(words.size()), words.data(), sizes.data());
  }
}

void Connection::State::take_requests() {
  std::vector<Request> taken;
  {
    const std::scoped_lock lock(mutex);
    taken.swap(requests);
    if (unanswered == taken.size()) heard = now();  // until now it had nothing to answer
  }
  for (const Request& request : taken) {
    if (context != nullptr && connected)
      transmit(request);
    else
      answered(static_cast<std::uintptr_t>(request.id), nullptr);
  }
}

void Connection::State::answered(std::uint64_t id, const redisReply* reply) {
  Waiting w;
  {
    const std::scoped_lock lock(mutex);
    --unanswered;
    const auto at = waiting.find(id);
    if (at == waiting.end()) return;  // it came too late
    w = std::move(at->second);
    waiting.erase(at);
  }
  // A callback before this one, of the same read perhaps, may have destroyed the connection.
  Reply copy = stop ? Reply() : copied(reply);
  w.done(copy);
  wipe_text(copy);
}

void Connection::State::expire() {
  std::vector<Callback> late;
  {
    const std::scoped_lock lock(mutex);
    const Time t = now();
    if (t < next_deadline) return;
    next_deadline = Time::max();
    for (auto at = waiting.begin(); at != waiting.end();) {
      if (at->second.deadline > t) {
        next_deadline = std::min(next_deadline, at->second.deadline);
        ++at;
        continue;
      }
      late.push_back(std::move(at->second.done));
      at = waiting.erase(at);
    }
  }
  timeouts += late.size();
  for (Callback& done : late) done({});
}

bool Connection::State::silent() {
  const std::scoped_lock lock(mutex);
  return connected && unanswered > requests.size() && now() - heard > kSilence;  // what is not sent yet does not count
}

/// Ends a connection that leads nowhere.
void Connection::State::give_up() {
  const bool hangs = !connected && now() > connecting_until, was_silent = silent();
  if (!hangs && !was_silent && !refused) return;
  if (hangs) unreachable("no answer within a second");
  if (was_silent) {
    trouble = "no answer for " + std::to_string(kSilence.count()) + " ms";
    // What the system still holds for it goes as well, at once: nobody there takes it.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(context->c.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  redisAsyncFree(context);  // calls on_disconnect for a connection that was made, and nothing for others
  context = nullptr;
}

int Connection::State::patience() const {
  Time until = now() + Milliseconds(1000);
  if (context == nullptr) until = std::min(until, retry_at);
  if (connected) until = std::min(until, tick_at);
  until = std::min(until, next_deadline);
  const auto left = std::chrono::ceil<Milliseconds>(until - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
}

void Connection::State::wait() {
  int timeout = 0;
  {
    const std::scoped_lock lock(mutex);
    timeout = patience();
  }
  std::array<pollfd, 2> fds{{{wake[0], POLLIN, 0}, {-1, 0, 0}}};
  if (context != nullptr) {
    fds[1].fd = context->c.fd;
    fds[1].events = static_cast<short>((want_read ? POLLIN : 0) | (want_write ? POLLOUT : 0));
  }
  if (::poll(fds.data(), fds.size(), timeout) <= 0) return;
  if (fds[0].revents != 0) {
    std::array<char, 256> drain;
    while (::read(wake[0], drain.data(), drain.size()) > 0) {
    }
  }
  // A handler may end the connection: hiredis then says so, and `context` is null.
  if (context != nullptr && (fds[1].revents & (POLLOUT | POLLERR | POLLHUP)) != 0) redisAsyncHandleWrite(context);
  if (context != nullptr && (fds[1].revents & (POLLIN | POLLERR | POLLHUP)) != 0) redisAsyncHandleRead(context);
}

void Connection::State::tick() {
  if (stop || !connected || now() < tick_at) return;
  tick_at = now() + options.tick;
  if (options.on_tick) options.on_tick(*owner);
}

void Connection::State::run() {
  // hiredis writes to sockets that may be closed; and the process's signals are not for this thread.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (!stop) {
    if (context == nullptr && was_connected) lose();
    if (context == nullptr && now() >= retry_at) connect();
    tick();
    take_requests();
    wait();
    expire();
    if (context != nullptr) give_up();
  }
  if (context != nullptr) redisAsyncFree(context);
  context = nullptr;
  lose();
}

void Connection::State::main(State* s) {
  s->run();
  if (s->orphan) delete s;
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Connection>> Connection::open(ConnectionOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  if (::pipe2(state->wake.data(), O_NONBLOCK | O_CLOEXEC) != 0)
    return std::unexpected(transport_error("a pipe for the connection to Redis", errno));
  std::unique_ptr<Connection> made(new Connection(std::move(state)));
  made->state_->owner = made.get();
  made->state_->thread = std::thread(State::main, made->state_.get());
  return made;
}

Connection::~Connection() {
  state_->stop = true;
  if (state_->thread.get_id() == std::this_thread::get_id()) {
    state_->orphan = true;
    state_->thread.detach();
    [[maybe_unused]] State* its_own = state_.release();
    return;
  }
  state_->poke();
  state_->thread.join();
}

void Connection::send(std::vector<Command> commands, Milliseconds deadline, Callback done) {
  State& s = *state_;
  bool taken = false;
  {
    const std::scoped_lock lock(s.mutex);
    if (s.connected && !s.stop && s.unanswered < kMostUnanswered) {
      taken = true;
      ++s.unanswered;
      s.next_deadline = std::min(s.next_deadline, now() + deadline);
      s.waiting.emplace(s.next_id, State::Waiting{now() + deadline, std::move(done)});
      s.requests.push_back({std::move(commands), s.next_id++});
    }
  }
  if (taken)
    s.poke();
  else
    done({});
}

bool Connection::connected() const noexcept { return state_->connected; }

ConnectionStats Connection::stats() const noexcept { return {state_->connections, state_->timeouts}; }

}  // namespace tls::redis
