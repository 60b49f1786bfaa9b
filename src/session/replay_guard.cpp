#include "tls/replay_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "base/exceptions.h"
#include "base/limits.h"
#include "session/replay_ring.h"
#include "session/siphash.h"

namespace tls {
namespace {

using session::ReplayShape;
using Milliseconds = Clock::Milliseconds;
using Cell = std::atomic<std::uint64_t>;
static_assert(sizeof(Cell) == 8 && Cell::is_always_lock_free);

std::uint64_t count(Milliseconds t) noexcept { return static_cast<std::uint64_t>(t.count()); }

ReplayShape shape(const ReplayGuardOptions& options) noexcept {
  ReplayShape s;
  s.horizon = 2 * count(options.window);
  s.slot_time = (s.horizon + limits::kReplaySlots - 1) / limits::kReplaySlots;
  s.regions = limits::kReplaySlots + 1;
  s.walk = limits::kMaxReplayWalk;
  return s;
}

/// Four fifths full at the full rate, where a claim looks at 3 cells on the average and 13 at the end; and room for
/// chance.
std::size_t cell_count(const ReplayGuardOptions& options) noexcept {
  const ReplayShape s = shape(options);
  const std::uint64_t tokens = options.tokens_per_second * s.slot_time / 1000;
  return s.regions * static_cast<std::size_t>(tokens + tokens / 4 + 256);
}

/// Tells the process that made it from its forks: by a page that the kernel wipes in a fork. The number of the process
/// would not do: clone() into PID namespaces makes several that are number 1. Where there is no such page it has to.
class OwnProcess {
 public:
  OwnProcess() noexcept {
#ifdef MADV_WIPEONFORK
    void* const page = ::mmap(nullptr, kMark, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return;
    if (::madvise(page, kMark, MADV_WIPEONFORK) != 0) {
      ::munmap(page, kMark);
      return;
    }
    mark_ = static_cast<std::uint8_t*>(page);
    *mark_ = 1;
#endif
  }
  ~OwnProcess() {
    if (mark_ != nullptr) ::munmap(mark_, kMark);
  }
  OwnProcess(const OwnProcess&) = delete;
  OwnProcess& operator=(const OwnProcess&) = delete;
  [[nodiscard]] bool still() const noexcept { return mark_ != nullptr ? *mark_ == 1 : ::getpid() == number_; }

 private:
  static constexpr std::size_t kMark = 1;  // bytes; the kernel makes a page of it
  const pid_t number_ = ::getpid();
  std::uint8_t* mark_ = nullptr;
};

/// Counts what claims come to. Each thread counts in a line of memory of its own as long as there are no more than
/// kLines of them, so that they do not wait for each other.
class ClaimCounts {
 public:
  enum What : std::uint8_t { fresh, seen, late, unavailable };

  void add(What what) noexcept { lines_[line_of_thread()].of[what].fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] ReplayCounts sum() const noexcept {
    ReplayCounts all;
    for (const Line& line : lines_) {
      all.fresh += line.of[fresh].load(std::memory_order_relaxed);
      all.seen += line.of[seen].load(std::memory_order_relaxed);
      all.late += line.of[late].load(std::memory_order_relaxed);
      all.unavailable += line.of[unavailable].load(std::memory_order_relaxed);
    }
    return all;
  }

 private:
  static constexpr std::size_t kLines = 16;
  struct alignas(64) Line {
    std::array<std::atomic<std::uint64_t>, 4> of{};
  };
  static std::size_t line_of_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t line = threads.fetch_add(1, std::memory_order_relaxed) % kLines;
    return line;
  }
  std::array<Line, kLines> lines_;
};

class LocalReplayGuard final : public ReplayGuard {
 public:
  LocalReplayGuard(const ReplayGuardOptions& options, Random& random, const Clock& clock)
      : clock_(clock),
        origin_(clock.monotonic()),
        horizon_(2 * options.window),
        cells_(cell_count(options)),
        ring_(shape(options), cells_, latest_) {
    random.fill(key_);
    std::array<std::uint8_t, sizeof epoch_> drawn;
    random.fill(drawn);
    std::memcpy(&epoch_, drawn.data(), sizeof epoch_);
  }
  ~LocalReplayGuard() override { wipe(key_); }

  std::optional<Stamp> stamp() const override {
    if (!process_.still()) return std::nullopt;
    const Milliseconds now(static_cast<std::int64_t>(ring_.now(clock())));
    if (!ring_.covers(count(now + horizon_))) return std::nullopt;
    return Stamp{epoch_, origin_ + now};
  }

  Answer<ReplayVerdict> claim(const ReplayToken& token, Milliseconds expiry) override {
    const bool mine = process_.still();
    const std::uint64_t now = clock();
    const bool late = mine && (expiry < origin_ || count(expiry - origin_) < ring_.now(now));
    ReplayVerdict verdict = ReplayVerdict::unavailable;
    if (mine && !late) verdict = ring_.claim(fingerprint(token), count(expiry - origin_), now);
    counts_.add(late ? ClaimCounts::late : kCounted[static_cast<std::size_t>(verdict)]);
    return verdict;
  }

  std::optional<ReplayCounts> counts() const override { return counts_.sum(); }

 private:
  /// In the order of ReplayVerdict.
  static constexpr std::array kCounted = {ClaimCounts::fresh, ClaimCounts::seen, ClaimCounts::unavailable};

  /// Since the guard was made.
  std::uint64_t clock() const noexcept { return count(std::max(clock_.monotonic() - origin_, Milliseconds(0))); }

  /// SipHash under a key of our own: nobody can choose tokens that meet in a cell.
  std::uint64_t fingerprint(const ReplayToken& token) const noexcept { return session::siphash64(key_, token.bytes); }

  const OwnProcess process_;  // a fork has a memory of its own, and would tell `fresh` again
  const Clock& clock_;
  const Milliseconds origin_, horizon_;
  session::SipKey key_{};
  std::uint64_t epoch_ = 0;
  std::vector<Cell> cells_;
  session::ReplayRing<Cell> ring_;
  alignas(64) mutable Cell latest_{0};  // apart from what never changes
  ClaimCounts counts_;
};

}  // namespace

std::size_t replay_guard_memory(const ReplayGuardOptions& options) noexcept {
  return sizeof(LocalReplayGuard) + cell_count(options) * sizeof(Cell);
}

Result<std::shared_ptr<ReplayGuard>> local_replay_guard(const ReplayGuardOptions& options, Random& random,
                                                        const Clock& clock) {
  return without_exceptions("local_replay_guard()", [&]() -> Result<std::shared_ptr<ReplayGuard>> {
    if (options.window <= Milliseconds(0) || options.window > limits::kMaxReplayWindow)
      return fail(Code::bad_config, "the replay window is " + std::to_string(options.window.count()) +
                                        " ms; it must be within 1 to " +
                                        std::to_string(limits::kMaxReplayWindow.count()));
    if (options.tokens_per_second == 0 || options.tokens_per_second > limits::kMaxReplayTokensPerSecond)
      return fail(Code::bad_config, "the guard is to hold " + std::to_string(options.tokens_per_second) +
                                        " tokens each second; it must be 1 to " +
                                        std::to_string(limits::kMaxReplayTokensPerSecond));
    try {
      return std::make_shared<LocalReplayGuard>(options, random, clock);
    } catch (const std::bad_alloc&) {
      return fail(Code::bad_config, "the guard needs " + std::to_string(replay_guard_memory(options)) +
                                        " bytes, which cannot be had: allow fewer tokens each second");
    }
  });
}

}  // namespace tls
