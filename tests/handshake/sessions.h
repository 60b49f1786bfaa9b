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

namespace tls::test {

/// Tickets are numbers, states are kept beside them; what a test changes or forges is unknown.
struct TicketMap final : TicketSealer {
  std::map<std::vector<std::uint8_t>, SessionState> states;
  std::size_t opened = 0;
  bool later = false;  ///< answers come by complete()
  bool fails = false;  ///< every answer is an Error
  bool renew = false;  ///< every ticket that opens is to be replaced
  bool keeps = false;  ///< it says that sessions stay with it
  bool keeps_sessions() const noexcept override { return keeps; }
  std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds,
                                 Clock::Milliseconds) override {
    std::vector<std::uint8_t> ticket(32);
    random.fill(ticket);
    states[ticket] = state.clone();
    return ticket;
  }
  Result<std::optional<OpenedTicket>> answer(Bytes ticket) {
    ++opened;
    if (fails) return fail(Code::operation_failed, "as the test demands");
    const auto found = states.find({ticket.begin(), ticket.end()});
    if (found == states.end()) return std::optional<OpenedTicket>();
    return std::optional(OpenedTicket{found->second.clone(), renew});
  }
  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds) override {
    if (later) return std::nullopt;
    return answer(ticket);
  }
  /// Changes the session behind every ticket.
  void change(void (*how)(session::State&)) {
    for (auto& [ticket, kept] : states) {
      auto state = session::State::decode(kept);
      how(*state);
      kept = state->encode();
    }
  }
};

/// Remembers every token for ever, by the test's clock.
struct TokenSet final : ReplayGuard {
  const Clock* clock;
  std::set<std::array<std::uint8_t, 16>> tokens;
  std::uint64_t epoch = 7;
  bool down = false, later = false, fails = false;
  std::optional<ReplayVerdict> always;
  std::vector<Clock::Milliseconds> expiries;
  explicit TokenSet(const Clock& c) : clock(&c) {}
  std::optional<Stamp> stamp() const override {
    if (down) return std::nullopt;
    return Stamp{epoch, clock->monotonic()};
  }
  Result<ReplayVerdict> answer(const ReplayToken& token, Clock::Milliseconds expiry) {
    expiries.push_back(expiry);
    if (fails) return fail(Code::operation_failed, "as the test demands");
    if (always) return *always;
    return tokens.insert(token.bytes).second ? ReplayVerdict::fresh : ReplayVerdict::seen;
  }
  Answer<ReplayVerdict> claim(const ReplayToken& token, Clock::Milliseconds expiry) override {
    if (later) return std::nullopt;
    return answer(token, expiry);
  }
};

}  // namespace tls::test
