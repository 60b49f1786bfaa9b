// Sessions made up for tests.
#pragma once

#include <algorithm>
#include <array>
#include <string>

#include "session/state.h"
#include "support/environment.h"

namespace tls::test {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Bytes that are not a session, for what does not look inside: `n` of them, told apart by `seed`.
inline SessionState some_state(std::size_t n = 113, std::uint8_t seed = 1) {
  SessionState state;
  const MutableBytes b = state.fill(n);
  for (std::size_t i = 0; i < n; ++i) b[i] = static_cast<std::uint8_t>(seed * 31 + i * 7);
  return state;
}

/// 32 bytes that differ for each `seed` and are not all the same.
inline std::array<std::uint8_t, 32> some_key(std::uint8_t seed) {
  std::array<std::uint8_t, 32> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(seed ^ (i * 5));
  return key;
}

inline bool same(const SessionState& a, const SessionState& b) { return std::ranges::equal(a.expose(), b.expose()); }

/// What a synchronous sealer says: the ticket opened, or nothing.
inline std::optional<OpenedTicket> opened(TicketSealer& sealer, Bytes ticket, milliseconds now) {
  Answer<std::optional<OpenedTicket>> answer = sealer.open(ticket, now);
  if (!answer || !*answer) return std::nullopt;
  return std::move(**answer);
}
inline bool opens(TicketSealer& sealer, Bytes ticket, milliseconds now) {
  return opened(sealer, ticket, now).has_value();
}

}  // namespace tls::test
