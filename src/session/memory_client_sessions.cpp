#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

#include "tls/session_stores.h"

namespace tls {
namespace {

class MemoryClientSessions final : public ClientSessionStore {
 public:
  explicit MemoryClientSessions(ClientSessionLimits limits)
      : limits_{std::max<std::size_t>(1, limits.sessions), std::max<std::size_t>(1, limits.per_key)} {}

  void put(const SessionKey& key, ClientSession session) override {
    const std::scoped_lock lock(mutex_);
    const auto age = ages_.emplace(next_, key).first;
    try {
      sessions_[key].push_front({next_, std::move(session)});
    } catch (...) {  // nothing is kept by halves; a queue without sessions goes with the next take()
      ages_.erase(age);
      throw;
    }
    ++next_;
    Queue& queue = sessions_.find(key)->second;
    while (queue.size() > limits_.per_key) drop_oldest(queue);
    if (ages_.size() > limits_.sessions) {
      const auto oldest = sessions_.find(ages_.begin()->second);
      drop_oldest(oldest->second);
      if (oldest->second.empty()) sessions_.erase(oldest);
    }
  }

  std::optional<ClientSession> take(const SessionKey& key, Clock::Milliseconds now) override {
    const std::scoped_lock lock(mutex_);
    const auto at = sessions_.find(key);
    if (at == sessions_.end()) return std::nullopt;
    Queue& queue = at->second;
    std::optional<ClientSession> best;
    while (!queue.empty() && !best) {
      const bool alive = now < queue.front().session.expires();
      if (alive) best = queue.front().session;
      if (alive && !best->single_use()) break;
      ages_.erase(queue.front().number);
      queue.pop_front();
    }
    if (queue.empty()) sessions_.erase(at);
    return best;
  }

  void remove(const SessionKey& key) override {
    const std::scoped_lock lock(mutex_);
    const auto at = sessions_.find(key);
    if (at == sessions_.end()) return;
    for (const Kept& kept : at->second) ages_.erase(kept.number);
    sessions_.erase(at);
  }

 private:
  struct Kept {
    std::uint64_t number;  // in the order in which they came
    ClientSession session;
  };
  using Queue = std::deque<Kept>;  // newest first

  void drop_oldest(Queue& queue) {
    ages_.erase(queue.back().number);
    queue.pop_back();
  }

  const ClientSessionLimits limits_;
  std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::map<SessionKey, Queue> sessions_;
  std::map<std::uint64_t, SessionKey> ages_;
};

}  // namespace

std::shared_ptr<ClientSessionStore> memory_client_sessions(ClientSessionLimits limits) {
  return std::make_shared<MemoryClientSessions>(limits);
}

}  // namespace tls
