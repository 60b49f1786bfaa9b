#include "redis_connection.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "clocks.h"
#include "edge.h"
#include "tls/adapters/socket.h"
#include "tls/secret.h"

namespace tls::redis {
namespace {

// Between two attempts: twice as long each time, until a connection has lasted for kLastRetry.
constexpr Milliseconds kFirstRetry{50}, kLastRetry{1000};
constexpr Milliseconds kConnecting{1000};      // until a connection is made, and has accepted what it begins with
constexpr std::size_t kReadBuffer = 64 << 10;  // bytes

/// Wipes what it was given, when it goes.
struct Wiped {
  MutableBytes bytes;
  Reply* reply = nullptr;
  Wiped(MutableBytes b, Reply* r = nullptr) noexcept : bytes(b), reply(r) {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() {
    wipe(bytes);
    if (reply != nullptr) wipe_text(*reply);
  }
};

/// What an error of Redis says without the words that it was asked with: it repeats those of a command that it does not
/// know, AUTH's password among them.
std::string without_arguments(const std::string& error) {
  const std::size_t quoted = std::min(error.find('\''), error.find(", with args"));
  return error.substr(0, quoted);
}

}  // namespace

struct Connection::State {
  struct Waiting {
    Time deadline;
    Callback done;
  };
  struct Request {
    SecretBytes bytes;
    std::size_t commands;
    std::uint64_t id;
  };
  /// Whose the next answers are: a request's, known by its id, or one of these.
  static constexpr std::uint64_t kNobody = 0, kHello = ~std::uint64_t{0};
  enum class Phase : std::uint8_t { none, connecting, greeting, ready };

  explicit State(ConnectionOptions o) : options(std::move(o)) {}
  ~State() {
    for (const int fd : wake)
      if (fd >= 0) ::close(fd);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // ---- any thread
  [[nodiscard]] Time now() const noexcept { return now_by(options.clock); }
  void poke() const {
    const char byte = 0;
    [[maybe_unused]] const auto n = ::write(wake[1], &byte, 1);  // a full pipe wakes as well
  }

  // ---- the thread
  static void main(State* s);
  void run();
  void turn();
  void connect();
  void try_next_address(std::string why);
  void connect_ended();
  void greet();
  void accepted();
  void end(std::string why) noexcept;
  void lose(std::string_view why) noexcept;
  void take_requests();
  void queue(SecretBytes bytes);
  void write();
  void read();
  void deliver(Reply& reply);
  [[nodiscard]] std::string unasked(Bytes in) const;
  void answered(std::uint64_t id, const Reply& reply);
  void expire();
  void give_up();
  void tick();
  void wait();
  [[nodiscard]] int patience() const;

  ConnectionOptions options;
  Connection* owner = nullptr;
  bool orphan = false;  // the owner went in a callback: the thread ends and cleans up by itself
  std::array<int, 2> wake{-1, -1};
  std::atomic<bool> stop{false}, connected{false};
  std::atomic<std::uint64_t> connections{0}, timeouts{0};
  std::atomic<std::size_t> unsent{0};  // bytes

  mutable std::mutex mutex;          // of the five below
  Time next_deadline = Time::max();  // none is earlier
  std::vector<Request> requests;
  std::map<std::uint64_t, Waiting> waiting;
  std::uint64_t next_id = 1;
  std::size_t unanswered = 0;  // requests taken from send(), until their reply comes, which may be after their deadline

  Phase phase = Phase::none;
  Socket socket;
  std::vector<std::string> addresses;  // that may still be tried
  std::string address;                 // that it is connecting to
  std::deque<SecretBytes> out;         // wiped as it goes: a password, perhaps
  std::size_t written = 0;             // of the first of `out`
  std::deque<std::uint64_t> expected;  // whose the next answers are
  ReplyReader reader;
  std::string last_error;  // when that was its last answer
  std::vector<std::uint8_t> buffer = std::vector<std::uint8_t>(kReadBuffer);
  Time retry_at{}, tick_at{}, connecting_until{}, ready_since{};
  Time heard{};  // of a whole answer, or since when there is something to answer
  Milliseconds retry = kFirstRetry;
  std::thread thread;
};

// ---- making and losing connections ----------------------------------------------------------------------------

void Connection::State::connect() {
  phase = Phase::connecting;
  Result<std::vector<std::string>> found = resolve(options.host, std::to_string(options.port), false);
  if (!found) return end(found.error().detail());
  std::reverse(found->begin(), found->end());  // they are taken from the back
  addresses = *std::move(found);
  try_next_address("the name has no address");
}

void Connection::State::try_next_address(std::string why) {
  while (!addresses.empty()) {
    address = std::move(addresses.back());
    addresses.pop_back();
    const auto* raw = reinterpret_cast<const sockaddr*>(address.data());
    socket = Socket(::socket(raw->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    connecting_until = now() + kConnecting;
    if (socket && (::connect(socket.fd(), raw, static_cast<socklen_t>(address.size())) == 0 || errno == EINPROGRESS ||
                   errno == EINTR))
      return;
    why = connect_error(address, errno).detail();
  }
  end(std::move(why));
}

void Connection::State::connect_ended() {
  int failure = 0;
  socklen_t size = sizeof failure;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
  if (failure != 0) return try_next_address(connect_error(address, failure).detail());
  const int on = 1;  // requests are written whole: waiting for more only delays them
  static_cast<void>(::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  addresses.clear();
  greet();
}

void Connection::State::greet() {
  phase = Phase::greeting;
  if (options.hello.empty()) return accepted();
  expected.assign(options.hello_commands, kHello);
  queue(options.hello.clone());
}

void Connection::State::accepted() {
  phase = Phase::ready;
  ++connections;
  ready_since = tick_at = now();
  connected = true;
}

/// There is no connection, or none any more: whoever waits for an answer is told, and another is made later.
void Connection::State::end(std::string why) noexcept {
  const bool was_ready = phase == Phase::ready;
  phase = Phase::none;
  socket = Socket();
  addresses.clear();
  reader.reset();
  out.clear();
  written = 0;
  expected.clear();
  last_error.clear();
  if (was_ready && now() - ready_since >= kLastRetry) retry = kFirstRetry;
  retry_at = now() + retry;
  retry = std::min(2 * retry, kLastRetry);
  if (was_ready)
    lose(why);
  else if (options.on_unreachable && !stop)
    come_what_may([&] { options.on_unreachable(why); });
}

void Connection::State::lose(std::string_view why) noexcept {
  connected = false;
  std::map<std::uint64_t, Waiting> gone;
  {
    const std::scoped_lock lock(mutex);
    gone.swap(waiting);
    requests.clear();
    unanswered = 0;
    unsent = 0;
  }
  for (auto& [id, w] : gone) come_what_may([&] { w.done({}); });
  if (options.on_lost) come_what_may([&] { options.on_lost(why); });
}

// ---- requests and answers -------------------------------------------------------------------------------------

void Connection::State::queue(SecretBytes bytes) { out.push_back(std::move(bytes)); }

void Connection::State::take_requests() {
  std::vector<Request> taken;
  {
    const std::scoped_lock lock(mutex);
    taken.swap(requests);
  }
  if (taken.empty()) return;
  if (expected.empty()) heard = now();  // until now it had nothing to answer
  SecretBytes bytes = std::move(taken.front().bytes);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (i > 0) bytes.append(taken[i].bytes.expose());
    expected.insert(expected.end(), taken[i].commands - 1, kNobody);
    expected.push_back(taken[i].id);
  }
  queue(std::move(bytes));
}

void Connection::State::write() {
  while (!out.empty()) {
    const Bytes first = out.front().expose();
    const ssize_t n = ::send(socket.fd(), first.data() + written, first.size() - written, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n < 0) return end(transport_error("write", errno).detail());
    written += static_cast<std::size_t>(n);
    if (phase == Phase::ready) unsent -= static_cast<std::size_t>(n);
    if (written < first.size()) continue;
    out.pop_front();
    written = 0;
  }
}

void Connection::State::read() {
  const ssize_t n = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  // A server that takes no more clients says so, and closes.
  const int error_number = errno;
  const std::string said = last_error.empty() ? "" : "; it said: " + last_error;
  if (n < 0) return end(transport_error("read", error_number).detail() + said);
  if (n == 0) return end("the server closed the connection" + said);
  const MutableBytes all(buffer.data(), static_cast<std::size_t>(n));
  const Wiped after(all);
  Bytes in = all;
  while (!in.empty() && phase != Phase::none) {
    if (expected.empty()) {
      end(unasked(in));
      break;
    }
    const ReplyReader::Status status = reader.read(in);
    if (status == ReplyReader::Status::broken) end("Protocol error: " + std::string(reader.trouble()));
    if (status == ReplyReader::Status::reply) {
      Reply reply = reader.take();
      const Wiped of_it({}, &reply);
      deliver(reply);
    }
  }
}

/// What it means that bytes come which nobody has asked for.
std::string Connection::State::unasked(Bytes in) const {
  ReplyReader words;
  if (words.read(in) == ReplyReader::Status::reply) {
    Reply reply = words.take();
    if (reply.kind == Reply::Kind::error) return "it says: " + without_arguments(reply.text);
    wipe_text(reply);
  }
  return "Protocol error: an answer that nobody asked for";
}

void Connection::State::deliver(Reply& reply) {
  const std::uint64_t whose = expected.front();
  expected.pop_front();
  heard = now();
  last_error = reply.kind == Reply::Kind::error ? without_arguments(reply.text) : std::string();
  if (whose == kHello) {
    if (reply.kind == Reply::Kind::error) return end("it refuses us: " + without_arguments(reply.text));
    if (!expected.empty()) return;
    if (!out.empty()) return end("Protocol error: it answers before it is asked");
    accepted();
  } else if (whose != kNobody) {
    answered(whose, reply);
  }
}

void Connection::State::answered(std::uint64_t id, const Reply& reply) {
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
  const Reply none;  // no copy is made of the other, which may hold a secret
  come_what_may([&] { w.done(stop ? none : reply); });
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
  for (Callback& done : late) come_what_may([&] { done({}); });
}

// ---- the thread -----------------------------------------------------------------------------------------------

/// Ends a connection that leads nowhere.
void Connection::State::give_up() {
  if (phase == Phase::connecting && now() > connecting_until) return try_next_address("no answer within a second");
  if (phase == Phase::greeting && now() > connecting_until) return end("no answer within a second");
  if (phase != Phase::ready || expected.empty() || now() - heard <= kSilence) return;
  // What the system still holds for it goes as well, at once: nobody there takes it.
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  end("no answer for " + std::to_string(kSilence.count()) + " ms");
}

int Connection::State::patience() const {
  Time until = now() + Milliseconds(1000);
  if (phase == Phase::none) until = std::min(until, retry_at);
  if (phase == Phase::connecting || phase == Phase::greeting) until = std::min(until, connecting_until);
  if (phase == Phase::ready) until = std::min(until, tick_at);
  {
    const std::scoped_lock lock(mutex);
    until = std::min(until, next_deadline);
  }
  const auto left = std::chrono::ceil<Milliseconds>(until - now()).count();
  return static_cast<int>(until_next_look(options.clock, std::clamp<std::int64_t>(left, 0, 1000)));
}

void Connection::State::wait() {
  std::array<pollfd, 2> fds{{{wake[0], POLLIN, 0}, {socket.fd(), 0, 0}}};
  const bool writes = phase == Phase::connecting || !out.empty();
  fds[1].events = static_cast<short>((phase == Phase::connecting ? 0 : POLLIN) | (writes ? POLLOUT : 0));
  if (::poll(fds.data(), fds.size(), patience()) <= 0) return;
  if (fds[0].revents != 0) {
    std::array<char, 256> drain;
    while (::read(wake[0], drain.data(), drain.size()) > 0) {
    }
  }
  if (fds[1].revents == 0) return;
  if (phase == Phase::connecting) return connect_ended();
  if ((fds[1].revents & (POLLIN | POLLERR | POLLHUP)) != 0) read();
}

void Connection::State::tick() {
  if (stop || phase != Phase::ready || now() < tick_at) return;
  tick_at = now() + options.tick;
  if (options.on_tick) options.on_tick(*owner);
}

void Connection::State::run() {
  // The process's signals are not for this thread.
  sigset_t every;
  sigfillset(&every);
  pthread_sigmask(SIG_BLOCK, &every, nullptr);
  while (!stop) {
    try {
      turn();
    } catch (...) {  // in the middle of something: the connection begins anew, and whoever waits is told
      end("out of memory");
    }
  }
  end({});
}

void Connection::State::turn() {
  if (phase == Phase::none && now() >= retry_at) connect();
  tick();
  if (phase == Phase::ready) take_requests();
  if (phase == Phase::greeting || phase == Phase::ready) write();
  wait();
  expire();
  give_up();
}

void Connection::State::main(State* s) {
  s->run();
  if (s->orphan) delete s;
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Connection>> Connection::open(ConnectionOptions options) try {
  auto state = std::make_unique<State>(std::move(options));
  if (::pipe2(state->wake.data(), O_NONBLOCK | O_CLOEXEC) != 0)
    return std::unexpected(transport_error("a pipe for the connection to Redis", errno));
  std::unique_ptr<Connection> made(new Connection(std::move(state)));
  made->state_->owner = made.get();
  made->state_->thread = std::thread(State::main, made->state_.get());
  return made;
} catch (const std::system_error& e) {
  return std::unexpected(transport_error("a thread for the connection to Redis", e.code().value()));
} catch (...) {
  return std::unexpected(caught_here());
}

Connection::~Connection() {
  state_->stop = true;
  if (state_->thread.get_id() == std::this_thread::get_id()) {
    state_->orphan = true;
    state_->thread.detach();
    [[maybe_unused]] State* its_own = state_.release();
    return;
  }
  if (!state_->thread.joinable()) return;  // it never began
  state_->poke();
  state_->thread.join();
}

void Connection::send(std::vector<Command> commands, Milliseconds deadline, Callback done) {
  State& s = *state_;
  bool taken = false;
  if (s.connected && !commands.empty()) {
    SecretBytes bytes = encoded(commands);
    const std::scoped_lock lock(s.mutex);
    const std::size_t unsent = s.unsent;
    if (s.connected && !s.stop && s.unanswered < kMostUnanswered && unsent <= kMostUnsent &&
        bytes.size() <= kMostUnsent - unsent) {
      // What takes memory comes first: what follows must not be done by halves.
      if (s.requests.size() == s.requests.capacity()) s.requests.reserve(2 * s.requests.size() + 8);
      State::Waiting& waiting = s.waiting[s.next_id];
      waiting = {s.now() + deadline, std::move(done)};
      s.unsent += bytes.size();
      s.requests.push_back({std::move(bytes), commands.size(), s.next_id++});
      ++s.unanswered;
      s.next_deadline = std::min(s.next_deadline, waiting.deadline);
      taken = true;
    }
  }
  if (taken)
    s.poke();
  else
    done({});
}

bool Connection::connected() const noexcept { return state_->connected; }

ConnectionStats Connection::stats() const noexcept {
  const std::scoped_lock lock(state_->mutex);
  return {state_->connections, state_->timeouts, state_->unanswered};
}

}  // namespace tls::redis
