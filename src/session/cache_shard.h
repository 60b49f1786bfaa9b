// A part of the session cache: a hash table, a queue for eviction, and memory that does not grow.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "tls/session_cache.h"

namespace tls::session {

/// A keyed hash of the ID, which stands for it.
using CacheId = std::array<std::uint64_t, 2>;

/// States lie in granules: two for TLS 1.2's, three at most.
using Granule = std::array<std::atomic<std::uint64_t>, 8>;
inline constexpr std::size_t kGranules = SessionState::kMax / sizeof(Granule);
static_assert(sizeof(Granule) == 64 && kGranules * sizeof(Granule) == SessionState::kMax);

/// Thread-safe. Writers hold the mutex. Readers of a FIFO or SIEVE shard first try without: they read what may be
/// changing under their eyes (atomics, so that this is no race), and believe it only if the version, which writers make
/// odd while they write, was even and is the same afterwards (a seqlock). Links always lead to entries that exist, and
/// a walk is bounded, so that a reader who is misled comes to an end; then it takes the mutex. So it does for a session
/// with notes, which are counted objects and cannot be copied under a writer's eyes.
class CacheShard {
 public:
  /// Room for `entries` states in `granules`, which must outlive the shard and are all zero, and for so many bytes of
  /// `notes`, as memory_of() has them.
  CacheShard(std::size_t entries, std::span<Granule> granules, std::size_t notes, Eviction eviction);
  /// Bytes that a shard of so many entries allocates for its index.
  [[nodiscard]] static std::size_t index_size(std::size_t entries) noexcept;

  void put(const CacheId& id, const SessionState& state, std::int64_t now, std::int64_t expires);
  [[nodiscard]] std::optional<SessionState> find(const CacheId& id, std::int64_t now);
  [[nodiscard]] std::optional<SessionState> take(const CacheId& id, std::int64_t now);
  void remove(const CacheId& id);

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xFFFFFFFF, kLost = 0xFFFFFFFE;

  /// One session. What readers without the mutex look at is atomic.
  struct Entry {
    std::array<std::atomic<std::uint64_t>, 2> id{};
    std::atomic<std::int64_t> expires{};             ///< milliseconds
    std::atomic<Index> next = kNone;                 ///< in the bucket; of a free entry: the next free one
    std::array<std::atomic<Index>, kGranules> at{};  ///< granules
    Index newer = kNone, older = kNone;              ///< in the queue
    std::atomic<std::uint8_t> size = 0;              ///< bytes of state; 0: the entry is free
    std::atomic<bool> visited = false;               ///< SIEVE's bit
    std::atomic<bool> noted = false;                 ///< it has notes: see noted_
  };
  /// Notes of an entry, in a queue of their own: when room for notes is short only sessions that have some go.
  struct Noted {
    SessionNotesPtr notes;
    std::size_t size = 0;  ///< bytes that they count for
    Index newer = kNone, older = kNone;
  };
  enum class Glance { found, absent, expired, disturbed };

  class Writing;
  Glance glance(const CacheId& id, std::int64_t now, SessionState& out);
  [[nodiscard]] Index bucket(const CacheId& id) const noexcept { return static_cast<Index>(id[1] & mask_); }
  /// kNone: it is not here. kLost: not found after so many hops.
  [[nodiscard]] Index lookup(const CacheId& id, std::size_t max_hops = kLost) const noexcept;
  void copy(const Entry& entry, SessionState& out) const noexcept;
  void copy_whole(Index i, SessionState& out) const;  ///< with the notes; under the mutex
  void fill(Entry& entry, Bytes state) noexcept;
  void keep_notes(Index i, SessionNotesPtr notes, std::size_t size);
  void drop_notes(Index i) noexcept;
  void link(Index i) noexcept;    ///< puts it in front of the queue
  void unlink(Index i) noexcept;  ///< takes it out of the queue
  [[nodiscard]] Index victim() noexcept;
  void drop(Index i) noexcept;
  void sweep(std::int64_t now) noexcept;

  std::mutex mutex_;
  alignas(64) std::atomic<std::uint64_t> version_ = 0;
  const Eviction eviction_;
  const std::span<Granule> granules_;
  const std::uint64_t mask_;
  std::vector<std::atomic<Index>> buckets_;
  std::vector<Entry> entries_;
  std::vector<Index> free_granules_;
  std::unordered_map<Index, Noted> noted_;
  Index newest_noted_ = kNone, oldest_noted_ = kNone;
  std::size_t notes_size_ = 0;  ///< of all of noted_
  const std::size_t max_notes_;
  Index free_ = kNone;  ///< the first free entry
  Index newest_ = kNone, oldest_ = kNone;
  Index hand_ = kNone;  ///< SIEVE's: where the search for a victim goes on; none: at the oldest
  Index swept_ = 0;     ///< where the search for expired sessions goes on
};

}  // namespace tls::session
