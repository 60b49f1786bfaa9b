// The session cache of one process: bounded memory, sharded, hits without a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "tls/session.h"

namespace tls {

/// Who goes when room is short.
enum class Eviction : std::uint8_t {
  fifo,   ///< the oldest
  lru,    ///< the longest unused: a hit moves a session to the front, under a lock
  sieve,  ///< the oldest that was not used since the hand last came by (Zhang et al., NSDI 2024); a hit sets a bit
};

struct SessionCacheOptions {
  std::size_t entries = 20'480;  ///< sessions, at most: 1 to 2^28
  std::size_t bytes = 0;         ///< that the cache allocates; 0: what `entries` TLS 1.2 sessions take
  /// Bytes of notes (clients' certificates, application data) beside that, at most: as they come, in memory that
  /// sessions of one client share and that counts for each of them. Where they do not suffice the oldest sessions with
  /// notes go. Each shard has its part; a session whose notes do not fit it is not kept.
  std::size_t notes = std::size_t{16} << 20;
  std::size_t shards = 16;  ///< 1 to 1024, at most one per session: each has its own lock and share of the room
  /// SIEVE: of the three it has the highest hit ratio in each of 24 traces and sizes (`sallyport bench cache`). Of
  /// 100,000 clients that come back as Zipf has it with 0.9, a cache of 5% hits 59% (LRU 51%, FIFO 47%), and 37% (30%,
  /// 27%) when every third client comes a single time.
  Eviction eviction = Eviction::sieve;
};

/// What memory_session_cache() allocates, in bytes; notes come on top.
[[nodiscard]] std::size_t session_cache_memory(const SessionCacheOptions& options) noexcept;

/// A cache in memory that is allocated here: 128 bytes for a state of up to 128 (all of TLS 1.2's), 192 for a longer
/// one, and an index of 60 to 64 bytes a session. States are wiped when they are removed, replaced, taken or evicted,
/// and expired ones when they are looked up or, at the latest, after as many put() as there is room for. A session with
/// notes is found under the lock of its shard, all others without. The states are kept out of core dumps, and of swap
/// as far as RLIMIT_MEMLOCK allows. IDs are chosen by clients: they are found by SipHash under a key drawn from
/// `random`, which is used in this call alone. Fails with bad_config when an option is out of range or there is not the
/// memory.
[[nodiscard]] Result<std::shared_ptr<SessionCache>> memory_session_cache(const SessionCacheOptions& options = {},
                                                                         Random& random = system_random());

}  // namespace tls
