// The memory of the local replay guard: a ring of slots of time, each a table of cells that is filled without locks and
// reused without being cleared.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>

#include "tls/session.h"

namespace tls::session {

/// Times are milliseconds since the guard was made.
struct ReplayShape {
  std::uint64_t slot_time = 0;  ///< length of a slot
  std::uint64_t horizon = 0;    ///< how far ahead an expiry may lie; at most (regions - 1) * slot_time
  std::size_t regions = 0;      ///< slots that are remembered at a time
  std::size_t walk = 0;         ///< cells that a claim looks at before the slot counts as full
};

/// Inserts fingerprints if they are absent. All claims of a fingerprint come with the same expiry, and so belong to the
/// same slot of time, i = expiry / slot_time. It lies in region i mod regions, in generation i / regions + 1 of it. A
/// cell is one word: generation (32 bits; 0: never used), tag (32 bits of the fingerprint).
///
/// A claim walks the cells of the region from the fingerprint's home on. A cell of its own generation is either its own
/// (`seen`) or somebody else's (next cell). One of an older generation is free, and is taken by compare-and-swap. One
/// of a newer generation says that the slot's time is over (`unavailable`); so does the end of the walk: slot full.
///
/// At most one claim of a fingerprint is `fresh`, whatever the clocks say and however long a claim stalls:
///   1. The generation of a cell never falls, since only cells of older generations are replaced; and the tag of a cell
///      never changes within a generation. So a cell has at most one value per generation, for ever.
///   2. All claims of a fingerprint make the same walk for the same generation g. Suppose that two are fresh, at p and
///      q. If p = q, both wrote g's value into one cell: the second would have replaced a cell that was not older.
///   3. Else let p come before q in the walk. The claim that is fresh at q passed p, so p had a value of generation g
///      with another tag when it looked. By 1 that is p's only value in g; but the other claim wrote its own there.
/// Nothing else is used: no clearing, no reclamation, no order between two cells, and so relaxed atomics will do.
/// A record that was overwritten leaves a newer generation behind, and whoever walks there gets `unavailable`.
/// The clock decides only that cells in use are not overwritten: an expiry in slot i + regions is accepted from
/// (i + regions) * slot_time - horizon >= (i + 1) * slot_time on, when all of slot i has expired.
///
/// `Word` is std::atomic<std::uint64_t>; tests/session/replay_model_test.cpp puts a model of it there and tries all
/// interleavings.
template <class Word>
class ReplayRing {
 public:
  static constexpr std::uint64_t kMaxGeneration = 0xFFFFFFFF;

  /// `cells`, all zero, are split evenly into the regions, of at most 2^32 cells each. They and `latest`, zero too,
  /// must outlive the ring.
  ReplayRing(const ReplayShape& shape, std::span<Word> cells, Word& latest) noexcept
      : shape_(shape), cells_(cells), size_(cells.size() / shape.regions), latest_(latest) {
    shape_.walk = std::min(shape.walk, size_);
  }

  /// The latest of all times that were given here, by any thread: a clock that steps back stands still.
  std::uint64_t now(std::uint64_t clock) const {
    std::uint64_t latest = latest_.load(std::memory_order_relaxed);
    while (latest < clock)
      if (latest_.compare_exchange_strong(latest, clock, std::memory_order_relaxed)) return clock;
    return latest;
  }

  /// Whether claims that expire then can still be told apart: after kMaxGeneration revolutions none can.
  [[nodiscard]] bool covers(std::uint64_t expiry) const noexcept {
    return expiry / shape_.slot_time / shape_.regions < kMaxGeneration;
  }

  ReplayVerdict claim(std::uint64_t fingerprint, std::uint64_t expiry, std::uint64_t clock) {
    const std::uint64_t time = now(clock);
    if (expiry < time || expiry - time > shape_.horizon || !covers(expiry)) return ReplayVerdict::unavailable;
    const std::uint64_t slot = expiry / shape_.slot_time;
    return insert(cells_.subspan(slot % shape_.regions * size_, size_), fingerprint, slot / shape_.regions + 1);
  }

 private:
  ReplayVerdict insert(std::span<Word> region, std::uint64_t fingerprint, std::uint64_t generation) {
    const std::uint64_t mine = generation << 32 | (fingerprint & 0xFFFFFFFF);
    auto at = static_cast<std::size_t>((fingerprint >> 32) * size_ >> 32);
    for (std::size_t step = 0; step < shape_.walk; ++step, at = at + 1 == size_ ? 0 : at + 1) {
      std::uint64_t value = region[at].load(std::memory_order_relaxed);
      while (value >> 32 < generation)  // free; when somebody else is quicker, `value` becomes theirs
        if (region[at].compare_exchange_strong(value, mine, std::memory_order_relaxed)) return ReplayVerdict::fresh;
      if (value == mine) return ReplayVerdict::seen;
      if (value >> 32 > generation) return ReplayVerdict::unavailable;
    }
    return ReplayVerdict::unavailable;
  }

  ReplayShape shape_;
  std::span<Word> cells_;
  std::size_t size_;  ///< cells of a region
  Word& latest_;
};

}  // namespace tls::session
