// The local replay guard, checked exhaustively: its own code (session/replay_ring.h) over words that are a model of
// std::atomic. Every interleaving of a few claims with a clock that moves is tried, one atomic operation at a time.
#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <set>
#include <variant>
#include <vector>

#include "session/replay_ring.h"

using tls::ReplayVerdict;
using tls::session::ReplayRing;
using tls::session::ReplayShape;

namespace {

/// What a process does next to the memory that all share.
struct Step {
  std::size_t address = 0;
  bool exchange = false;  ///< compare-and-swap; else a load
  std::uint64_t expected = 0, desired = 0;
};
/// What a process has been told so far. Processes are deterministic: to go on with one is to run it again from its
/// start, answer its operations from here, and stop at the first that has no answer yet, by throwing it.
using Log = std::vector<std::uint64_t>;
struct Running {
  const Log* log = nullptr;
  std::size_t at = 0;
  std::uint64_t answer(const Step& step) {
    if (at == log->size()) throw step;
    return (*log)[at++];
  }
};
Running running;

/// In place of std::atomic<std::uint64_t>: its address is all that it has.
struct Word {
  std::size_t address = 0;
  std::uint64_t load(std::memory_order) const { return running.answer({address, false, 0, 0}); }
  bool compare_exchange_strong(std::uint64_t& expected, std::uint64_t desired, std::memory_order) {
    const std::uint64_t found = running.answer({address, true, expected, desired});
    const bool done = found == expected;
    expected = found;
    return done;
  }
};

struct Claim {
  std::uint64_t fingerprint = 0, expiry = 0;
};

/// A scene: a ring, claims, and what the clock shows one after the other, at whatever moments.
struct Scene {
  ReplayShape shape;
  std::size_t cells = 0;  ///< of a region
  std::vector<Claim> claims;
  std::vector<std::uint64_t> times;
};

/// All that there is at one moment.
struct World {
  std::vector<std::uint64_t> words;  ///< cells, the latest time, the clock
  std::vector<Log> logs;             ///< of each claim
  std::size_t time = 0;              ///< index of what the clock shows
  friend auto operator<=>(const World&, const World&) = default;
};

using Verdicts = std::vector<ReplayVerdict>;

/// A claim at a time of the clock: what is checked.
using Algorithm = std::function<ReplayVerdict(std::span<Word> words, const Claim& claim, std::uint64_t now)>;

/// The ends of all interleavings.
class Explorer {
 public:
  explicit Explorer(const Scene& scene)
      : Explorer(scene, [scene](auto words, const Claim& claim, std::uint64_t now) {
          ReplayRing<Word> ring(scene.shape, words.first(words.size() - 2), words[words.size() - 2]);
          return ring.claim(claim.fingerprint, claim.expiry, now);
        }) {}
  Explorer(const Scene& scene, Algorithm algorithm)
      : scene_(scene), algorithm_(std::move(algorithm)), words_(scene.shape.regions * scene.cells + 2) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i].address = i;
  }
  const std::set<Verdicts>& run() {
    World start;
    start.words.resize(words_.size());
    start.words[clock()] = scene_.times.front();
    start.logs.resize(scene_.claims.size());
    explore(start);
    return ends_;
  }
  std::size_t worlds() const { return known_.size(); }

 private:
  std::size_t clock() const { return words_.size() - 1; }

  using Next = std::variant<Step, ReplayVerdict>;
  /// The next step of claim `i`, or its verdict.
  Next next(std::size_t i, const Log& log) {
    if (const auto known = nexts_.find({i, log}); known != nexts_.end()) return known->second;
    return nexts_.emplace(std::pair(i, log), run_again(scene_.claims[i], log)).first->second;
  }
  Next run_again(const Claim& claim, const Log& log) {
    running = {&log, 0};
    try {
      return algorithm_(words_, claim, words_[clock()].load(std::memory_order_relaxed));
    } catch (const Step& step) {
      return step;
    }
  }

  void explore(const World& world) {
    if (!known_.insert(world).second) return;
    Verdicts verdicts;
    for (std::size_t i = 0; i < scene_.claims.size(); ++i) {
      const Next what = next(i, world.logs[i]);
      if (const auto* verdict = std::get_if<ReplayVerdict>(&what)) {
        verdicts.push_back(*verdict);
        continue;
      }
      const Step& step = std::get<Step>(what);
      World then = world;
      std::uint64_t& word = then.words[step.address];
      then.logs[i].push_back(word);
      if (step.exchange && word == step.expected) word = step.desired;
      explore(then);
    }
    if (world.time + 1 < scene_.times.size()) {
      World then = world;
      then.words[clock()] = scene_.times[++then.time];
      explore(then);
    }
    if (verdicts.size() == scene_.claims.size()) ends_.insert(verdicts);
  }

  Scene scene_;
  Algorithm algorithm_;
  std::vector<Word> words_;
  std::map<std::pair<std::size_t, Log>, Next> nexts_;
  std::set<World> known_;
  std::set<Verdicts> ends_;
};

constexpr auto fresh = ReplayVerdict::fresh, seen = ReplayVerdict::seen, unavailable = ReplayVerdict::unavailable;

/// Two regions of slots of 10 ms: an expiry may lie 10 ms ahead. Slots 0, 2, 4 share region 0.
constexpr ReplayShape kSmall{.slot_time = 10, .horizon = 10, .regions = 2, .walk = 3};

/// A fingerprint whose walk begins at a cell of a region of three.
constexpr std::uint64_t print(std::uint64_t tag, std::uint64_t home) {
  return (home * 0x100000000 + 0xFFFFFFFF) / 3 << 32 | tag;
}

std::size_t fresh_of(const Scene& scene, const Verdicts& verdicts, std::uint64_t fingerprint) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < verdicts.size(); ++i)
    count += scene.claims[i].fingerprint == fingerprint && verdicts[i] == fresh;
  return count;
}

}  // namespace

TEST_CASE("two claims of one token: one is fresh, the other seen, in every interleaving") {
  Explorer explorer({.shape = kSmall, .cells = 3, .claims = {{print(1, 0), 5}, {print(1, 0), 5}}, .times = {0}});
  CHECK(explorer.run() == std::set<Verdicts>{{fresh, seen}, {seen, fresh}});
  CHECK(explorer.worlds() > 10);
}

TEST_CASE("two claims of two tokens that walk the same cells: both are fresh") {
  Explorer explorer({.shape = kSmall, .cells = 3, .claims = {{print(1, 0), 5}, {print(2, 0), 5}}, .times = {0}});
  CHECK(explorer.run() == std::set<Verdicts>{{fresh, fresh}});
}

TEST_CASE("the slot fills up: whoever comes last is refused, and a duplicate is never fresh") {
  Scene scene{.shape = kSmall,
              .cells = 2,
              .claims = {{print(1, 0), 5}, {print(1, 0), 5}, {print(2, 0), 5}, {print(3, 0), 5}},
              .times = {0}};
  Explorer explorer(scene);
  for (const Verdicts& end : explorer.run()) {
    CHECK(fresh_of(scene, end, print(1, 0)) <= 1);
    CHECK(std::ranges::count(end, fresh) == 2);  // as many as there is room for
  }
}

TEST_CASE("a claim that stalls until the next generation has its cell is refused, and not fresh in another cell") {
  Scene scene{
      .shape = kSmall, .cells = 3, .claims = {{print(1, 0), 5}, {print(1, 0), 5}, {print(2, 0), 20}}, .times = {0, 10}};
  Explorer explorer(scene);
  bool overtaken = false;
  for (const Verdicts& end : explorer.run()) {
    CHECK(fresh_of(scene, end, print(1, 0)) <= 1);
    overtaken |= end == Verdicts{fresh, unavailable, fresh};
  }
  CHECK(overtaken);
}

TEST_CASE("two claims, expiry, and claims of the next generation that take the same cells") {
  // The clock passes the token's expiry (5), then the slot's end, when slot 2 (20 to 29) takes its region.
  for (const std::uint64_t home : {0u, 1u, 2u}) {
    Scene scene{.shape = kSmall,
                .cells = 3,
                .claims = {{print(1, 0), 5}, {print(1, 0), 5}, {print(2, home), 20}, {print(3, home), 20}},
                .times = {0, 6, 10}};
    Explorer explorer(scene);
    bool late = false, both_generations = false;
    for (const Verdicts& end : explorer.run()) {
      CHECK(fresh_of(scene, end, print(1, 0)) <= 1);
      CHECK(end[2] != seen);
      late |= end[0] == unavailable && end[1] == unavailable;
      both_generations |= end[0] == fresh && end[2] == fresh;
    }
    CHECK(late);
    CHECK(both_generations);
  }
}

TEST_CASE("three generations of claims of tokens with the same tag, at a clock that steps back and forth") {
  Scene scene{.shape = kSmall,
              .cells = 2,
              .claims = {{print(1, 0), 5}, {print(1, 0), 5}, {print(1, 0), 25}, {print(1, 0), 45}},
              .times = {0, 40, 0, 16}};
  Explorer explorer(scene);
  for (const Verdicts& end : explorer.run()) {
    CHECK((end[0] == fresh) + (end[1] == fresh) <= 1);  // those after them are other first flights: another expiry
    CHECK(end[2] != seen);
    CHECK(end[3] != seen);
  }
}

TEST_CASE("three duplicates with a stranger in their way, while time passes") {
  Scene scene{.shape = kSmall,
              .cells = 3,
              .claims = {{print(1, 1), 9}, {print(1, 1), 9}, {print(1, 1), 9}, {print(2, 1), 9}},
              .times = {0, 10}};
  Explorer explorer(scene);
  for (const Verdicts& end : explorer.run()) {
    CHECK(fresh_of(scene, end, print(1, 1)) <= 1);
    const bool all_in_time = std::ranges::count(end, unavailable) == 0;
    if (all_in_time) CHECK(fresh_of(scene, end, print(1, 1)) == 1);
  }
}

// The check must be able to fail: a guard whose cells are free as soon as their slot is over for whoever comes by.
TEST_CASE("a ring without generations would be caught: a claim that stalls takes back its cell") {
  const auto forgetful = [](std::span<Word> words, const Claim& claim, std::uint64_t now) {
    if (claim.expiry < now || claim.expiry - now > kSmall.horizon) return unavailable;
    Word& cell = words[claim.expiry / kSmall.slot_time % kSmall.regions];
    std::uint64_t value = cell.load(std::memory_order_relaxed);
    while (value != claim.fingerprint)
      if (cell.compare_exchange_strong(value, claim.fingerprint, std::memory_order_relaxed)) return fresh;
    return seen;
  };
  Scene scene{.shape = kSmall, .cells = 1, .claims = {{1, 5}, {1, 5}, {2, 20}}, .times = {0, 10}};
  Explorer explorer(scene, forgetful);
  CHECK(explorer.run().contains({fresh, fresh, fresh}));
}
