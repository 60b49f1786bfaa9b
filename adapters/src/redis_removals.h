// Removals that the store has yet to hear of. A session that was removed must not come back (RFC 5246 §7.2.2), even if
// the store still has it: until it has confirmed the removal, what it says of the session is not believed.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace tls::redis {

/// Thread-safe.
class Removals {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMost = 4096;                    // that wait; beyond them nothing is believed
  static constexpr std::chrono::seconds kLongestLife{604'800};  // of a session: for how long a removal matters

  /// `key` was removed at `now`.
  void add(const std::string& key, Time now) {
    const std::scoped_lock lock(mutex_);
    if (keys_.size() >= kMost) std::erase_if(keys_, [&](const auto& entry) { return entry.second.until <= now; });
    if (keys_.size() < kMost || keys_.contains(key))
      keys_[key].until = now + kLongestLife;
    else
      unsure_until_ = now + kLongestLife;
  }
  /// Whether the store's answer about `key` must not be believed.
  [[nodiscard]] bool covers(const std::string& key, Time now) const {
    const std::scoped_lock lock(mutex_);
    return now < unsure_until_ || keys_.contains(key);
  }
  /// Those that the store should be told: each once, until its answer is confirmed() or failed().
  [[nodiscard]] std::vector<std::string> to_send() {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> out;
    for (auto& [key, entry] : keys_)
      if (!entry.under_way) out.push_back(key), entry.under_way = true;
    return out;
  }
  void confirmed(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    keys_.erase(key);
  }
  void failed(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    if (const auto at = keys_.find(key); at != keys_.end()) at->second.under_way = false;
  }
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return keys_.size();
  }

 private:
  struct Entry {
    Time until{};
    bool under_way = false;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry> keys_;
  Time unsure_until_ = Time::min();
};

}  // namespace tls::redis
