// One thread of `sallyport server`: its epoll, its visitors, and the listeners that it shares with the other threads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/serve/descriptor.h"
#include "cli/serve/ledger.h"
#include "cli/serve/visit.h"
#include "tls/live_config.h"

namespace sallyport::cli {

/// What all threads of a server share. Nothing of it is changed while they run but the ledger, and what the live
/// configuration gives.
struct House {
  /// Answers an operation from any thread, once; false: nobody answers those.
  using Answer = std::function<bool(const tls::Operation&, std::function<void(tls::OperationResult)>)>;

  std::shared_ptr<const tls::LiveServerConfig> config;
  std::vector<tls::Socket> listeners;  ///< that do not block
  std::function<std::unique_ptr<Service>()> greet;
  Answer answer;  ///< empty: nobody answers
  Ledger& ledger;
  Limits limits = {};
};

class Loop final : Visit::Host {
 public:
  using Time = Visit::Time;
  /// `full` is called, once in all loops together, when the ledger takes nobody more. Failure(kIo) when the system
  /// gives no epoll.
  Loop(House& house, std::function<void()> full);
  ~Loop() override;

  /// Serves until the ledger is full and all who were admitted have gone.
  void run();
  /// Thread-safe: makes run() look at the ledger.
  void wake();
  /// Thread-safe: makes run() judge by the present configuration who is here, and who is about to come in. Who would
  /// not be let in is sent away.
  void review();

 private:
  struct Listener;
  struct Mailbox;  // outlives the loop where an answer is still on its way

  bool admit() override;
  void ask(Visit& visit, tls::OperationId id, std::shared_ptr<const tls::Operation> operation) override;
  void ended(const Visit& visit, const tls::Result<void>& result) override;

  void wait();
  void accept(Listener& listener);
  void rest(Listener& listener);
  void wake_listeners(Time now);
  void welcome(int fd, std::string_view address);
  template <class Serve>
  void serve(Visit& visit, Serve&& what);
  void take_answers();
  void sweep(Time now);
  void close_doors();
  void say_goodbye();
  void review_guests();
  void remove(Visit& visit);
  [[nodiscard]] Time sweep_due() const;
  [[nodiscard]] int patience() const;

  House& house_;
  std::function<void()> full_;
  Descriptor epoll_;
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  struct Guest {
    std::unique_ptr<Visit> visit;
    std::uint32_t interest = 0;
  };
  std::unordered_map<Visit*, Guest> guests_;
  std::unordered_map<std::uint64_t, Visit*> asking_;  // by the number of the question
  std::uint64_t questions_ = 0;
  Workshop shop_;
  Time first_deadline_ = Time::max(), last_sweep_{};
  bool doors_closed_ = false, said_goodbye_ = false;
  std::atomic<bool> review_due_ = false;
};

}  // namespace sallyport::cli
