// A table of bounded size in which threads remember what they have found out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <vector>

#include "pki/fingerprint.h"

namespace tls::pki {

/// Values under keys, in shards of a few places each. A question has one place: another answer to it replaces the one
/// that is there, so that who asks one question in many ways pushes out nobody else's. When a shard is full a clock
/// goes round, which spares once whatever was found since it last came by (second chance): what is used stays, and a
/// flood of what is asked once goes through the rest. Both parts of a key are compared whole. Public data: it is not
/// wiped.
///
/// Thread-safe. A shard's lock is held for a walk over its places and no more. find() does not allocate; keep()
/// allocates a shard's places when the first value comes, and leaves all as it was where that throws.
template <class Value>
class Remembered {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  static constexpr std::size_t kPlaces = 16;  // of a shard

  /// Takes at most `bytes`, which hold one shard at least (bytes_of(1)).
  explicit Remembered(std::size_t bytes) : shards_(std::max<std::size_t>(bytes / bytes_of(1), 1)) {}
  /// Bytes of so many shards that are full, but for what the allocator adds.
  [[nodiscard]] static constexpr std::size_t bytes_of(std::size_t shards) noexcept {
    return shards * (sizeof(Shard) + kPlaces * sizeof(Entry));
  }

  /// The value of `key`, where `holds` is true of it.
  template <class Holds>
  [[nodiscard]] std::optional<Value> find(const MemoryKey& key, Holds&& holds) {
    Shard& shard = shard_of(key);
    const std::scoped_lock lock(shard.mutex);
    Entry* const entry = place_in(shard, key);
    if (entry == nullptr || entry->key.content != key.content || !holds(entry->value)) return std::nullopt;
    entry->found = true;
    ++shard.hits;
    return entry->value;
  }

  void keep(const MemoryKey& key, const Value& value) {
    Shard& shard = shard_of(key);
    const std::scoped_lock lock(shard.mutex);
    if (Entry* const entry = place_in(shard, key)) {
      entry->key.content = key.content;
      entry->value = value;
      return;
    }
    shard.entries.reserve(kPlaces);  // here alone memory is taken
    if (shard.entries.size() < kPlaces)
      shard.entries.push_back({key, value, false});
    else
      victim(shard) = {key, value, false};
  }

  struct Counts {
    std::size_t values = 0;  ///< that are there
    std::uint64_t hits = 0;  ///< that find() has found
    std::size_t bytes = 0;   ///< that are taken
  };
  [[nodiscard]] Counts counts() const {
    Counts all{.bytes = shards_.size() * sizeof(Shard)};
    for (const Shard& shard : shards_) {
      const std::scoped_lock lock(shard.mutex);
      all.values += shard.entries.size();
      all.hits += shard.hits;
      all.bytes += shard.entries.capacity() * sizeof(Entry);
    }
    return all;
  }

 private:
  struct Entry {
    MemoryKey key;
    Value value;
    bool found;  ///< since the clock last came by
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::vector<Entry> entries;
    std::size_t hand = 0;
    std::uint64_t hits = 0;
  };

  [[nodiscard]] Shard& shard_of(const MemoryKey& key) noexcept {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | key.place[i];
    return shards_[number % shards_.size()];
  }
  [[nodiscard]] static Entry* place_in(Shard& shard, const MemoryKey& key) noexcept {
    const auto at = std::ranges::find_if(shard.entries, [&](const Entry& one) { return one.key.place == key.place; });
    return at == shard.entries.end() ? nullptr : &*at;
  }
  /// Of a full shard.
  [[nodiscard]] static Entry& victim(Shard& shard) noexcept {
    for (;;) {
      Entry& entry = shard.entries[shard.hand];
      shard.hand = (shard.hand + 1) % kPlaces;
      if (!entry.found) return entry;
      entry.found = false;
    }
  }

  std::vector<Shard> shards_;
};

}  // namespace tls::pki
