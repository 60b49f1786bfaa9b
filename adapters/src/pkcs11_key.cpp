#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <list>
#include <system_error>
#include <thread>

#include "pkcs11_token.h"
#include "signature_ask.h"
#include "tls/adapters/socket.h"
#include "warnings.h"

namespace tls {
namespace {

using pkcs11::Session;
using pkcs11::Token;
using Time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr milliseconds kMostDeadline{60'000};
constexpr unsigned kMostSessions = 32;
constexpr std::size_t kMostUnderWay = 65536;
// Between two attempts to find a token that is gone: twice as long each time.
constexpr milliseconds kFirstRetry{50}, kLastRetry{1000};
constexpr milliseconds kFarewell{2000};  // for calls of the module to return, when the last reference goes

Result<void> check(const Pkcs11Options& o) {
  if (o.deadline < milliseconds(1) || o.deadline > kMostDeadline)
    return fail(Code::bad_config, "the deadline of a PKCS#11 key is 1 ms to 60 s");
  if (o.sessions == 0 || o.sessions > kMostSessions)
    return fail(Code::bad_config, "a PKCS#11 key has 1 to " + std::to_string(kMostSessions) + " sessions");
  if (o.under_way == 0 || o.under_way > kMostUnderWay)
    return fail(Code::bad_config, "1 to " + std::to_string(kMostUnderWay) + " signatures may be under way");
  return {};
}

/// One signature. In a list of all that are under way, in the order of their deadlines.
struct Job {
  Job(SignatureScheme s, std::vector<std::uint8_t> m, Time d, SignatureAsk&& a)
      : scheme(s), message(std::move(m)), deadline(d), ask(std::move(a)) {}
  SignatureScheme scheme;
  std::vector<std::uint8_t> message;
  Time deadline;
  SignatureAsk ask;
  bool begun = false;
};
using Jobs = std::list<Job>;

/// The threads that call the module, and what they share. Lives as long as the last of them.
class Pool {
 public:
  Pool(Pkcs11Options options, std::unique_ptr<Token> token)
      : options_(std::move(options)), token_(std::move(token)), process_(::getpid()), warnings_(options_.warning) {}

  [[nodiscard]] const Token& token() const noexcept { return *token_; }
  static void start(const std::shared_ptr<Pool>& self);
  /// Answers all with `closed`, those too that the module does not let go, and waits for the threads, a bounded time.
  void stop() noexcept;
  void ask(const SignatureRequest& request, SignatureAsk&& ask);

 private:
  using Signature = std::vector<std::uint8_t>;

  [[nodiscard]] Time now() const noexcept { return Time(options_.clock->monotonic()); }
  void work();
  void watch();
  void leave() noexcept;
  Result<Signature> sign(std::optional<Session>& session, SignatureScheme scheme, Bytes message);
  Result<void> open(std::optional<Session>& session);

  const Pkcs11Options options_;
  const std::unique_ptr<Token> token_;
  const pid_t process_;

  std::mutex mutex_;  // of what follows
  std::condition_variable work_, watch_, left_;
  Jobs jobs_;
  std::size_t begun_ = 0;    // of jobs_
  bool watch_idle_ = false;  // watch() waits for a job, and not for a deadline
  std::vector<std::thread> threads_;
  unsigned alive_ = 0;
  bool stopped_ = false;
  Time next_try_{};
  milliseconds retry_ = kFirstRetry;

  std::mutex warning_;  // of warnings_ alone: what the application does in a warning must not wait for us
  Warnings warnings_;
};

void Pool::start(const std::shared_ptr<Pool>& self) {
  // Signals are for the threads of the application.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto begin = [&](void (Pool::*body)()) {
    const std::lock_guard lock(self->mutex_);
    self->threads_.emplace_back([self, body] {
      come_what_may([&] { ((*self).*body)(); });
      self->leave();
    });
    ++self->alive_;
  };
  try {
    begin(&Pool::watch);
    for (unsigned i = 0; i < self->options_.sessions; ++i) begin(&Pool::work);
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    self->stop();
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Pool::leave() noexcept {
  const std::lock_guard lock(mutex_);
  --alive_;
  left_.notify_all();
}

void Pool::stop() noexcept {
  if (::getpid() != process_) return;  // fork(): the threads are the parent's
  Jobs lost;
  std::unique_lock lock(mutex_);
  stopped_ = true;
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    const auto next = std::next(job);
    if (!job->begun) lost.splice(lost.end(), jobs_, job);
    job = next;
  }
  work_.notify_all();
  watch_.notify_all();
  lock.unlock();
  for (Job& job : lost) job.ask.tell(std::unexpected(Error(Code::closed)));
  lock.lock();
  // What has begun stays in the list for its thread, which may hang in the module and has nobody to tell any more.
  while (true) {
    const auto job = std::ranges::find_if(jobs_, [](const Job& one) { return one.ask.waits(); });
    if (job == jobs_.end()) break;
    SignatureAsk ask = std::move(job->ask);
    lock.unlock();
    ask.tell(std::unexpected(Error(Code::closed)));
    lock.lock();
  }
  const auto is_this = [](const std::thread& t) { return t.get_id() == std::this_thread::get_id(); };
  const unsigned staying = std::ranges::any_of(threads_, is_this) ? 1 : 0;  // a Done let the last reference go
  const bool left = left_.wait_for(lock, kFarewell, [&] { return alive_ <= staying; });
  std::vector<std::thread> threads = std::move(threads_);
  threads_.clear();
  lock.unlock();
  // One that the module does not let go keeps the pool until it does.
  for (std::thread& thread : threads) {
    if (left && !is_this(thread))
      thread.join();
    else
      thread.detach();
  }
}

void Pool::ask(const SignatureRequest& request, SignatureAsk&& ask) {
  if (::getpid() != process_)
    return ask.tell(fail(Code::misuse, "this PKCS#11 key was opened before fork(): its child opens one of its own"));
  Jobs one;
  one.emplace_back(request.scheme, request.message, Time{}, std::move(ask));
  std::unique_lock lock(mutex_);
  one.front().deadline = now() + options_.deadline;  // with the lock: the list is in this order
  if (stopped_ || jobs_.size() >= options_.under_way) {
    const bool stopped = stopped_;
    lock.unlock();
    return one.front().ask.tell(stopped ? std::unexpected(Error(Code::closed))
                                        : fail(Code::signing_failed, std::to_string(options_.under_way) +
                                                                         " signatures are under way at the token: it "
                                                                         "is too slow"));
  }
  jobs_.splice(jobs_.end(), one);
  // Not where the list was empty: jobs that hang in the module are in it, and nobody waits for them any more.
  const bool idle = std::exchange(watch_idle_, false);
  lock.unlock();
  work_.notify_one();
  if (idle) watch_.notify_one();
}

/// Signs what comes. A job stays in the list while it is signed, and its answer may have been given by watch().
void Pool::work() {
  std::optional<Session> session;
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stopped_ || begun_ < jobs_.size(); });
    if (stopped_) break;
    const auto job = std::ranges::find(jobs_, false, &Job::begun);
    if (job == jobs_.end()) continue;
    job->begun = true;
    ++begun_;
    lock.unlock();
    auto made = at_the_edge([&] { return sign(session, job->scheme, job->message); });
    lock.lock();
    Jobs done;
    done.splice(done.end(), jobs_, job);
    --begun_;
    lock.unlock();
    done.front().ask.tell(std::move(made));
    done.clear();
    lock.lock();
  }
  lock.unlock();
}

/// Answers those whose deadline is over. What was not begun goes; what is with the module stays in the list, so that it
/// counts as under way.
void Pool::watch() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto next = std::ranges::find_if(jobs_, [](const Job& job) { return job.ask.waits(); });
    if (next == jobs_.end()) {
      watch_idle_ = true;
      watch_.wait(lock, [&] { return stopped_ || !watch_idle_; });
      continue;
    }
    if (const auto left = next->deadline - now(); left > Time::duration::zero()) {
      watch_.wait_for(lock, left);
      continue;
    }
    SignatureAsk late = std::move(next->ask);
    Jobs gone;
    if (!next->begun) gone.splice(gone.end(), jobs_, next);
    lock.unlock();
    late.tell(fail(Code::timed_out, "the token does not sign in time"));
    gone.clear();
    lock.lock();
  }
}

/// While the token is away it is not asked more often than the pause between two attempts allows.
Result<void> Pool::open(std::optional<Session>& session) {
  {
    const std::lock_guard lock(mutex_);
    if (now() < next_try_) return fail(Code::signing_failed, "the token is away, and is looked for again in a moment");
  }
  auto opened = token_->session();
  {
    const std::lock_guard lock(mutex_);
    if (!opened) {
      next_try_ = now() + retry_;
      retry_ = std::min(2 * retry_, kLastRetry);
    } else {
      retry_ = kFirstRetry;
      next_try_ = {};  // it is back: another thread's attempt may have come too early
    }
  }
  if (!opened) {
    const std::lock_guard lock(warning_);
    warnings_.say("token", "PKCS#11: " + opened.error().detail(), now());
    return fail(Code::signing_failed, opened.error().detail());
  }
  session.emplace(std::move(*opened));
  return {};
}

/// A session that has ended is replaced, once.
Result<Pool::Signature> Pool::sign(std::optional<Session>& session, SignatureScheme scheme, Bytes message) {
  const pkcs11::Facts& facts = token_->facts();
  const auto way = pkcs11::way_of(scheme, facts.kind, facts.mechanisms);
  if (!way) return fail(Code::signing_failed, "the token has no mechanism for this scheme");
  const std::vector<std::uint8_t> input = pkcs11::input_of(*way, scheme, message);
  for (bool again = session.has_value();; again = false) {
    if (!session)
      if (auto opened = open(session); !opened) return std::unexpected(std::move(opened).error());
    CK_RV rv = CKR_OK;
    auto made = session->sign(*way, input, facts.login_each_time, rv);
    if (made) {
      auto signature = pkcs11::output_of(*way, *made);
      if (!signature) return fail(Code::signing_failed, "the token gave something that is no signature");
      return std::move(*signature);
    }
    session.reset();  // an operation may be left open in it
    if (!again || !pkcs11::is_gone(rv)) return made;
  }
}

class Pkcs11Key final : public RemoteKey {
 public:
  explicit Pkcs11Key(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}
  ~Pkcs11Key() override { pool_->stop(); }
  Pkcs11Key(const Pkcs11Key&) = delete;
  Pkcs11Key& operator=(const Pkcs11Key&) = delete;

  [[nodiscard]] KeyKind kind() const noexcept override { return pool_->token().facts().kind; }
  [[nodiscard]] bool allows(SignatureScheme scheme) const noexcept override {
    const pkcs11::Facts& facts = pool_->token().facts();
    return pkcs11::way_of(scheme, facts.kind, facts.mechanisms).has_value();
  }
  void sign_later(const SignatureRequest& request, Done done) const noexcept override {
    SignatureAsk ask(std::move(done));
    const std::shared_ptr<Pool> kept = pool_;  // an answer may let the last key go
    come_what_may([&] { kept->ask(request, std::move(ask)); });
  }

 private:
  std::shared_ptr<Pool> pool_;
};

}  // namespace

Result<std::shared_ptr<const RemoteKey>> pkcs11_key(Pkcs11Options options) {
  using Made = Result<std::shared_ptr<const RemoteKey>>;
  return at_the_edge([&]() -> Made {
    if (auto good = check(options); !good) return std::unexpected(std::move(good).error());
    auto token = Token::open(options);
    if (!token) return std::unexpected(std::move(token).error());
    const auto pool = std::make_shared<Pool>(std::move(options), std::move(*token));
    auto key = std::make_shared<const Pkcs11Key>(pool);
    try {
      Pool::start(pool);
    } catch (const std::system_error& e) {
      return std::unexpected(transport_error("threads for the PKCS#11 key", e.code().value()));
    }
    return key;
  });
}

}  // namespace tls
