#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
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
  std::uint64_t lost = 0;  // which of Pool::losses_ was its first; 0: no session was lost with it
};
using Jobs = std::list<Job>;

/// What a thread signs with.
struct Hand {
  std::optional<Session> session;
  std::uint64_t opened = 0;  // Pool::losses_ when it was
};

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
  using Lock = std::unique_lock<std::mutex>;

  [[nodiscard]] Time now() const noexcept { return Time(options_.clock->monotonic()); }
  void work();
  void watch();
  void leave() noexcept;
  Result<Signature> sign(std::optional<Session>& session, SignatureScheme scheme, Bytes message, CK_RV& rv);

  // With the lock held, which some let go meanwhile.
  bool reach(Hand& hand, Lock& lock);
  bool look(Hand& hand, Lock& lock);
  void refuse_all(Lock& lock);
  bool again(const Hand& hand, Job& job);
  [[nodiscard]] bool no_session() const noexcept { return trouble_.has_value() && holding_ == 0; }
  [[nodiscard]] bool refuses() const noexcept { return refuses_ && no_session() && now() < next_try_; }
  [[nodiscard]] Error refusal() const noexcept { return worded(Code::signing_failed, {trouble_->detail()}); }
  [[nodiscard]] Error late() const noexcept;
  [[nodiscard]] Error overflow() const noexcept;

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

  // A thread without a session looks for the token, one at a time.
  std::condition_variable back_;  // for those that wait for its outcome, and for the end of the pause behind it
  bool looking_ = false;
  unsigned holding_ = 0;          // threads with a session
  std::uint64_t losses_ = 0;      // jobs with which a session was lost
  std::optional<Error> trouble_;  // why there was no session, the last time
  bool refuses_ = false;          // trouble_ is an answer of the token, and not its absence
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
  back_.notify_all();
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
  const pkcs11::Facts& facts = token_->facts();
  if (!pkcs11::way_of(request.scheme, facts.kind, facts.mechanisms))
    return ask.tell(fail(Code::signing_failed, "the token has no mechanism for this scheme"));
  Jobs one;
  one.emplace_back(request.scheme, request.message, Time{}, std::move(ask));
  std::unique_lock lock(mutex_);
  one.front().deadline = now() + options_.deadline;  // with the lock: the list is in this order
  std::optional<Error> no;
  if (stopped_)
    no = Error(Code::closed);
  else if (refuses())
    no = refusal();
  else if (jobs_.size() >= options_.under_way)
    no = overflow();
  if (no) {
    lock.unlock();
    return one.front().ask.tell(std::unexpected(*std::move(no)));
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
  Hand hand;
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stopped_ || begun_ < jobs_.size(); });
    if (stopped_) break;
    if (!hand.session && !reach(hand, lock)) continue;
    const auto job = std::ranges::find(jobs_, false, &Job::begun);
    if (job == jobs_.end()) continue;
    job->begun = true;
    ++begun_;
    lock.unlock();
    CK_RV rv = CKR_OK;
    auto made = at_the_edge([&] { return sign(hand.session, job->scheme, job->message, rv); });
    lock.lock();
    --begun_;
    if (!hand.session) --holding_;
    if (!made && pkcs11::is_gone(rv) && again(hand, *job)) continue;
    Jobs done;
    done.splice(done.end(), jobs_, job);
    lock.unlock();
    done.front().ask.tell(std::move(made));
    done.clear();
    lock.lock();
  }
  lock.unlock();
}

/// Whether a job with which a session was lost waits again, for another one. It does not where the session is younger
/// than its first loss: then it was asked once more, and that came to nothing, too.
bool Pool::again(const Hand& hand, Job& job) {
  if (!job.ask.waits() || (job.lost != 0 && hand.opened >= job.lost)) return false;
  if (job.lost == 0) job.lost = ++losses_;
  job.begun = false;
  work_.notify_one();
  return true;
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
    SignatureAsk ask = std::move(next->ask);
    Jobs gone;
    if (!next->begun) gone.splice(gone.end(), jobs_, next);
    Error why = late();
    lock.unlock();
    ask.tell(std::unexpected(std::move(why)));
    gone.clear();
    lock.lock();
  }
}

Error Pool::late() const noexcept {
  if (no_session())
    return worded(Code::timed_out, {"the token was away until the deadline (", trouble_->detail(),
                                    "): put it back, or start what its module needs; it is looked for again"});
  return worded(Code::timed_out, {"the token does not sign in time: where it does not hang, it needs a longer deadline "
                                  "or fewer signatures"});
}

Error Pool::overflow() const noexcept {
  std::array<char, 24> count{};
  std::to_chars(count.data(), count.data() + count.size() - 1, options_.under_way);
  if (no_session())
    return worded(Code::signing_failed, {count.data(), " signatures wait for the token, which is away (",
                                         trouble_->detail(), "): put it back, or start what its module needs"});
  return worded(Code::signing_failed, {count.data(), " signatures are under way at the token: it is too slow"});
}

/// Gives a thread that has none a session. False: there is none, and the thread has waited until it may be otherwise.
/// While the token is away it is not asked more often than the pause between two attempts allows.
bool Pool::reach(Hand& hand, Lock& lock) {
  if (refuses()) {
    refuse_all(lock);
    return false;
  }
  if (const auto left = next_try_ - now(); looking_ || left > Time::duration::zero()) {
    work_.notify_one();  // what this thread was woken for may be for one that has a session
    if (looking_)
      back_.wait(lock);
    else
      back_.wait_for(lock, left);
    return false;
  }
  return look(hand, lock);
}

bool Pool::look(Hand& hand, Lock& lock) {
  looking_ = true;
  hand.opened = losses_;
  lock.unlock();
  CK_RV rv = CKR_OK;
  auto made = at_the_edge([&] { return token_->session(rv); });
  if (made) hand.session.emplace(*std::move(made));
  lock.lock();
  looking_ = false;
  back_.notify_all();
  if (hand.session) {
    ++holding_;
    trouble_.reset();
    refuses_ = false;
    retry_ = kFirstRetry;
    next_try_ = {};
    return true;
  }
  trouble_ = std::move(made).error();
  refuses_ = !pkcs11::may_pass(rv) && trouble_->code() != Code::out_of_memory;
  next_try_ = now() + retry_;
  retry_ = std::min(2 * retry_, kLastRetry);
  std::string words;
  come_what_may([&] { words = "PKCS#11: " + (trouble_->detail().empty() ? trouble_->message() : trouble_->detail()); });
  lock.unlock();
  come_what_may([&] {
    const std::lock_guard mine(warning_);
    warnings_.say("token", std::move(words), now());
  });
  lock.lock();
  return false;
}

/// Answers what waits for a token that has said no: waiting would not change that.
void Pool::refuse_all(Lock& lock) {
  while (!stopped_ && refuses()) {
    const auto job = std::ranges::find(jobs_, false, &Job::begun);
    if (job == jobs_.end()) return;
    Jobs gone;
    gone.splice(gone.end(), jobs_, job);
    Error why = refusal();
    lock.unlock();
    gone.front().ask.tell(std::unexpected(std::move(why)));
    gone.clear();
    lock.lock();
  }
}

/// A session with which that fails is not used again: an operation may be left open in it.
Result<Pool::Signature> Pool::sign(std::optional<Session>& session, SignatureScheme scheme, Bytes message, CK_RV& rv) {
  const pkcs11::Facts& facts = token_->facts();
  const auto way = pkcs11::way_of(scheme, facts.kind, facts.mechanisms);
  if (!way) return fail(Code::signing_failed, "the token has no mechanism for this scheme");
  const std::vector<std::uint8_t> input = pkcs11::input_of(*way, scheme, message);
  auto made = session->sign(*way, input, facts.login_each_time, rv);
  if (!made) {
    session.reset();
    return made;
  }
  auto signature = pkcs11::output_of(*way, *made);
  if (!signature) return fail(Code::signing_failed, "the token gave something that is no signature");
  return std::move(*signature);
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
