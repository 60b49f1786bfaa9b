// The session cache of one process: bounded memory, split into shards, look-ups without a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "tls/session.h"

namespace tls {

/// Which session the cache drops when it is full.
enum class Eviction : std::uint8_t {
  fifo,   ///< the oldest
  lru,    ///< the one unused for the longest time: a hit moves a session to the front, under a lock
  sieve,  ///< the oldest that was not used since the hand last passed it (Zhang et al., NSDI 2024); a hit sets a bit
};

struct SessionCacheOptions {
  std::size_t entries = 20'480;  ///< the most sessions: 1 to 2^28
  std::size_t bytes = 0;         ///< the bytes to allocate; 0: as many as `entries` TLS 1.2 sessions take
  /// The most bytes of notes (clients' certificates, application data) beside that. They are allocated as they arrive.
  /// Sessions of one client share the memory of notes, which counts for each of them. If the room is used up, the
  /// oldest sessions with notes are dropped. Each shard has an equal part of the room; a session whose notes do not fit
  /// that part is not stored.
  std::size_t notes = std::size_t{16} << 20;
  std::size_t shards = 16;  ///< 1 to 1024, at most one per session: each has a lock and an equal part of the room
  /// Default: SIEVE. Of the three it has the highest hit ratio in each of 24 traces and sizes (`sallyport bench
  /// cache`). For 100,000 clients that return with a Zipf distribution of exponent 0.9, a cache for 5% of them hits 59%
  /// (LRU 51%, FIFO 47%), and 37% (LRU 30%, FIFO 27%) if every third client comes a single time.
  Eviction eviction = Eviction::sieve;
};

/// Returns the number of bytes that memory_session_cache() allocates, without the notes.
[[nodiscard]] std::size_t session_cache_memory(const SessionCacheOptions& options) noexcept;

/// Makes a cache whose memory is allocated in this call: 128 bytes for a state of up to 128 bytes (all states of TLS
/// 1.2), 192 for a longer one, and 60 to 64 bytes of index per session. States are wiped when they are removed,
/// replaced, taken or evicted. Expired states are wiped when they are looked up, or at the latest after as many put()
/// calls as there is room for sessions. Looking up a session with notes takes the lock of its shard; looking up any
/// other session takes none. The states are kept out of core dumps, and out of swap as far as RLIMIT_MEMLOCK allows.
/// Because clients choose IDs, the index hashes them by SipHash under a key drawn from `random`, which is used during
/// this call alone. Fails with bad_config if an option is out of range or memory runs out.
[[nodiscard]] Result<std::shared_ptr<SessionCache>> memory_session_cache(const SessionCacheOptions& options = {},
                                                                         Random& random = system_random());

}  // namespace tls
