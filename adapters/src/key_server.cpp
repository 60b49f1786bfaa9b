#include "tls/adapters/key_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <list>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "edge.h"
#include "key_audit.h"
#include "key_protocol.h"
#include "key_socket.h"
#include "tls/adapters/remote_key.h"
#include "token_bucket.h"
#include "warnings.h"

namespace tls {
namespace {

using keys::Refusal;

constexpr std::size_t kReadPiece = 16 << 10;  // bytes
constexpr std::size_t kMostAccounts = 4096;   // of users who may call

/// Refusals of one kind, which whoever is refused can cause as often as he likes: they must not fill the disk.
class FewLines {
 public:
  static constexpr Clock::Milliseconds kBetween{1000};

  /// One more. How many the line is about that is due now; 0: none is, and the next line counts this one.
  std::uint64_t one_more(Clock::Milliseconds now) noexcept {
    ++unsaid_;
    if (last_ && now - *last_ < kBetween) return 0;
    last_ = now;
    return std::exchange(unsaid_, 0);
  }

 private:
  std::uint64_t unsaid_ = 0;
  std::optional<Clock::Milliseconds> last_;
};

/// What one user has done lately.
struct Account {
  explicit Account(TokenBucket b) noexcept : bucket(b) {}
  TokenBucket bucket;
  std::size_t connections = 0;
  FewLines over_rate, unknown_keys, crowds;
};

/// A refusal, in words for the caller.
struct No {
  Refusal why;
  std::string words;
};

}  // namespace

struct KeyServer::State {
  State(KeyServerOptions o, keys::Door d, Socket r, Socket w)
      : options(std::move(o)),
        door(std::move(d)),
        stop_read(std::move(r)),
        stop_write(std::move(w)),
        warnings(options.warning) {}

  struct Caller {
    Socket socket;
    ucred who{};
    std::vector<const ServedKey*> keys;
    std::vector<std::uint8_t> in;
  };
  struct Served {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> gone;
  };

  // ---- who ----
  std::vector<const ServedKey*> keys_of(const ucred& who) const;
  Account& account(uid_t user);
  bool admit(const ucred& who);
  void accept_one();
  void reap(bool all);
  void warn(const std::string& kind, const std::string& words);

  // ---- one connection, on its thread ----
  void serve(Caller& caller) noexcept;
  bool read(Caller& caller);
  bool answer_all(Caller& caller);
  bool send(const Caller& caller, Bytes answer) const;
  std::vector<std::uint8_t> answer(const Caller& caller, const keys::Frame& frame);
  std::vector<std::uint8_t> describe(const Caller& caller, std::uint32_t id, const keys::Describe& request);
  std::vector<std::uint8_t> sign(const Caller& caller, std::uint32_t id, const keys::Sign& request);
  Result<std::vector<std::uint8_t>> signature(const ServedKey& key, HandshakeToSign what,
                                              std::vector<std::uint8_t> content) const;
  std::optional<No> over_rate(const Caller& caller);
  bool audit(const Caller& caller, const keys::Sign* request, Bytes content, std::string_view verdict);
  void audit_few(const Caller& caller, std::string_view verdict, std::uint64_t times);

  const KeyServerOptions options;
  keys::Door door;
  Socket stop_read, stop_write;  // a pipe; readable from stop() on
  std::list<Served> threads;     // run()'s alone

  std::mutex mutex;  // of what follows; not held in calls of the application, which may take their time
  std::map<uid_t, Account> accounts;
  FewLines strangers;  // all who may not call
  std::size_t connections = 0;

  std::mutex audit_mutex;    // one call at a time
  std::mutex warning_mutex;  // of what follows, and one call at a time
  Warnings warnings;
};

// ---- who ----------------------------------------------------------------------------------------------------------

std::vector<const ServedKey*> KeyServer::State::keys_of(const ucred& who) const {
  std::vector<const ServedKey*> allowed;
  for (const ServedKey& key : options.keys)
    for (const KeyCaller& caller : options.callers) {
      if (!caller.user && !caller.group) continue;
      if (caller.user && *caller.user != who.uid) continue;
      if (caller.group && *caller.group != who.gid) continue;
      if (!caller.keys.empty() && std::ranges::find(caller.keys, key.name) == caller.keys.end()) continue;
      allowed.push_back(&key);
      break;
    }
  return allowed;
}

/// With `mutex` held. Users who come when there are too many share one, as nobody.
Account& KeyServer::State::account(uid_t user) {
  if (accounts.size() >= kMostAccounts && !accounts.contains(user)) user = static_cast<uid_t>(-1);
  const TokenBucket full(options.rate == 0 ? 1 : options.rate, options.clock->monotonic());
  return accounts.try_emplace(user, full).first->second;
}

bool KeyServer::State::admit(const ucred& who) {
  const std::lock_guard lock(mutex);
  Account& mine = account(who.uid);
  if (connections >= kMostConnections || mine.connections >= kMostOfCaller) return false;
  ++connections;
  ++mine.connections;
  return true;
}

void KeyServer::State::warn(const std::string& kind, const std::string& words) {
  const std::lock_guard lock(warning_mutex);
  come_what_may([&] { warnings.say(kind, words, Warnings::Time(options.clock->monotonic())); });
}

void KeyServer::State::accept_one() {
  auto caller = std::make_shared<Caller>();
  caller->socket = Socket(::accept4(door.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!caller->socket) return;
  socklen_t size = sizeof caller->who;
  if (::getsockopt(caller->socket.fd(), SOL_SOCKET, SO_PEERCRED, &caller->who, &size) != 0) return;
  caller->keys = keys_of(caller->who);
  const std::string user = std::to_string(caller->who.uid);
  if (caller->keys.empty()) {
    std::unique_lock lock(mutex);
    const std::uint64_t times = strangers.one_more(options.clock->monotonic());
    lock.unlock();
    audit_few(*caller, "caller_refused", times);
    return warn("stranger " + user, "user " + user + " may not call: no rule allows it a key");
  }
  if (!admit(caller->who)) {
    std::unique_lock lock(mutex);
    const std::uint64_t times = account(caller->who.uid).crowds.one_more(options.clock->monotonic());
    lock.unlock();
    audit_few(*caller, "too_many_connections", times);
    return warn("crowd " + user, "user " + user + " has too many connections");
  }
  auto gone = std::make_shared<std::atomic<bool>>(false);
  Served& served = threads.emplace_back();
  served.gone = gone;
  try {
    served.thread = std::thread([this, caller, gone] {
      serve(*caller);
      const std::lock_guard lock(mutex);
      --connections;
      --account(caller->who.uid).connections;
      gone->store(true);
    });
  } catch (const std::system_error&) {
    threads.pop_back();
    {
      const std::lock_guard lock(mutex);
      --connections;
      --account(caller->who.uid).connections;
    }
    warn("thread", "the system gives no thread for a caller");
  }
}

void KeyServer::State::reap(bool all) {
  for (auto it = threads.begin(); it != threads.end();) {
    if (!all && !it->gone->load()) {
      ++it;
      continue;
    }
    it->thread.join();
    it = threads.erase(it);
  }
}

// ---- one connection -----------------------------------------------------------------------------------------------

void KeyServer::State::serve(Caller& caller) noexcept {
  come_what_may([&] {
    while (read(caller) && answer_all(caller)) {
    }
  });
}

/// Waits for more; a request that has begun has to go on.
bool KeyServer::State::read(Caller& caller) {
  pollfd ready[] = {{caller.socket.fd(), POLLIN, 0}, {stop_read.fd(), POLLIN, 0}};
  const int patience = caller.in.empty() ? -1 : static_cast<int>(kPatience.count());
  const int n = ::poll(ready, std::size(ready), patience);
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0 || ready[1].revents != 0) return false;
  const std::size_t before = caller.in.size();
  caller.in.resize(before + kReadPiece);
  const ssize_t got = ::recv(caller.socket.fd(), caller.in.data() + before, kReadPiece, 0);
  caller.in.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/// Answers all requests that are there in whole.
bool KeyServer::State::answer_all(Caller& caller) {
  Bytes rest(caller.in);
  while (true) {
    const auto frame = keys::next_frame(rest, keys::kMaxRequest);
    if (!frame) {
      if (!over_rate(caller)) static_cast<void>(audit(caller, nullptr, {}, keys::name(Refusal::malformed)));
      static_cast<void>(send(caller, keys::encode(0, keys::Refused{Refusal::malformed, frame.error().detail()})));
      return false;
    }
    if (!*frame) break;
    if (!send(caller, answer(caller, **frame))) return false;
  }
  caller.in.erase(caller.in.begin(), caller.in.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return true;
}

/// All of it, or the caller does not read.
bool KeyServer::State::send(const Caller& caller, Bytes answer) const {
  while (!answer.empty()) {
    const ssize_t n = ::send(caller.socket.fd(), answer.data(), answer.size(), MSG_NOSIGNAL);
    if (n > 0) {
      answer = answer.subspan(static_cast<std::size_t>(n));
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return false;
    pollfd ready{caller.socket.fd(), POLLOUT, 0};
    if (::poll(&ready, 1, static_cast<int>(kPatience.count())) == 0) return false;
  }
  return true;
}

// A request that is not of this protocol is answered, but what follows it is still in frames.
std::vector<std::uint8_t> KeyServer::State::answer(const Caller& caller, const keys::Frame& frame) {
  if (const auto no = over_rate(caller)) return keys::encode(frame.id, keys::Refused{no->why, no->words});
  const auto request = keys::parse_request(frame);
  if (!request) {
    static_cast<void>(audit(caller, nullptr, {}, keys::name(Refusal::malformed)));
    return keys::encode(frame.id, keys::Refused{Refusal::malformed, request.error().detail()});
  }
  if (const auto* wanted = std::get_if<keys::Describe>(&*request)) return describe(caller, frame.id, *wanted);
  return sign(caller, frame.id, std::get<keys::Sign>(*request));
}

std::optional<No> KeyServer::State::over_rate(const Caller& caller) {
  if (options.rate == 0) return std::nullopt;
  std::uint64_t times = 0;
  {
    const std::lock_guard lock(mutex);
    Account& mine = account(caller.who.uid);
    const Clock::Milliseconds now = options.clock->monotonic();
    if (mine.bucket.take(now)) return std::nullopt;
    times = mine.over_rate.one_more(now);
  }
  audit_few(caller, keys::name(Refusal::rate), times);
  return No{Refusal::rate, "more than " + std::to_string(options.rate) + " requests a second"};
}

namespace {

const ServedKey* find(const std::vector<const ServedKey*>& keys, std::string_view name) {
  const auto it = std::ranges::find(keys, name, [](const ServedKey* key) { return std::string_view(key->name); });
  return it == keys.end() ? nullptr : *it;
}

/// What speaks against a signature, and else what is to be signed.
std::optional<No> objection(const ServedKey* key, const keys::Sign& request, std::vector<std::uint8_t>& content) {
  if (key == nullptr) return No{Refusal::no_key, "there is no such key for this caller"};
  const HandshakeToSign& what = request.what;
  if (!(what.by_server ? key->for_servers : key->for_clients))
    return No{Refusal::role, what.by_server ? "the key is not for servers" : "the key is not for clients"};
  if (scheme_for(key->key->kind(), {&what.scheme, 1}, what.version) != what.scheme || !key->key->allows(what.scheme))
    return No{Refusal::scheme, "the key does not sign by this scheme in this version"};
  auto made = keys::content_to_sign(what);
  if (!made) return No{Refusal::content, made.error().detail()};
  content = std::move(*made);
  return std::nullopt;
}

}  // namespace

std::vector<std::uint8_t> KeyServer::State::describe(const Caller& caller, std::uint32_t id,
                                                     const keys::Describe& request) {
  const ServedKey* key = find(caller.keys, request.key);
  if (key == nullptr) {
    std::unique_lock lock(mutex);
    const std::uint64_t times = account(caller.who.uid).unknown_keys.one_more(options.clock->monotonic());
    lock.unlock();
    audit_few(caller, keys::name(Refusal::no_key), times);
    return keys::encode(id, keys::Refused{Refusal::no_key, "there is no such key for this caller"});
  }
  keys::Described described{
      .kind = key->key->kind(), .for_servers = key->for_servers, .for_clients = key->for_clients, .schemes = {}};
  for (const SignatureScheme scheme : schemes_for(described.kind))
    if (key->key->allows(scheme)) described.schemes.push_back(scheme);
  return keys::encode(id, described);
}

std::vector<std::uint8_t> KeyServer::State::sign(const Caller& caller, std::uint32_t id, const keys::Sign& request) {
  const ServedKey* key = find(caller.keys, request.key);
  std::vector<std::uint8_t> content;
  if (const auto no = objection(key, request, content)) {
    static_cast<void>(audit(caller, &request, {}, keys::name(no->why)));
    return keys::encode(id, keys::Refused{no->why, no->words});
  }
  const auto made = signature(*key, request.what, content);
  if (!made) {
    static_cast<void>(audit(caller, &request, content, keys::name(Refusal::failed)));
    return keys::encode(id, keys::Refused{Refusal::failed, made.error().message()});
  }
  if (!audit(caller, &request, content, "signed"))
    return keys::encode(id, keys::Refused{Refusal::audit,
                                          "the audit line cannot be written, and nothing is signed "
                                          "without one"});
  return keys::encode(id, keys::Signature{*made});
}

/// By a key in memory at once, by one that is kept elsewhere when it has answered.
Result<std::vector<std::uint8_t>> KeyServer::State::signature(const ServedKey& key, HandshakeToSign what,
                                                              std::vector<std::uint8_t> content) const {
  return at_the_edge([&]() -> Result<std::vector<std::uint8_t>> {
    what.message = content;
    if (auto now = key.key->sign_handshake(what, system_random())) return std::move(*now);
    const Operation operation = SignatureRequest{what.scheme, content, key.key, what.by_server, what.version};
    auto later = wait_for_signature(operation);
    if (!later) return fail(Code::signing_failed, "the key does not sign at once");
    return std::get<Result<std::vector<std::uint8_t>>>(std::move(*later));
  });
}

bool KeyServer::State::audit(const Caller& caller, const keys::Sign* request, Bytes content, std::string_view verdict) {
  const auto kept = at_the_edge([&]() -> Result<bool> {
    const std::string line = keys::audit_line(options.clock->wall(), caller.who, request, content, verdict);
    const std::lock_guard lock(audit_mutex);
    return !options.audit || options.audit(line);
  });
  return kept && *kept;
}

/// One line about so many refusals; none about none.
void KeyServer::State::audit_few(const Caller& caller, std::string_view verdict, std::uint64_t times) {
  if (times != 0)
    static_cast<void>(audit(caller, nullptr, {}, std::string(verdict) + " times=" + std::to_string(times)));
}

// ---- the server ---------------------------------------------------------------------------------------------------

namespace {

Result<void> check(const KeyServerOptions& options) {
  if (options.keys.empty()) return fail(Code::bad_config, "a key server needs a key");
  if (options.callers.empty()) return fail(Code::bad_config, "a key server needs somebody who may call it");
  if (options.rate > TokenBucket::kMostRate)
    return fail(Code::bad_config, "the rate is at most " + std::to_string(TokenBucket::kMostRate));
  if ((options.mode & ~mode_t{0777}) != 0) return fail(Code::bad_config, "the socket's mode is at most 0777");
  for (const ServedKey& key : options.keys) {
    if (!key.key) return fail(Code::bad_config, "the key '" + key.name + "' is null");
    if (auto named = keys::encode(0, keys::Describe{key.name}); !named)
      return fail(Code::bad_config, "'" + key.name + "': " + named.error().detail());
    if (!key.for_servers && !key.for_clients)
      return fail(Code::bad_config, "the key '" + key.name + "' is for neither servers nor clients");
    if (std::ranges::count(options.keys, key.name, &ServedKey::name) != 1)
      return fail(Code::bad_config, "there are two keys of the name '" + key.name + "'");
  }
  for (const KeyCaller& caller : options.callers)
    for (const std::string& name : caller.keys)
      if (std::ranges::find(options.keys, name, &ServedKey::name) == options.keys.end())
        return fail(Code::bad_config, "a caller may use the key '" + name + "', but there is none of that name");
  return {};
}

}  // namespace

KeyServer::KeyServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyServer::KeyServer(KeyServer&&) noexcept = default;
KeyServer::~KeyServer() {
  if (!state_) return;
  stop();
  state_->reap(true);
}

Result<KeyServer> KeyServer::open(KeyServerOptions options) {
  return at_the_edge([&]() -> Result<KeyServer> {
    if (auto good = check(options); !good) return std::unexpected(std::move(good).error());
    auto door = keys::Door::open(options.path, options.mode, options.group);
    if (!door) return std::unexpected(std::move(door).error());
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return std::unexpected(transport_error("pipe", errno));
    Socket read(ends[0]), write(ends[1]);
    return KeyServer(std::make_unique<State>(std::move(options), std::move(*door), std::move(read), std::move(write)));
  });
}

void KeyServer::stop() noexcept {
  const std::uint8_t byte = 0;
  while (::write(state_->stop_write.fd(), &byte, 1) < 0 && errno == EINTR) {
  }  // a full pipe stops as well
}

Result<void> KeyServer::run() {
  return at_the_edge([&]() -> Result<void> {
    State& s = *state_;
    while (true) {
      pollfd ready[] = {{s.door.fd(), POLLIN, 0}, {s.stop_read.fd(), POLLIN, 0}};
      const int n = ::poll(ready, std::size(ready), -1);
      if (n < 0 && errno != EINTR) return std::unexpected(transport_error("poll", errno));
      if (n > 0 && ready[1].revents != 0) break;
      if (n > 0) s.accept_one();
      s.reap(false);
    }
    s.reap(true);
    return {};
  });
}

}  // namespace tls
