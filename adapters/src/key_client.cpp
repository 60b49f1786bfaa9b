#include "tls/adapters/key_client.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

#include "key_lane.h"
#include "signature_ask.h"
#include "warnings.h"

namespace tls {

using keys::Answered;
using keys::Lane;
using keys::Question;
using keys::Questions;
using keys::Reply;
using keys::Time;

namespace {

constexpr std::chrono::milliseconds kMostDeadline{60'000};
constexpr unsigned kMostConnections = 16;
constexpr std::size_t kMostUnderWay = 65536;

Result<void> check(const KeyClientOptions& o) {
  if (o.path.empty()) return fail(Code::bad_config, "the path of the key server's socket is empty");
  if (o.deadline < std::chrono::milliseconds(1) || o.deadline > kMostDeadline)
    return fail(Code::bad_config, "a key client's deadline is 1 ms to 60 s");
  if (o.connections == 0 || o.connections > kMostConnections)
    return fail(Code::bad_config, "a key client has 1 to " + std::to_string(kMostConnections) + " connections");
  if (o.under_way == 0 || o.under_way > kMostUnderWay)
    return fail(Code::bad_config, "1 to " + std::to_string(kMostUnderWay) + " signatures may be under way");
  return {};
}

}  // namespace

/// Shared by the client and its thread.
struct KeyClient::State {
  State(KeyClientOptions o, Socket r, Socket w)
      : options(std::move(o)), read(std::move(r)), write(std::move(w)), process(::getpid()), warnings(options.warning) {
    for (unsigned i = 0; i < options.connections; ++i) lanes.emplace_back(options.path, options.deadline);
  }

  /// Any thread. `done` is called once, from here or from the thread.
  void ask(const keys::Request& request, Answered done);
  [[nodiscard]] Time now() const noexcept { return Time(options.clock->monotonic()); }
  void wake() noexcept {
    const std::uint8_t byte = 0;
    while (::write(write.fd(), &byte, 1) < 0 && errno == EINTR) {
    }
  }

  // ---- the thread ----
  void run() noexcept;
  void round();
  void take_questions();
  void hand_out();
  void expire_waiting();
  void wait();
  void warn();
  void end() noexcept;

  const KeyClientOptions options;
  const Socket read, write;  // a pipe that ends the thread's wait
  const pid_t process;
  std::thread thread;

  std::mutex mutex;  // of the three below
  Questions fresh;
  std::uint32_t next_id = 0;
  bool stopped = false;

  std::deque<Lane> lanes;  // the thread's, as what follows
  Questions waiting;       // for a connection
  Warnings warnings;

  /// One of the signatures that may be under way, as long as it lives.
  struct Slot {
    explicit Slot(State& s) noexcept : state(&s) {}
    Slot(Slot&& o) noexcept : state(std::exchange(o.state, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (state != nullptr) state->under_way.fetch_sub(1);
    }
    State* state;
  };

  std::atomic<std::size_t> under_way{0};
  struct {
    std::atomic<std::uint64_t> asked{0}, signed_{0}, refused{0}, timeouts{0}, lost{0}, overflows{0}, connections{0};
  } counts;
};

void KeyClient::State::ask(const keys::Request& request, Answered done) {
  if (::getpid() != process)
    return done(fail(Code::misuse, "this key client was opened before fork(): its child opens one of its own"));
  if (under_way.fetch_add(1) >= options.under_way) {
    under_way.fetch_sub(1);
    ++counts.overflows;
    return done(fail(Code::signing_failed, std::to_string(options.under_way) +
                                               " signatures are under way at the key server: it is too slow"));
  }
  Slot slot(*this);
  Questions one;
  Question& question = one.emplace_back();
  question.done = [this, slot = std::move(slot), inner = std::move(done)](Result<Reply> reply) mutable {
    {
      const Slot over = std::move(slot);
    }
    if (!reply) ++(reply.error().code() == Code::timed_out ? counts.timeouts : counts.lost);
    if (reply && std::holds_alternative<keys::Refused>(*reply)) ++counts.refused;
    inner(std::move(reply));
  };
  std::unique_lock lock(mutex);
  question.id = ++next_id;
  question.deadline = now() + options.deadline;  // with the lock: the list is in this order
  auto frame = stopped ? Result<std::vector<std::uint8_t>>(fail(Code::closed)) : keys::encode(question.id, request);
  if (!frame) {
    lock.unlock();
    return question.done(std::unexpected(std::move(frame).error()));
  }
  question.frame = std::move(*frame);
  fresh.splice(fresh.end(), one);
  lock.unlock();
  wake();
}

// ---- the thread ---------------------------------------------------------------------------------------------------

void KeyClient::State::take_questions() {
  std::array<std::uint8_t, 64> bytes;
  while (::read(read.fd(), bytes.data(), bytes.size()) > 0) {
  }
  const std::lock_guard lock(mutex);
  keys::move_all(std::move(fresh), waiting);
}

/// To the connection that has the least to do.
void KeyClient::State::hand_out() {
  for (Lane& lane : lanes) keys::move_all(lane.lost(), waiting);
  while (!waiting.empty()) {
    Lane* best = nullptr;
    for (Lane& lane : lanes)
      if (lane.up() && (best == nullptr || lane.waiting() < best->waiting())) best = &lane;
    if (best == nullptr) return;
    if (best->alive(now())) {
      best->ask(waiting);
      best->serve(POLLOUT, now());
    }
    keys::move_all(best->lost(), waiting);
  }
}

void KeyClient::State::expire_waiting() {
  const Time at = now();
  while (!waiting.empty() && waiting.front().deadline <= at) {
    Questions late;
    late.splice(late.end(), waiting, waiting.begin());
    const std::string& trouble = lanes.front().trouble();
    late.front().done(fail(Code::timed_out, (trouble.empty() ? "the key server takes no connection"
                                                             : "there is no key server: " + trouble) +
                                                std::string("; start it and check that it allows this user")));
  }
}

void KeyClient::State::wait() {
  std::vector<pollfd> ready{{read.fd(), POLLIN, 0}};
  std::vector<Lane*> of{nullptr};
  Time due = waiting.empty() ? Time::max() : waiting.front().deadline;
  for (Lane& lane : lanes) {
    due = std::min(due, lane.due());
    if (!lane.up()) continue;
    ready.push_back({lane.fd(), lane.interest(), 0});
    of.push_back(&lane);
  }
  int patience = -1;
  if (due != Time::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - now()).count();
    patience = static_cast<int>(std::clamp<long long>(left, 0, 60'000));
  }
  if (::poll(ready.data(), ready.size(), patience) <= 0) return;
  for (std::size_t i = 1; i < ready.size(); ++i)
    if (ready[i].revents != 0) of[i]->serve(ready[i].revents, now());
}

void KeyClient::State::warn() {
  for (const Lane& lane : lanes)
    if (!lane.up() && !lane.trouble().empty())
      return warnings.say("connection", "key server: " + lane.trouble(), now());
}

void KeyClient::State::round() {
  take_questions();
  for (Lane& lane : lanes)
    if (lane.tick(now())) ++counts.connections;
  hand_out();
  expire_waiting();
  warn();
  wait();
}

void KeyClient::State::end() noexcept {
  const Error closed(Code::closed);
  Questions left;
  for (Lane& lane : lanes) {
    come_what_may([&] { lane.drop(closed, now()); });
    left.splice(left.end(), lane.lost());
  }
  {
    const std::lock_guard lock(mutex);
    stopped = true;
    left.splice(left.end(), fresh);
  }
  left.splice(left.end(), waiting);
  for (Question& question : left) come_what_may([&] { question.done(std::unexpected(closed)); });
}

// Where memory runs out, connections are begun anew: what was asked over them is answered so.
void KeyClient::State::run() noexcept {
  while (true) {
    {
      const std::lock_guard lock(mutex);
      if (stopped) break;
    }
    try {
      round();
    } catch (...) {
      for (Lane& lane : lanes) come_what_may([&] { lane.drop(Error(Code::out_of_memory), now()); });
    }
  }
  end();
}

// ---- keys ---------------------------------------------------------------------------------------------------------

class ServedRemoteKey final : public RemoteKey {
 public:
  ServedRemoteKey(std::shared_ptr<KeyClient> client, std::string name, keys::Described described)
      : client_(std::move(client)), name_(std::move(name)), described_(std::move(described)) {}

  [[nodiscard]] KeyKind kind() const noexcept override { return described_.kind; }
  [[nodiscard]] bool allows(SignatureScheme scheme) const noexcept override {
    // TLS 1.2 pairs a curve with other hashes than its own: those no list names (RFC 9846 §4.3.3).
    return std::ranges::find(schemes_for(described_.kind), scheme) == schemes_for(described_.kind).end() ||
           std::ranges::find(described_.schemes, scheme) != described_.schemes.end();
  }
  void sign_later(const SignatureRequest& request, Done done) const noexcept override {
    SignatureAsk ask(std::move(done));
    come_what_may([&] {
      const std::shared_ptr<KeyClient::State> kept = client_->state_;  // an answer may let the last key go
      KeyClient::State& state = *kept;
      ++state.counts.asked;
      const auto shared = std::make_shared<SignatureAsk>(std::move(ask));
      state.ask(keys::Sign{name_, request.parts()}, [shared, &state](Result<Reply> reply) {
        if (!reply) return shared->tell(std::unexpected(std::move(reply).error()));
        if (const auto* no = std::get_if<keys::Refused>(&*reply))
          return shared->tell(fail(Code::signing_failed, "the key server refuses (" + std::string(keys::name(no->why)) +
                                                             "): " + std::string(no->words)));
        const auto* made = std::get_if<keys::Signature>(&*reply);
        if (made == nullptr) return shared->tell(fail(Code::signing_failed, "the key server answers something else"));
        ++state.counts.signed_;
        shared->tell(std::vector<std::uint8_t>(made->bytes.begin(), made->bytes.end()));
      });
    });
  }

 private:
  std::shared_ptr<KeyClient> client_;
  const std::string name_;
  const keys::Described described_;
};

Result<std::shared_ptr<const RemoteKey>> KeyClient::key(const std::shared_ptr<KeyClient>& client, std::string name) {
  using Made = Result<std::shared_ptr<const RemoteKey>>;
  struct Wait {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<Result<keys::Described>> result;
  };
  return at_the_edge([&]() -> Made {
    const auto wait = std::make_shared<Wait>();
    const auto tell = [wait](Result<keys::Described> result) {
      const std::lock_guard lock(wait->mutex);
      wait->result = std::move(result);
      wait->came.notify_one();
    };
    client->state_->ask(keys::Describe{name}, [tell](Result<Reply> reply) {
      if (!reply) return tell(std::unexpected(std::move(reply).error()));
      if (const auto* no = std::get_if<keys::Refused>(&*reply))
        return tell(fail(Code::bad_key_file, "the key server refuses: " + std::string(no->words)));
      auto* described = std::get_if<keys::Described>(&*reply);
      if (described == nullptr) return tell(fail(Code::bad_key_file, "the key server answers something else"));
      tell(std::move(*described));
    });
    std::unique_lock lock(wait->mutex);
    wait->came.wait(lock, [&] { return wait->result.has_value(); });
    if (!*wait->result) return std::unexpected(std::move(*wait->result).error());
    return std::make_shared<const ServedRemoteKey>(client, std::move(name), std::move(**wait->result));
  });
}

// ---- the client ---------------------------------------------------------------------------------------------------

KeyClient::KeyClient(std::shared_ptr<State> state) : state_(std::move(state)) {}

KeyClient::~KeyClient() {
  if (::getpid() != state_->process) {                                     // fork(): the thread is the parent's
    static_cast<void>(new (std::nothrow) std::shared_ptr<State>(state_));  // it cannot be destroyed here: left
    return;
  }
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
  }
  state_->wake();
  if (state_->thread.get_id() == std::this_thread::get_id())
    state_->thread.detach();  // a Done let the last reference go
  else
    state_->thread.join();
}

Result<std::shared_ptr<KeyClient>> KeyClient::open(KeyClientOptions options) {
  return at_the_edge([&]() -> Result<std::shared_ptr<KeyClient>> {
    if (auto good = check(options); !good) return std::unexpected(std::move(good).error());
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return std::unexpected(transport_error("pipe", errno));
    Socket read(ends[0]), write(ends[1]);
    const auto state = std::make_shared<State>(std::move(options), std::move(read), std::move(write));
    // Signals are for the threads of the application.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      state->thread = std::thread([state] { state->run(); });
    } catch (const std::system_error& e) {
      ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
      return std::unexpected(transport_error("a thread for the key client", e.code().value()));
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return std::shared_ptr<KeyClient>(new KeyClient(state));
  });
}

KeyClientStats KeyClient::stats() const {
  const auto& c = state_->counts;
  return {.asked = c.asked,
          .signed_ = c.signed_,
          .refused = c.refused,
          .timeouts = c.timeouts,
          .lost = c.lost,
          .overflows = c.overflows,
          .connections = c.connections};
}

}  // namespace tls
