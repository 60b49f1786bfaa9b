#include "pkcs11_pool.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <string>

#include "edge.h"

namespace tls::pkcs11 {

using std::chrono::milliseconds;

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
  const Facts& facts = token_->facts();
  if (!way_of(request.scheme, facts.kind, facts.mechanisms))
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
    if (!made && is_gone(rv) && again(hand, *job)) continue;
    Jobs done;
    done.splice(done.end(), jobs_, job);
    lock.unlock();
    done.front().ask.tell(std::move(made));
    done.clear();
    lock.lock();
  }
  lock.unlock();
}

/// Puts a job that lost a session back into the queue. Returns false if the session was opened after the job's first
/// loss: then the second attempt has failed as well, and the job fails. Sessions that are older may all be stale, so
/// their losses do not count.
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

constexpr const char* kWhatToDo = "reconnect the token or restart the process behind its module";

Error Pool::late() const noexcept {
  if (no_session())
    return worded(Code::timed_out,
                  {"the deadline passed while the token was away (", trouble_->detail(), "): ", kWhatToDo});
  return worded(Code::timed_out, {"the token did not sign in time: set a longer deadline or sign less at once, or "
                                  "restart the token if it hangs"});
}

Error Pool::overflow() const noexcept {
  std::array<char, 24> count{};
  std::to_chars(count.data(), count.data() + count.size() - 1, options_.under_way);
  if (no_session())
    return worded(Code::signing_failed, {count.data(), " signatures already wait for the token, which is away (",
                                         trouble_->detail(), "): ", kWhatToDo});
  return worded(Code::signing_failed, {count.data(), " signatures are under way at the token: it is too slow"});
}

/// Opens a session for a thread that has none. Returns false after a failed attempt, or after waiting for another
/// thread's attempt or for the end of the pause.
bool Pool::reach(Hand& hand, Lock& lock) {
  if (refuses()) {
    refuse_all(lock);
    return false;
  }
  if (const auto left = next_try_ - now(); looking_ || left > Time::duration::zero()) {
    work_.notify_one();  // another thread may have a session for the job that woke this one
    if (looking_)
      back_.wait(lock);
    else
      back_.wait_for(lock, left);
    return false;
  }
  return look(hand, lock);
}

/// One attempt to find the token and open a session.
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
  refuses_ = !may_pass(rv) && trouble_->code() != Code::out_of_memory;
  next_try_ = now() + retry_;
  retry_ = std::min(2 * retry_, kLastRetry);
  std::string words;
  come_what_may([&] {
    if (trouble_->detail().empty()) trouble_.emplace(trouble_->code(), trouble_->message());
    words = "PKCS#11: " + trouble_->detail();
  });
  refuse_all(lock);
  lock.unlock();
  come_what_may([&] {
    const std::lock_guard mine(warning_);
    warnings_.say("token", std::move(words), now());
  });
  lock.lock();
  return false;
}

/// If the token refuses, fails all jobs that wait, because waiting does not change a refusal.
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

/// Closes the session if the module fails, because an operation may still be active in it.
Result<Pool::Signature> Pool::sign(std::optional<Session>& session, SignatureScheme scheme, Bytes message, CK_RV& rv) {
  const Facts& facts = token_->facts();
  const auto way = way_of(scheme, facts.kind, facts.mechanisms);
  if (!way) return fail(Code::signing_failed, "the token has no mechanism for this scheme");
  const std::vector<std::uint8_t> input = input_of(*way, scheme, message);
  // Also if it throws: what the application does for a PIN may.
  struct Closing {
    std::optional<Session>& session;
    bool due = true;
    ~Closing() {
      if (due) session.reset();
    }
  } closing{session};
  auto made = session->sign(*way, input, facts.login_each_time, rv);
  if (!made) return made;
  closing.due = false;
  auto signature = output_of(*way, *made);
  if (!signature) return fail(Code::signing_failed, "the token gave something that is no signature");
  return std::move(*signature);
}

}  // namespace tls::pkcs11
