// Stores, a sealer and a guard that a test sees into: maps and sets, no keys and no clocks of their own.
#pragma once

#include <map>
#include <set>
#include <string>

#include "session/client_state.h"
#include "session/state.h"
#include "tls/session.h"

namespace tls::test {

/// A client's store: the newest session of each key first.
struct SessionMap final : ClientSessionStore {
  std::map<SessionKey, std::vector<ClientSession>> kept;
  std::size_t puts = 0, takes = 0, removals = 0;
  void put(const SessionKey& key, ClientSession session) override {
    ++puts;
    kept[key].push_back(std::move(session));
  }
  std::optional<ClientSession> take(const SessionKey& key, Clock::Milliseconds now) override {
    ++takes;
    const auto found = kept.find(key);
    if (found == kept.end()) return std::nullopt;
    auto& list = found->second;
    while (!list.empty() && list.back().expires() <= now) list.pop_back();
    if (list.empty()) return std::nullopt;
    ClientSession best = list.back();
    if (best.single_use()) list.pop_back();
    return best;
  }
  void remove(const SessionKey& key) override {
    ++removals;
    kept.erase(key);
  }
  [[nodiscard]] std::size_t size() const {
    std::size_t n = 0;
    for (const auto& [key, list] : kept) n += list.size();
    return n;
  }
};

}  // namespace tls::test
