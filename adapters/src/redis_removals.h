// Removals that the store has yet to hear of. A session that was removed must not come back (RFC 5246 §7.2.2), even if
// the store still has it: until it has confirmed the removal, what it says of the session is not believed.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tls::redis {

/// Thread-safe.
class Removals {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMost = 65'536;                  // that wait; beyond them nothing is believed
  static constexpr std::size_t kAtOnce = 256;                   // that are told to the store in one go
  static constexpr std::chrono::seconds kLongestLife{604'800};  // of a session: for how long a removal matters
  static constexpr std::chrono::seconds kSweep{60};             // between two walks over all when there are too many

  /// A session that the store has, and that may be removed some day, lives for `life` from `now` on, and for
  /// kLongestLife at most.
  void kept(std::chrono::seconds life, Time now) {
    const std::scoped_lock lock(mutex_);
    last_end_ = std::max(last_end_, now + std::min(life, kLongestLife));
  }
  /// `key`, of a session that was kept(), was removed at `now`. If there are too many, nothing that the store has is
  /// believed until all that were kept() have ended.
  void add(const std::string& key, Time now) {
    const std::scoped_lock lock(mutex_);
    if (keys_.size() >= kMost && now >= sweep_at_) {
      std::erase_if(keys_, [&](const auto& entry) { return entry.second.until <= now; });
      sweep_at_ = now + kSweep;
    }
    if (keys_.size() >= kMost && !keys_.contains(key)) {
      unsure_until_ = last_end_;
      return;
    }
    if (const auto known = keys_.find(key); known != keys_.end()) {
      known->second = {now + kLongestLife, true};
      return;
    }
    keys_.emplace(key, Entry{now + kLongestLife, false});
    queue(key);
  }
  /// One could not be added: nothing that the store has is believed until all that were kept() have ended.
  void lost() noexcept {
    const std::scoped_lock lock(mutex_);
    unsure_until_ = last_end_;
  }
  /// Some that to_send() gave, or that failed(), may not be among those to be sent: all are sent once more.
  void send_all_again() noexcept {
    const std::scoped_lock lock(mutex_);
    track_lost_ = true;
  }
  /// For how long nothing that the store has is believed, since some removals could not be kept: 0 if all were.
  [[nodiscard]] std::chrono::seconds unsure_for(Time now) const {
    const std::scoped_lock lock(mutex_);
    return now < unsure_until_ ? std::chrono::ceil<std::chrono::seconds>(unsure_until_ - now) : std::chrono::seconds(0);
  }
  /// Whether the store's answer about `key` must not be believed.
  [[nodiscard]] bool covers(const std::string& key, Time now) const {
    const std::scoped_lock lock(mutex_);
    return now < unsure_until_ || keys_.contains(key);
  }
  /// Some of those that the store should be told: each once, until its answer is confirmed() or failed().
  [[nodiscard]] std::vector<std::string> to_send() {
    const std::scoped_lock lock(mutex_);
    if (track_lost_) {
      unsent_.clear();
      for (const auto& entry : keys_) unsent_.push_back(entry.first);
      track_lost_ = false;
    }
    const auto first = unsent_.end() - static_cast<std::ptrdiff_t>(std::min(unsent_.size(), kAtOnce));
    std::vector<std::string> out(std::make_move_iterator(first), std::make_move_iterator(unsent_.end()));
    unsent_.erase(first, unsent_.end());
    std::erase_if(out, [&](const std::string& key) { return !keys_.contains(key); });
    return out;
  }
  /// The store has heard of one removal of `key`. Where it was removed once more meanwhile it may have been put in
  /// between: the store is told again.
  void confirmed(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    const auto known = keys_.find(key);
    if (known == keys_.end()) return;
    if (!std::exchange(known->second.again, false)) {
      keys_.erase(known);
      return;
    }
    queue(key);
  }
  void failed(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    if (!keys_.contains(key) || track_lost_) return;
    track_lost_ = true;
    unsent_.insert(unsent_.begin(), key);
    track_lost_ = false;
  }
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return keys_.size();
  }

 private:
  struct Entry {
    Time until;          // when the removal no longer matters
    bool again = false;  // removed once more since the store was told
  };
  /// To be told to the store. The lock is held.
  void queue(const std::string& key) {
    if (track_lost_) return;
    track_lost_ = true;  // unless the next line is reached
    unsent_.push_back(key);
    track_lost_ = false;
  }

  mutable std::mutex mutex_;
  std::map<std::string, Entry> keys_;
  std::deque<std::string> unsent_;
  bool track_lost_ = false;      // of what is unsent: memory ran out in the middle
  Time sweep_at_ = Time::min();  // when it is worth looking for removals that no longer matter
  Time last_end_ = Time::min();  // of the sessions that were kept
  Time unsure_until_ = Time::min();
};

}  // namespace tls::redis
