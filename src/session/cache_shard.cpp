#include "session/cache_shard.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "session/notes.h"

namespace tls::session {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
// What a reader without the mutex sees: were a value new and the version before it old, the check of the version
// afterwards would not be bound to see the new one. Acquire and release order each value with the version.
constexpr auto kRead = std::memory_order_acquire;
constexpr auto kWrite = std::memory_order_release;

constexpr std::size_t kSwept = 2;     // entries that a put() looks at for expired ones: the whole shard in half a turn
constexpr std::size_t kMaxHops = 64;  // of a reader without the mutex; chains are one or two long

std::size_t granules_for(std::size_t bytes) noexcept { return (bytes + sizeof(Granule) - 1) / sizeof(Granule); }

}  // namespace

/// With the mutex held: the sign for readers that what they see is changing.
class CacheShard::Writing {
 public:
  explicit Writing(CacheShard& shard) : version_(shard.version_) {
    version_.store(version_.load(kRelaxed) + 1, kRelaxed);
  }
  ~Writing() { version_.store(version_.load(kRelaxed) + 1, kWrite); }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

 private:
  std::atomic<std::uint64_t>& version_;
};

CacheShard::CacheShard(std::size_t entries, std::span<Granule> granules, std::size_t notes, Eviction eviction)
    : eviction_(eviction),
      granules_(granules),
      mask_(std::bit_ceil(entries) - 1),
      buckets_(std::bit_ceil(entries)),
      entries_(entries),
      free_granules_(granules.size()),
      max_notes_(notes) {
  for (auto& head : buckets_) head.store(kNone, kRelaxed);
  for (Index i = 0; i + 1 < entries_.size(); ++i) entries_[i].next.store(i + 1, kRelaxed);
  free_ = 0;
  for (Index i = 0; i < free_granules_.size(); ++i) free_granules_[i] = i;
}

std::size_t CacheShard::index_size(std::size_t entries) noexcept {
  return sizeof(CacheShard) + entries * sizeof(Entry) + std::bit_ceil(entries) * sizeof(std::atomic<Index>);
}

CacheShard::Index CacheShard::lookup(const CacheId& id, std::size_t max_hops) const noexcept {
  Index i = buckets_[bucket(id)].load(kRead);
  for (std::size_t hops = 0; i != kNone; ++hops) {
    if (hops == max_hops) return kLost;
    const Entry& entry = entries_[i];
    if (entry.id[0].load(kRead) == id[0] && entry.id[1].load(kRead) == id[1]) return i;
    i = entry.next.load(kRead);
  }
  return kNone;
}

void CacheShard::copy(const Entry& entry, SessionState& out) const noexcept {
  std::array<std::uint64_t, 8> words;
  MutableBytes rest = out.fill(entry.size.load(kRead));
  for (std::size_t g = 0; !rest.empty(); ++g) {
    const Granule& from = granules_[entry.at[g].load(kRead)];
    for (std::size_t w = 0; w < words.size(); ++w) words[w] = from[w].load(kRead);
    const std::size_t n = std::min(rest.size(), sizeof words);
    std::memcpy(rest.data(), words.data(), n);
    rest = rest.subspan(n);
  }
  wipe({reinterpret_cast<std::uint8_t*>(words.data()), sizeof words});
}

CacheShard::Glance CacheShard::glance(const CacheId& id, std::int64_t now, SessionState& out) {
  const std::uint64_t version = version_.load(kRead);
  if (version % 2 != 0) return Glance::disturbed;
  const Index i = lookup(id, kMaxHops);
  if (i == kLost) return Glance::disturbed;
  bool expired = false;
  if (i != kNone) {
    if (entries_[i].noted.load(kRead)) return Glance::disturbed;  // found under the mutex
    expired = now >= entries_[i].expires.load(kRead);
    if (!expired) copy(entries_[i], out);
  }
  if (version_.load(kRelaxed) != version) return Glance::disturbed;
  if (i == kNone) return Glance::absent;
  if (expired) return Glance::expired;
  if (eviction_ == Eviction::sieve && !entries_[i].visited.load(kRelaxed)) entries_[i].visited.store(true, kRelaxed);
  return Glance::found;
}

std::optional<SessionState> CacheShard::find(const CacheId& id, std::int64_t now) {
  std::optional<SessionState> out(std::in_place);
  if (eviction_ != Eviction::lru) {
    switch (glance(id, now, *out)) {
      case Glance::found:
        return out;
      case Glance::absent:
        return std::nullopt;
      case Glance::expired:
      case Glance::disturbed:
        break;
    }
  }
  const std::scoped_lock lock(mutex_);
  const Index i = lookup(id);
  if (i == kNone) return std::nullopt;
  Entry& entry = entries_[i];
  if (now >= entry.expires.load(kRelaxed)) {
    const Writing writing(*this);
    drop(i);
    return std::nullopt;
  }
  copy_whole(i, *out);
  if (eviction_ == Eviction::lru && i != newest_) unlink(i), link(i);
  entry.visited.store(true, kRelaxed);
  return out;
}

std::optional<SessionState> CacheShard::take(const CacheId& id, std::int64_t now) {
  const std::scoped_lock lock(mutex_);
  const Index i = lookup(id);
  if (i == kNone) return std::nullopt;
  const Writing writing(*this);
  std::optional<SessionState> out;
  if (now < entries_[i].expires.load(kRelaxed)) copy_whole(i, out.emplace());
  drop(i);
  return out;
}

void CacheShard::remove(const CacheId& id) {
  const std::scoped_lock lock(mutex_);
  const Writing writing(*this);
  if (const Index i = lookup(id); i != kNone) drop(i);
}

void CacheShard::copy_whole(Index i, SessionState& out) const {
  const Entry& entry = entries_[i];
  copy(entry, out);
  out.note(entry.noted.load(kRelaxed) ? noted_.at(i).notes : nullptr);
}

void CacheShard::keep_notes(Index i, SessionNotesPtr notes, std::size_t size) {
  noted_.insert_or_assign(i, Noted{std::move(notes), size, kNone, newest_noted_});
  (newest_noted_ != kNone ? noted_.at(newest_noted_).newer : oldest_noted_) = i;
  newest_noted_ = i;
  notes_size_ += size;
}

void CacheShard::drop_notes(Index i) noexcept {
  const auto at = noted_.find(i);
  const Noted& n = at->second;
  (n.newer != kNone ? noted_.at(n.newer).older : newest_noted_) = n.older;
  (n.older != kNone ? noted_.at(n.older).newer : oldest_noted_) = n.newer;
  notes_size_ -= n.size;
  noted_.erase(at);
}

void CacheShard::put(const CacheId& id, const SessionState& whole, std::int64_t now, std::int64_t expires) {
  constexpr std::size_t kNode = 64;  // of noted_, beside what memory_of() counts
  const Bytes state = whole.expose();
  const std::size_t notes = whole.notes() ? memory_of(*whole.notes()) + sizeof(Noted) + kNode : 0;
  const std::scoped_lock lock(mutex_);
  const Writing writing(*this);
  if (const Index old = lookup(id); old != kNone) drop(old);
  sweep(now);
  const std::size_t granules = granules_for(state.size());
  if (expires <= now || state.empty() || granules > granules_.size() || notes > max_notes_) return;
  while (notes_size_ + notes > max_notes_) drop(oldest_noted_);
  while (free_ == kNone || free_granules_.size() < granules) drop(victim());
  const Index i = free_;
  if (whole.notes()) keep_notes(i, whole.notes(), notes);
  Entry& entry = entries_[i];
  free_ = entry.next.load(kRelaxed);
  entry.id[0].store(id[0], kWrite);
  entry.id[1].store(id[1], kWrite);
  entry.expires.store(expires, kWrite);
  entry.visited.store(false, kRelaxed);
  entry.noted.store(whole.notes() != nullptr, kWrite);
  fill(entry, state);
  std::atomic<Index>& head = buckets_[bucket(id)];
  entry.next.store(head.load(kRelaxed), kWrite);
  head.store(i, kWrite);
  link(i);
}

void CacheShard::fill(Entry& entry, Bytes state) noexcept {
  entry.size.store(static_cast<std::uint8_t>(state.size()), kWrite);
  for (std::size_t g = 0; !state.empty(); ++g) {
    const Index at = free_granules_.back();
    free_granules_.pop_back();
    entry.at[g].store(at, kWrite);
    std::array<std::uint64_t, 8> words{};
    const std::size_t n = std::min(state.size(), sizeof words);
    std::memcpy(words.data(), state.data(), n);
    for (std::size_t w = 0; w < words.size(); ++w) granules_[at][w].store(words[w], kWrite);
    wipe({reinterpret_cast<std::uint8_t*>(words.data()), sizeof words});
    state = state.subspan(n);
  }
}

void CacheShard::drop(Index i) noexcept {
  Entry& entry = entries_[i];
  std::atomic<Index>* from = &buckets_[bucket({entry.id[0].load(kRelaxed), entry.id[1].load(kRelaxed)})];
  while (from->load(kRelaxed) != i) from = &entries_[from->load(kRelaxed)].next;
  from->store(entry.next.load(kRelaxed), kWrite);
  unlink(i);
  if (entry.noted.load(kRelaxed)) drop_notes(i);
  entry.noted.store(false, kWrite);
  for (std::size_t g = 0, n = granules_for(entry.size.load(kRelaxed)); g < n; ++g) {
    const Index at = entry.at[g].load(kRelaxed);
    for (auto& word : granules_[at]) word.store(0, kWrite);  // wiped: atomics that others read cannot be left out
    free_granules_.push_back(at);                            // never grows: it once held all of them
  }
  entry.size.store(0, kWrite);
  entry.next.store(free_, kWrite);
  free_ = i;
}

void CacheShard::link(Index i) noexcept {
  Entry& entry = entries_[i];
  entry.older = newest_;
  entry.newer = kNone;
  (newest_ != kNone ? entries_[newest_].newer : oldest_) = i;
  newest_ = i;
}

void CacheShard::unlink(Index i) noexcept {
  const Entry& entry = entries_[i];
  if (hand_ == i) hand_ = entry.newer;
  (entry.newer != kNone ? entries_[entry.newer].older : newest_) = entry.older;
  (entry.older != kNone ? entries_[entry.older].newer : oldest_) = entry.newer;
}

CacheShard::Index CacheShard::victim() noexcept {
  if (eviction_ != Eviction::sieve) return oldest_;
  // From the hand towards the newest, then from the oldest again, past all that were visited, which are so no longer.
  Index i = hand_ != kNone ? hand_ : oldest_;
  while (entries_[i].visited.load(kRelaxed)) {
    entries_[i].visited.store(false, kRelaxed);
    i = entries_[i].newer != kNone ? entries_[i].newer : oldest_;
  }
  hand_ = i;  // drop() moves it on
  return i;
}

void CacheShard::sweep(std::int64_t now) noexcept {
  for (std::size_t n = 0; n < kSwept; ++n) {
    swept_ = swept_ + 1 < entries_.size() ? swept_ + 1 : 0;
    const Entry& entry = entries_[swept_];
    if (entry.size.load(kRelaxed) != 0 && now >= entry.expires.load(kRelaxed)) drop(swept_);
  }
}

}  // namespace tls::session
