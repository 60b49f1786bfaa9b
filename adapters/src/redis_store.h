// Behind RedisStore: what its thread and its users share, and the three things that it gives.
#pragma once

#include <atomic>
#include <mutex>

#include "edge.h"
#include "redis_memory.h"
#include "redis_removals.h"
#include "tls/adapters/redis.h"
#include "warnings.h"

namespace tls {

/// Lives as long as any answer that is under way, and so longer than the store.
struct RedisShared {
  explicit RedisShared(RedisOptions o)
      : options(std::move(o)), sentinel_key(options.prefix + "epoch"), warnings(options.warning) {}

  /// The memory, if it can be relied on at `at`.
  [[nodiscard]] std::optional<redis::Memory> usable(redis::Time at) const;
  void looked(redis::Connection& connection, const redis::Reply& reply, redis::Time asked);
  void look(redis::Connection& connection, const std::shared_ptr<RedisShared>& self);
  void lost(std::string_view why);
  [[nodiscard]] redis::Time now() const noexcept { return redis::now_by(options.clock); }
  void warn(std::string_view kind, std::string_view why);
  void warn_of_memory(const redis::Judgement& judgement);

  /// Tells the store of removals that it has not confirmed.
  static void send_removals(const std::shared_ptr<RedisShared>& self, redis::Connection& connection);

  /// Asks for the ticket master, when it is time and somebody wants it.
  static void fetch_master(const std::shared_ptr<RedisShared>& self, redis::Connection& connection);
  void take_master(const redis::Reply& reply);

  const RedisOptions options;
  const std::string sentinel_key;
  redis::Removals removals;

  mutable std::mutex mutex;  // of the five below; held for a few copies
  std::optional<redis::Memory> memory;
  std::uint64_t stamped_epoch = 0;
  std::int64_t stamped = 0;                                  // the last time that a stamp was given
  std::vector<std::weak_ptr<RotatingTicketKeys>> followers;  // of the master
  bool master_wanted = false;                                // by a new follower

  std::atomic<bool> guarding{false};  // somebody relies on the memory
  bool looking = false;               // the thread's
  bool in_trouble = false;            // the thread's: it was said that there is no connection
  unsigned unanswered = 0;            // the thread's: looks in a row
  bool told = false;                  // the thread's: that early data is refused for a while
  redis::Time next_fetch{};           // the thread's: of the master
  Warnings warnings;                  // the thread's

  struct {
    std::atomic<std::uint64_t> fresh{0}, seen{0}, unavailable{0}, hits{0}, misses{0}, lost{0}, kept{0}, dropped{0},
        errors{0}, epochs{0}, masters{0};
  } counts;
};

/// Who waits for the answer of an operation: told once, whatever happens. Where it is dropped, as when memory runs out
/// on the way, the answer is that of a store that is away.
class RedisWaiter {
 public:
  /// What is said for want of an answer, to operations of that kind. Takes no memory.
  using Unanswered = OperationResult (*)(RedisShared& shared);

  RedisWaiter(std::shared_ptr<RedisShared> shared, Unanswered unanswered)
      : shared_(std::move(shared)), unanswered_(unanswered) {}
  RedisWaiter(const RedisWaiter&) = delete;
  RedisWaiter& operator=(const RedisWaiter&) = delete;
  ~RedisWaiter() {
    if (done_) tell(unanswered_(*shared_));
  }
  void tell_to(std::function<void(OperationResult)>&& done) noexcept { done_ = std::move(done); }
  void tell(OperationResult result) noexcept {
    const std::function<void(OperationResult)> done = std::exchange(done_, nullptr);
    come_what_may([&] { done(std::move(result)); });
  }

 private:
  std::shared_ptr<RedisShared> shared_;
  Unanswered unanswered_;
  std::function<void(OperationResult)> done_;
};
using RedisWaiterPtr = std::shared_ptr<RedisWaiter>;

struct RedisStore::State {
  std::shared_ptr<RedisShared> shared;
  std::unique_ptr<redis::Connection> connection;

  void claim(const ReplayClaim& claim, RedisWaiterPtr waiter);
};

class RedisGuard final : public ReplayGuard {
 public:
  explicit RedisGuard(std::shared_ptr<RedisStore> store) : store_(std::move(store)) {}
  [[nodiscard]] std::optional<Stamp> stamp() const override;
  Answer<ReplayVerdict> claim(const ReplayToken& token, Clock::Milliseconds expiry) override;
  /// Of all guards of the store. What is late is not told apart from what is unavailable.
  [[nodiscard]] std::optional<ReplayCounts> counts() const override;
  [[nodiscard]] const RedisStore* store() const noexcept { return store_.get(); }

 private:
  std::shared_ptr<RedisStore> store_;
};

/// Sessions under their Session ID, sealed. For find() alone: take() refuses.
class RedisSessions final : public SessionCache {
 public:
  RedisSessions(std::shared_ptr<RedisStore> store, std::shared_ptr<TicketSealer> sealer,
                std::shared_ptr<SessionCache> local)
      : store_(std::move(store)), sealer_(std::move(sealer)), local_(std::move(local)) {}
  void put(Bytes id, const SessionState& state, Clock::Milliseconds now, Clock::Milliseconds expires) override;
  Answer<std::optional<SessionState>> find(Bytes id, Clock::Milliseconds now) override;
  Answer<std::optional<SessionState>> take(Bytes id, Clock::Milliseconds now) override;
  void remove(Bytes id) override;
  void look_up(Bytes id, Clock::Milliseconds now, RedisWaiterPtr waiter);
  [[nodiscard]] const RedisStore* store() const noexcept { return store_.get(); }

 private:
  Answer<std::optional<SessionState>> ask(Bytes id) const;
  std::shared_ptr<RedisStore> store_;
  std::shared_ptr<TicketSealer> sealer_;
  std::shared_ptr<SessionCache> local_;
};

class RedisTickets final : public TicketSealer {
 public:
  RedisTickets(std::shared_ptr<RedisStore> store, std::shared_ptr<TicketSealer> sealer)
      : store_(std::move(store)), sealer_(std::move(sealer)) {}
  bool keeps_sessions() const noexcept override { return true; }
  std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds now,
                                 Clock::Milliseconds expires) override;
  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds now) override;
  void redeem(Bytes ticket, Clock::Milliseconds now, RedisWaiterPtr waiter);
  [[nodiscard]] const RedisStore* store() const noexcept { return store_.get(); }

 private:
  std::shared_ptr<RedisStore> store_;
  std::shared_ptr<TicketSealer> sealer_;
};

}  // namespace tls
