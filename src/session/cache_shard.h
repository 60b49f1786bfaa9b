// One part of the session cache: a hash table, a queue for eviction, and memory of fixed size.
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

/// A keyed hash of a session ID. It replaces the ID here.
using CacheId = std::array<std::uint64_t, 2>;

/// States are stored in granules: two for a state of TLS 1.2, at most three.
using Granule = std::array<std::atomic<std::uint64_t>, 8>;
inline constexpr std::size_t kGranules = SessionState::kMax / sizeof(Granule);
static_assert(sizeof(Granule) == 64 && kGranules * sizeof(Granule) == SessionState::kMax);

/// Thread-safe. Writers hold the mutex. Readers of a FIFO or SIEVE shard first try without it (a seqlock). They read
/// data that may change at the same time, which is not a race because it is atomic. They use the result only if the
/// version was even before and is the same afterwards. Writers make the version odd while they write. Links always lead
/// to entries that exist, and a walk is bounded, so a reader that follows inconsistent links comes to an end. It then
/// takes the mutex. A reader also takes the mutex for a session with notes: notes are reference-counted objects, and
/// cannot be copied while a writer may change them.
class CacheShard {
 public:
  /// Makes room for `entries` states in `granules`, and for `notes` bytes of notes, as memory_of() counts them.
  /// `granules` must be all zero and must outlive the shard.
  CacheShard(std::size_t entries, std::span<Granule> granules, std::size_t notes, Eviction eviction);
  /// Returns the bytes that a shard with so many entries allocates for its index.
  [[nodiscard]] static std::size_t index_size(std::size_t entries) noexcept;

  void put(const CacheId& id, const SessionState& state, std::int64_t now, std::int64_t expires);
  [[nodiscard]] std::optional<SessionState> find(const CacheId& id, std::int64_t now);
  [[nodiscard]] std::optional<SessionState> take(const CacheId& id, std::int64_t now);
  void remove(const CacheId& id);

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xFFFFFFFF, kLost = 0xFFFFFFFE;

  /// One session. The members that readers access without the mutex are atomic.
  struct Entry {
    std::array<std::atomic<std::uint64_t>, 2> id{};
    std::atomic<std::int64_t> expires{};  ///< milliseconds
    std::atomic<Index> next = kNone;      ///< the next entry of the bucket. For a free entry: the next free one
    std::array<std::atomic<Index>, kGranules> at{};  ///< granules
    Index newer = kNone, older = kNone;              ///< in the queue
    std::atomic<std::uint8_t> size = 0;              ///< bytes of state. 0: the entry is free
    std::atomic<bool> visited = false;               ///< SIEVE's bit
    std::atomic<bool> noted = false;                 ///< it has notes, which are in noted_
  };
  /// The notes of an entry. They have their own queue: if memory for notes is short, only sessions with notes are
  /// evicted.
  struct Noted {
    SessionNotesPtr notes;
    std::size_t size = 0;  ///< bytes that these notes count
    Index newer = kNone, older = kNone;
  };
  enum class Glance { found, absent, expired, disturbed };

  class Writing;
  Glance glance(const CacheId& id, std::int64_t now, SessionState& out);
  [[nodiscard]] Index bucket(const CacheId& id) const noexcept { return static_cast<Index>(id[1] & mask_); }
  /// kNone: the session is not here. kLost: not found after `max_hops` hops.
  [[nodiscard]] Index lookup(const CacheId& id, std::size_t max_hops = kLost) const noexcept;
  void copy(const Entry& entry, SessionState& out) const noexcept;
  void copy_whole(Index i, SessionState& out) const;  ///< with the notes. Requires the mutex
  void fill(Entry& entry, Bytes state) noexcept;
  void keep_notes(Index i, SessionNotesPtr notes, std::size_t size);
  void drop_notes(Index i) noexcept;
  void link(Index i) noexcept;    ///< inserts it at the front of the queue
  void unlink(Index i) noexcept;  ///< removes it from the queue
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
  std::size_t notes_size_ = 0;  ///< sum over noted_
  const std::size_t max_notes_;
  Index free_ = kNone;  ///< the first free entry
  Index newest_ = kNone, oldest_ = kNone;
  Index hand_ = kNone;  ///< SIEVE: where the search for a victim continues. kNone: at the oldest entry
  Index swept_ = 0;     ///< where the search for expired sessions continues
};

}  // namespace tls::session
