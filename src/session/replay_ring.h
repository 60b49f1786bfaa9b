// The memory of the local replay guard: a ring of time slots. Each slot is a table of cells, which is filled without
// locks and reused without being cleared.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>

#include "tls/session.h"

namespace tls::session {

/// All times are milliseconds since the guard was made.
struct ReplayShape {
  std::uint64_t slot_time = 0;  ///< length of a slot
  std::uint64_t horizon = 0;    ///< how far in the future an expiry may be. At most (regions - 1) * slot_time
  std::size_t regions = 0;      ///< number of slots that are remembered at a time
  std::size_t walk = 0;         ///< cells that a claim checks before the slot counts as full
};

/// Inserts fingerprints if they are absent. All claims of a fingerprint have the same expiry, and so belong to the same
/// time slot, i = expiry / slot_time. The slot uses region i mod regions, in generation i / regions + 1 of that region.
/// A cell is one word: the generation (32 bits; 0: never used) and the tag (32 bits of the fingerprint).
///
/// A claim walks the cells of the region, starting at the fingerprint's home cell. If a cell has the claim's
/// generation, it holds either the same tag (the result is `seen`) or another tag (the walk continues). If a cell has
/// an older generation, it is free, and the claim takes it by compare-and-swap. If a cell has a newer generation, the
/// slot's time is over, and the result is `unavailable`. The result is also `unavailable` at the end of the walk,
/// because the slot is full.
///
/// At most one claim of a fingerprint is `fresh`, whatever the clocks say and however long a claim stalls:
///   1. The generation of a cell never decreases, because only cells of older generations are replaced. The tag of
///      a cell never changes within a generation. So a cell has at most one value per generation, for ever.
///   2. All claims of a fingerprint make the same walk for the same generation g. Suppose that two are fresh, at p and
///      q. If p = q, both wrote g's value into one cell: the second would have replaced a cell that was not older.
///   3. Otherwise let p come before q in the walk. The claim that is fresh at q passed p, so at that time p had a value
///      of generation g with another tag. By 1, that is p's only value in g. But the other claim wrote its own there.
/// Nothing else is used: no clearing, no reclamation, no order between two cells. Therefore relaxed atomics are enough.
/// An overwritten record leaves a newer generation behind, so a claim that reaches it gets `unavailable`.
/// The clock only ensures that cells in use are not overwritten: an expiry in slot i + regions is accepted from
/// (i + regions) * slot_time - horizon >= (i + 1) * slot_time on, when all of slot i has expired.
///
/// `Word` is std::atomic<std::uint64_t>. tests/session/replay_model_test.cpp replaces it with a model and tries all
/// interleavings.
template <class Word>
class ReplayRing {
 public:
  static constexpr std::uint64_t kMaxGeneration = 0xFFFFFFFF;

  /// `cells` must be all zero. They are split evenly into the regions, each of at most 2^32 cells. `latest` must be
  /// zero. Both must outlive the ring.
  ReplayRing(const ReplayShape& shape, std::span<Word> cells, Word& latest) noexcept
      : shape_(shape), cells_(cells), size_(cells.size() / shape.regions), latest_(latest) {
    shape_.walk = std::min(shape.walk, size_);
  }

  /// Returns the latest of all times that any thread has passed. If a clock steps back, the time stands still.
  std::uint64_t now(std::uint64_t clock) const {
    std::uint64_t latest = latest_.load(std::memory_order_relaxed);
    while (latest < clock)
      if (latest_.compare_exchange_strong(latest, clock, std::memory_order_relaxed)) return clock;
    return latest;
  }

  /// Returns true if claims with this expiry can still be told apart. After kMaxGeneration rounds of the ring, they
  /// cannot.
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
      while (value >> 32 < generation)  // free. If another claim is faster, `value` becomes its value
        if (region[at].compare_exchange_strong(value, mine, std::memory_order_relaxed)) return ReplayVerdict::fresh;
      if (value == mine) return ReplayVerdict::seen;
      if (value >> 32 > generation) return ReplayVerdict::unavailable;
    }
    return ReplayVerdict::unavailable;
  }

  ReplayShape shape_;
  std::span<Word> cells_;
  std::size_t size_;  ///< cells of one region
  Word& latest_;
};

}  // namespace tls::session
