// The replay guard of one process: fixed memory, no lock, no token forgotten before its time (docs/anti-replay.md).
#pragma once

#include <cstdint>
#include <memory>

#include "tls/session.h"

namespace tls {

struct ReplayGuardOptions {
  /// That of the servers that use the guard, see ServerConfig's early_data(): 1 to 60000 ms. It must be the same for
  /// all of them, since it is part of a token's expiry, under which the guard looks for it. A token can be claimed up
  /// to twice this long before it expires; what expires later is `unavailable`.
  Clock::Milliseconds window{10'000};
  /// First flights with early data that are remembered, each second of their expected arrival: 1 to 10 million. What
  /// comes above that is `unavailable`.
  std::uint32_t tokens_per_second = 10'000;
};

/// What local_replay_guard() allocates, in bytes: 10.3 for each of the 2 * window * tokens_per_second tokens that
/// it can hold, and 70 KB; for 10 s and 100,000 tokens/s 20.7 MB, for the defaults 2.1 MB.
[[nodiscard]] std::size_t replay_guard_memory(const ReplayGuardOptions& options) noexcept;

/// A guard for the connections of one process. claim() answers at once, from any thread, without a lock; threads share
/// the cell of the token and a clock's word that changes every millisecond. The epoch is drawn from `random`: another
/// guard, so also one after a restart, refuses early data of tickets that this one has stamped. It works for 2^32
/// revolutions of its memory (about 2.06 windows each: 2,800 years at 10 s), then every answer is `unavailable`. Of
/// this process alone, not of its forks, which would forget what the others let through: in a fork stamp() gives
/// nothing and every claim is `unavailable`. Make the guard after forking. It does not see that a running virtual
/// machine was copied or set back to a snapshot (docs/anti-replay.md): restart the process then. `random` is used in
/// this call alone; `clock` must outlive the guard, and must be thread-safe if the guard is shared. Fails with
/// bad_config when an option is out of range or there is not the memory.
// test: session: a fork has a memory of its own, so it stamps and lets through nothing
[[nodiscard]] Result<std::shared_ptr<ReplayGuard>> local_replay_guard(const ReplayGuardOptions& options = {},
                                                                      Random& random = system_random(),
                                                                      const Clock& clock = system_clock());

}  // namespace tls
