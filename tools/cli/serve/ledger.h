// What a server tells of its visitors, and how it ends because of them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/serve/visit.h"
#include "cli/server_lines.h"
#include "cli/tls_options.h"
#include "tls/session.h"

namespace sallyport::cli {

/// Thread-safe.
class Ledger {
 public:
  /// `accept`: how many visitors are served; 0: any number. `guard`: whose counts are told; null: there is none.
  /// `options` must outlive this.
  Ledger(const TlsOptions& options, std::uint64_t accept, bool json,
         std::shared_ptr<const tls::ReplayGuard> guard = nullptr)
      : options_(options), accept_(accept), json_(json), guard_(std::move(guard)) {}

  /// A visitor has said something: whether it is among those that are served. One that leaves without a word, as
  /// browsers' spare connections and probes of ports do, takes nobody's place.
  bool admit() { return !ended_ && (accept_ == 0 || admitted_.fetch_add(1) < accept_); }
  /// Nobody is admitted any more.
  [[nodiscard]] bool full() const { return ended_ || (accept_ != 0 && admitted_ >= accept_); }
  /// The server ends: it is full from now on.
  void end() { ended_ = true; }
  [[nodiscard]] bool ended() const { return ended_; }
  /// The lines of one visit that is over.
  void enter(const Visit& visit, const tls::Result<void>& result);
  /// A sentence that belongs to no visit.
  void say(const std::string& words);
  /// Visitors cannot be let in, for want of descriptors most likely: said once a minute at most.
  void say_no_entry(int error_number);
  /// What the replay guard has counted so far; nothing without one.
  [[nodiscard]] std::optional<tls::ReplayCounts> claims() const { return guard_ ? guard_->counts() : std::nullopt; }
  /// Of the program: that of the last visit that failed, where the number of visitors was given.
  [[nodiscard]] int status() const { return status_; }

 private:
  void explain_end(const Visit& visit, const Visitor& visitor, const tls::Error& error);

  const TlsOptions& options_;
  const std::uint64_t accept_;
  const bool json_;
  const std::shared_ptr<const tls::ReplayGuard> guard_;
  std::atomic<std::uint64_t> admitted_ = 0;
  std::atomic<bool> ended_ = false;
  std::atomic<int> status_ = kDone;
  std::mutex printing_;
  std::optional<std::chrono::steady_clock::time_point> no_entry_said_;
};

}  // namespace sallyport::cli
