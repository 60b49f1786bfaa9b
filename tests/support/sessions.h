// Stores of sessions that a test looks into: everything is kept, nothing is evicted, answers come at once or later.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tls/session.h"

namespace tls::test {

/// A server's cache.
struct Drawer final : SessionCache {
  struct Entry {
    SessionState state;
    Clock::Milliseconds expires;
  };
  std::map<std::vector<std::uint8_t>, Entry> kept;
  bool later = false;         ///< find() leaves the answer to complete()
  bool out_of_reach = false;  ///< find() answers with an Error
  std::size_t asked = 0;

  void put(Bytes id, const SessionState& state, Clock::Milliseconds, Clock::Milliseconds expires) override {
    kept[{id.begin(), id.end()}] = {state.clone(), expires};
  }
  Result<std::optional<SessionState>> look(Bytes id) {
    if (out_of_reach) return fail(Code::transport_failed, "as the test demands");
    const auto at = kept.find({id.begin(), id.end()});
    if (at == kept.end()) return std::nullopt;
    return at->second.state.clone();
  }
  Answer<std::optional<SessionState>> find(Bytes id, Clock::Milliseconds) override {
    ++asked;
    return later ? std::nullopt : Answer<std::optional<SessionState>>(look(id));
  }
  Answer<std::optional<SessionState>> take(Bytes id, Clock::Milliseconds now) override {
    auto found = find(id, now);
    remove(id);
    return found;
  }
  void remove(Bytes id) override { kept.erase({id.begin(), id.end()}); }
};

/// Tickets that name what they stand for.
struct Stamper final : TicketSealer {
  std::map<std::vector<std::uint8_t>, SessionState> made;
  bool later = false, out_of_reach = false;
  bool renew = false;     ///< every ticket that opens is to be replaced
  bool empty = false;     ///< no ticket can be made
  std::size_t size = 16;  ///< bytes of a ticket

  std::vector<std::uint8_t> seal(const SessionState& state, Random& random, Clock::Milliseconds,
                                 Clock::Milliseconds) override {
    if (empty) return {};
    std::vector<std::uint8_t> ticket(size);
    random.fill(ticket);
    made[ticket] = state.clone();
    return ticket;
  }
  Result<std::optional<OpenedTicket>> look(Bytes ticket) {
    if (out_of_reach) return fail(Code::transport_failed, "as the test demands");
    const auto at = made.find({ticket.begin(), ticket.end()});
    if (at == made.end()) return std::nullopt;
    return OpenedTicket{at->second.clone(), renew};
  }
  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds) override {
    return later ? std::nullopt : Answer<std::optional<OpenedTicket>>(look(ticket));
  }
};

/// A client's store: the last session of each key.
struct Pocket final : ClientSessionStore {
  std::map<SessionKey, ClientSession> kept;
  std::size_t puts = 0;

  void put(const SessionKey& key, ClientSession session) override {
    ++puts;
    kept.insert_or_assign(key, std::move(session));
  }
  std::optional<ClientSession> take(const SessionKey& key, Clock::Milliseconds) override {
    const auto at = kept.find(key);
    if (at == kept.end()) return std::nullopt;
    ClientSession session = at->second;
    if (session.single_use()) kept.erase(at);
    return session;
  }
  void remove(const SessionKey& key) override { kept.erase(key); }
};

}  // namespace tls::test
