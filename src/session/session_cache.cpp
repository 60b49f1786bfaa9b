#include "tls/session_cache.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <new>
#include <string>

#include "base/exceptions.h"
#include "base/limits.h"
#include "base/locked_memory.h"
#include "session/cache_shard.h"
#include "session/siphash.h"

namespace tls {
namespace {

using session::CacheId;
using session::CacheShard;
using session::Granule;

/// What every shard has room for.
struct Room {
  std::size_t shards = 0, entries = 0, granules = 0;
  [[nodiscard]] std::size_t shard_size() const noexcept {
    return CacheShard::index_size(entries) + granules * (sizeof(Granule) + sizeof(std::uint32_t));
  }
};

/// Memory for states.
class LockedGranules {
 public:
  explicit LockedGranules(std::size_t count) {
    auto memory = LockedMemory::make(count * sizeof(Granule));
    if (!memory) throw std::bad_alloc();
    memory_ = std::move(*memory);
    // Relaxed atomics without destructors: the pages' zeros are what their constructors would write.
    static_assert(std::is_trivially_destructible_v<Granule>);
    granules_ = {new (memory_.bytes().data()) Granule[count], count};
  }
  std::span<Granule> part(std::size_t at, std::size_t count) { return granules_.subspan(at, count); }

 private:
  LockedMemory memory_;
  std::span<Granule> granules_;
};

class MemorySessionCache final : public SessionCache {
 public:
  MemorySessionCache(const Room& room, std::size_t notes, Eviction eviction, Random& random)
      : granules_(room.shards * room.granules) {
    random.fill(key_);
    for (std::size_t s = 0; s < room.shards; ++s)
      shards_.emplace_back(room.entries, granules_.part(s * room.granules, room.granules), notes / room.shards,
                           eviction);
  }
  ~MemorySessionCache() override { wipe(key_); }

  void put(Bytes id, const SessionState& state, Clock::Milliseconds now, Clock::Milliseconds expires) override {
    const CacheId hash = hash_of(id);
    shard(hash).put(hash, state, now.count(), expires.count());
  }
  Answer<std::optional<SessionState>> find(Bytes id, Clock::Milliseconds now) override {
    const CacheId hash = hash_of(id);
    return shard(hash).find(hash, now.count());
  }
  Answer<std::optional<SessionState>> take(Bytes id, Clock::Milliseconds now) override {
    const CacheId hash = hash_of(id);
    return shard(hash).take(hash, now.count());
  }
  void remove(Bytes id) override {
    const CacheId hash = hash_of(id);
    shard(hash).remove(hash);
  }

 private:
  /// 128 bits under a key of our own: nobody can choose IDs that meet.
  [[nodiscard]] CacheId hash_of(Bytes id) const noexcept { return session::siphash128(key_, id); }
  [[nodiscard]] CacheShard& shard(const CacheId& hash) noexcept {
    return shards_[static_cast<std::size_t>((hash[0] >> 32) * shards_.size() >> 32)];
  }

  session::SipKey key_{};
  LockedGranules granules_;
  std::deque<CacheShard> shards_;  // they do not move
};

/// No entries: the bytes do not suffice for one session in each shard.
Room room(const SessionCacheOptions& options) noexcept {
  constexpr std::size_t kShort = 2;  // granules of a TLS 1.2 session
  const std::size_t bytes = options.bytes - std::min(options.bytes, sizeof(MemorySessionCache));
  Room r{.shards = std::min(options.shards, options.entries), .entries = 0, .granules = 0};
  const auto fits = [&](std::size_t entries, std::size_t granules) {
    return options.bytes == 0 || Room{1, entries, granules}.shard_size() <= bytes / r.shards;
  };
  std::size_t low = 0, high = options.entries / r.shards;  // the most entries that fit
  while (low < high) {
    const std::size_t middle = (low + high + 1) / 2;
    if (fits(middle, kShort * middle))
      low = middle;
    else
      high = middle - 1;
  }
  r.entries = low;
  r.granules = kShort * low;
  if (options.bytes != 0 && low != 0) {  // what is left goes to long states
    const std::size_t more = (bytes / r.shards - r.shard_size()) / (sizeof(Granule) + sizeof(std::uint32_t));
    r.granules = std::min(r.granules + more, session::kGranules * low);
  }
  return r;
}

}  // namespace

std::size_t session_cache_memory(const SessionCacheOptions& options) noexcept {
  const Room r = room(options);
  return sizeof(MemorySessionCache) + r.shards * r.shard_size();
}

Result<std::shared_ptr<SessionCache>> memory_session_cache(const SessionCacheOptions& options, Random& random) {
  return without_exceptions("memory_session_cache()", [&]() -> Result<std::shared_ptr<SessionCache>> {
    if (options.entries == 0 || options.entries > limits::kMaxCachedSessions)
      return fail(Code::bad_config, "the session cache is to hold " + std::to_string(options.entries) +
                                        " sessions; it must be 1 to " + std::to_string(limits::kMaxCachedSessions));
    if (options.shards == 0 || options.shards > limits::kMaxCacheShards)
      return fail(Code::bad_config, "the session cache is to have " + std::to_string(options.shards) +
                                        " shards; it must be 1 to " + std::to_string(limits::kMaxCacheShards));
    const Room r = room(options);
    if (r.entries == 0)
      return fail(Code::bad_config, std::to_string(options.bytes) + " bytes hold no session in each of " +
                                        std::to_string(r.shards) + " shards: allow more bytes, or fewer shards");
    try {
      return std::make_shared<MemorySessionCache>(r, options.notes, options.eviction, random);
    } catch (const std::bad_alloc&) {
      return fail(Code::bad_config, "the session cache needs " + std::to_string(session_cache_memory(options)) +
                                        " bytes, which cannot be had: allow fewer sessions");
    }
  });
}

}  // namespace tls
