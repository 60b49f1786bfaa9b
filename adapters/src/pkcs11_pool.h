// The threads that call a PKCS#11 module, and the signatures that wait for them.
#pragma once

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "pkcs11_token.h"
#include "signature_ask.h"
#include "tls/adapters/pkcs11.h"
#include "warnings.h"

namespace tls::pkcs11 {

using Time = std::chrono::steady_clock::time_point;

// The pause behind a failed attempt to find the token doubles from the first to the last of these.
inline constexpr std::chrono::milliseconds kFirstRetry{50}, kLastRetry{1000};
// How long the end of a key waits for calls of the module to return.
inline constexpr std::chrono::milliseconds kFarewell{2000};

/// One signature that is under way. Pool lists them in the order of their deadlines.
struct Job {
  Job(SignatureScheme s, std::vector<std::uint8_t> m, Time d, SignatureAsk&& a)
      : scheme(s), message(std::move(m)), deadline(d), ask(std::move(a)) {}
  SignatureScheme scheme;
  std::vector<std::uint8_t> message;
  Time deadline;
  SignatureAsk ask;
  bool begun = false;
  std::uint64_t lost = 0;  // number of the first session loss that this job saw; 0: none
};
using Jobs = std::list<Job>;

/// The session of one thread.
struct Hand {
  std::optional<Session> session;
  std::uint64_t opened = 0;  // Pool::losses_ when the session was opened
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

  // The caller holds the lock. Functions that take it release it for a while.
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

  // One thread without a session looks for the token; the others wait.
  std::condition_variable back_;  // signals the end of an attempt
  bool looking_ = false;
  unsigned holding_ = 0;          // threads with a session
  std::uint64_t losses_ = 0;      // jobs that lost a session
  std::optional<Error> trouble_;  // why the last attempt failed; no value if it succeeded
  bool refuses_ = false;          // trouble_ is a refusal by the token, not its absence
  Time next_try_{};
  std::chrono::milliseconds retry_ = kFirstRetry;

  std::mutex warning_;  // of warnings_ alone: what the application does in a warning must not wait for us
  Warnings warnings_;
};

}  // namespace tls::pkcs11
