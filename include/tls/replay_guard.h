// The replay guard of one process. It takes fixed memory and no lock, and keeps every token until it expires
// (docs/anti-replay.md).
#pragma once

#include <cstdint>
#include <memory>

#include "tls/session.h"

namespace tls {

struct ReplayGuardOptions {
  /// The window of the servers that use the guard, see ServerConfig::Builder::early_data(): 1 to 60000 ms. It must be
  /// the same for all of them, because it is part of a token's expiry, by which the guard looks the token up. A token
  /// can be claimed up to twice this long before it expires; a token that expires later is `unavailable`.
  Clock::Milliseconds window{10'000};
  /// The number of first flights with early data that the guard remembers for each second of their expected arrival: 1
  /// to 10 million. Further ones are `unavailable`.
  std::uint32_t tokens_per_second = 10'000;
};

/// Returns the number of bytes that local_replay_guard() allocates: 10.3 for each of the 2 * window * tokens_per_second
/// tokens that it can hold, plus 70 KB. That is 20.7 MB for 10 s and 100,000 tokens/s, and 2.1 MB for the defaults.
[[nodiscard]] std::size_t replay_guard_memory(const ReplayGuardOptions& options) noexcept;

/// Makes a guard for the connections of one process. claim() answers immediately, in any thread, without a lock.
/// Threads share the cell of the token and one word with the time, which changes every millisecond. counts() is exact,
/// and any thread may call it. Up to 16 threads count separately.
///
/// The epoch is drawn from `random`. A new guard, for example after a restart, therefore rejects early data of tickets
/// that another guard has stamped. The guard works for 2^32 revolutions of its memory (about 2.06 windows each: 2,800
/// years at 10 s); afterwards every verdict is `unavailable`.
///
/// The guard belongs to this process and not to its forks, which would not know what the others have accepted. In a
/// fork stamp() returns no value, and every claim is `unavailable`. Make the guard after forking. It does not detect
/// that a running virtual machine was copied or reset to a snapshot (docs/anti-replay.md): restart the process then.
///
/// `random` is used during this call alone. `clock` must outlive the guard, and must be thread-safe if the guard is
/// shared. Fails with bad_config if an option is out of range or memory runs out.
// test: session: a fork has a memory of its own, so it stamps and lets through nothing
[[nodiscard]] Result<std::shared_ptr<ReplayGuard>> local_replay_guard(const ReplayGuardOptions& options = {},
                                                                      Random& random = system_random(),
                                                                      const Clock& clock = system_clock());

}  // namespace tls
