// The replay guard of one process (include/tls/replay_guard.h).
#include "tls/replay_guard.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "support/environment.h"

using namespace tls;
using namespace std::chrono_literals;
using tls::test::FakeClock;
using tls::test::SeededRandom;

namespace {

ReplayToken token(std::uint64_t number) {
  ReplayToken t;
  std::memcpy(t.bytes.data(), &number, sizeof number);
  return t;
}

/// A clock that anybody may set, also back.
class LooseClock final : public Clock {
 public:
  std::atomic<std::int64_t> ms{1'000'000};
  Milliseconds wall() const noexcept override { return Milliseconds(ms.load()); }
  Milliseconds monotonic() const noexcept override { return Milliseconds(ms.load()); }
};

struct Guarded {
  explicit Guarded(ReplayGuardOptions o = {}) : options(o) {
    auto made = local_replay_guard(options, random, clock);
    REQUIRE(made.has_value());
    guard = *made;
  }
  ReplayVerdict claim(std::uint64_t number, Clock::Milliseconds ahead) {
    return claim_at(number, clock.monotonic() + ahead);
  }
  ReplayVerdict claim_at(std::uint64_t number, Clock::Milliseconds expiry) {
    return guard->claim(token(number), expiry).value().value();
  }

  ReplayGuardOptions options;
  LooseClock clock;
  SeededRandom random{1};
  std::shared_ptr<ReplayGuard> guard;
};

constexpr auto fresh = ReplayVerdict::fresh, seen = ReplayVerdict::seen, unavailable = ReplayVerdict::unavailable;

}  // namespace

TEST_CASE("a token is fresh once, and seen until it expires") {
  Guarded g;
  const auto expiry = g.clock.monotonic() + 10s;
  CHECK(g.claim_at(1, expiry) == fresh);
  CHECK(g.claim_at(2, expiry) == fresh);
  for (int i = 0; i < 1000; ++i) {
    CHECK(g.claim_at(1, expiry) == seen);
    g.clock.ms += 10;
  }
  CHECK(g.clock.monotonic() == expiry);
  CHECK(g.claim_at(1, expiry) == seen);
  g.clock.ms += 1;
  CHECK(g.claim_at(1, expiry) == unavailable);
  CHECK(g.claim_at(3, expiry) == unavailable);  // too late, though never claimed
}

TEST_CASE("a token expires at most two windows ahead, and not before now") {
  for (const auto window : {1ms, 7ms, 1000ms, 10'000ms, limits::kMaxReplayWindow}) {
    Guarded g({.window = window});
    CHECK(g.claim(1, 0ms) == fresh);
    CHECK(g.claim(2, -1ms) == unavailable);
    CHECK(g.claim(3, 2 * window) == fresh);
    CHECK(g.claim(3, 2 * window) == seen);
    CHECK(g.claim(4, 2 * window + 1ms) == unavailable);
    CHECK(g.claim(5, Clock::Milliseconds::max() - g.clock.monotonic()) == unavailable);
    CHECK(g.claim_at(6, Clock::Milliseconds::min()) == unavailable);
    CHECK(g.claim_at(7, 0ms) == unavailable);
  }
}

TEST_CASE("the memory is reused when its time is over, and never before") {
  Guarded g({.window = 100ms, .tokens_per_second = 1000});
  std::vector<std::pair<std::uint64_t, Clock::Milliseconds>> claimed;
  std::uint64_t number = 0;
  for (int step = 0; step < 5000; ++step) {
    const auto expiry = g.clock.monotonic() + Clock::Milliseconds(g.random.below(201));
    CHECK(g.claim_at(++number, expiry) == fresh);
    claimed.emplace_back(number, expiry);
    const auto& [old, until] = claimed[claimed.size() - 1 - g.random.below(std::min<std::size_t>(claimed.size(), 500))];
    CHECK(g.claim_at(old, until) == (until < g.clock.monotonic() ? unavailable : seen));
    g.clock.ms += static_cast<std::int64_t>(g.random.below(3));
  }
}

TEST_CASE("a full slot is unavailable, and what it holds stays seen") {
  Guarded g({.window = 1000ms, .tokens_per_second = 1000});  // 62 tokens a slot, and room for a few hundred
  const auto expiry = g.clock.monotonic() + 1s;
  std::vector<std::uint64_t> held;
  bool full = false;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const ReplayVerdict verdict = g.claim_at(i, expiry);
    CHECK(verdict != seen);
    if (verdict == fresh) held.push_back(i);
    if (verdict == unavailable) full = true;
  }
  CHECK(full);
  CHECK(held.size() >= 62);
  for (const std::uint64_t i : held) CHECK(g.claim_at(i, expiry) == seen);
  CHECK(g.claim_at(5000, expiry + 100ms) == fresh);  // another slot
}

TEST_CASE("all tokens of the promised rate find room") {
  Guarded g({.window = 1000ms, .tokens_per_second = 50'000});
  std::uint64_t number = 0, refused = 0;
  for (int ms = 0; ms < 5000; ++ms, g.clock.ms += 1)
    for (int i = 0; i < 50; ++i) refused += g.claim(number++, 1000ms) != fresh;
  CHECK(refused == 0);
}

TEST_CASE("a clock that steps back opens nothing again") {
  Guarded g({.window = 1000ms});
  const auto start = g.clock.monotonic();
  CHECK(g.claim_at(1, start + 1s) == fresh);
  g.clock.ms += 60'000;
  const auto late = g.guard->stamp()->time;
  CHECK(g.claim(2, 1s) == fresh);
  g.clock.ms -= 60'000;
  CHECK(g.guard->stamp()->time == late);
  CHECK(g.claim_at(1, start + 1s) == unavailable);
  CHECK(g.claim_at(3, start + 1s) == unavailable);
  CHECK(g.claim_at(2, late + 1s) == seen);
  g.clock.ms -= 5'000'000;  // before the guard was made
  CHECK(g.guard->stamp()->time == late);
  CHECK(g.claim_at(2, late + 1s) == seen);
}

TEST_CASE("each guard has an epoch of its own") {
  Guarded g;
  LooseClock clock;
  const auto other = local_replay_guard({}, g.random, clock).value();
  REQUIRE(g.guard->stamp());
  CHECK(g.guard->stamp()->epoch == g.guard->stamp()->epoch);
  CHECK(g.guard->stamp()->epoch != other->stamp()->epoch);
  CHECK(g.guard->stamp()->time == g.clock.monotonic());
}

TEST_CASE("the last generation ends the guard's life") {
  Guarded g({.window = 16ms});                                  // slots of 1 ms in 33 regions
  const std::int64_t last = 33 * std::int64_t{0xFFFFFFFF} - 1;  // ms of life
  const std::int64_t start = g.clock.ms;
  g.clock.ms = start + last - 32;
  CHECK(g.guard->stamp().has_value());
  CHECK(g.claim(1, 32ms) == fresh);
  CHECK(g.claim(1, 32ms) == seen);
  g.clock.ms += 1;
  CHECK_FALSE(g.guard->stamp().has_value());
  CHECK(g.claim(2, 32ms) == unavailable);
  CHECK(g.claim(2, 31ms) == fresh);
  g.clock.ms += 32;
  CHECK(g.claim(3, 0ms) == unavailable);
}

TEST_CASE("options out of range are refused with what is allowed") {
  FakeClock clock;
  SeededRandom random(1);
  const auto code = [&](ReplayGuardOptions options) {
    const auto made = local_replay_guard(options, random, clock);
    return made ? std::string("made") : std::string(facts(made.error().code()).name);
  };
  CHECK(code({.window = 0ms}) == "bad_config");
  CHECK(code({.window = 1ms}) == "made");
  CHECK(code({.window = limits::kMaxReplayWindow}) == "made");
  CHECK(code({.window = limits::kMaxReplayWindow + 1ms}) == "bad_config");
  CHECK(code({.tokens_per_second = 0}) == "bad_config");
  CHECK(code({.tokens_per_second = 1}) == "made");
  CHECK(code({.window = 1ms, .tokens_per_second = limits::kMaxReplayTokensPerSecond}) == "made");
  CHECK(code({.window = 1ms, .tokens_per_second = limits::kMaxReplayTokensPerSecond + 1}) == "bad_config");
}

TEST_CASE("memory is as promised: 20.7 MB for 100,000 tokens/s and 10 s, 10.3 bytes a token") {
  const std::size_t bytes = replay_guard_memory({.window = 10s, .tokens_per_second = 100'000});
  CHECK(bytes < 20'700'000);
  CHECK(bytes < 2 * 10 * 100'000 * std::size_t{104} / 10);
}

TEST_CASE("claims are counted by what they came to") {
  Guarded g({.window = 1000ms, .tokens_per_second = 10'000});
  const auto counts = [&] { return *g.guard->counts(); };
  CHECK((counts().fresh == 0 && counts().seen == 0 && counts().late == 0 && counts().unavailable == 0));
  CHECK(g.claim(1, 1000ms) == fresh);
  CHECK(g.claim(2, 1000ms) == fresh);
  CHECK(g.claim(1, 1000ms) == seen);
  CHECK(g.claim(3, -1ms) == unavailable);    // too old: its time is over
  CHECK(g.claim_at(4, 0ms) == unavailable);  // older than the guard
  CHECK(g.claim(5, 2001ms) == unavailable);  // further ahead than two windows: nobody can tell
  CHECK(counts().fresh == 2);
  CHECK(counts().seen == 1);
  CHECK(counts().late == 2);
  CHECK(counts().unavailable == 1);
  g.clock.ms += 500;
  CHECK(g.claim(6, -100ms) == unavailable);  // of the guard's own time, and too late
  CHECK(counts().late == 3);
  CHECK(counts().unavailable == 1);
}

TEST_CASE("counts are exact whatever the number of threads") {
  Guarded g({.window = 1000ms, .tokens_per_second = 100'000});
  constexpr std::size_t kThreads = 20, kClaims = 500;  // more threads than lines
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < kClaims; ++i) (void)g.claim(t / 2 * kClaims + i, 1000ms);  // each token twice
    });
  for (auto& thread : threads) thread.join();
  const ReplayCounts counts = *g.guard->counts();
  CHECK(counts.fresh == kThreads / 2 * kClaims);
  CHECK(counts.seen == kThreads / 2 * kClaims);
  CHECK(counts.late + counts.unavailable == 0);
}

// Eight threads claim the same tokens, in orders of their own, while time goes on.
TEST_CASE("of concurrent duplicates exactly one is fresh") {
  constexpr std::size_t kThreads = 8, kTokens = 2000, kRounds = 3;
  Guarded g({.window = 1000ms, .tokens_per_second = 10'000});
  for (std::size_t round = 0; round < kRounds; ++round) {
    const auto start = g.clock.monotonic();
    std::vector<std::atomic<int>> won(kTokens);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        SeededRandom order(t + round * kThreads);
        for (std::size_t i = 0; i < kTokens; ++i) {
          const std::size_t which = (i + (t % 2) * order.below(16)) % kTokens;
          const auto expiry = start + 1s + Clock::Milliseconds(which % 1000);
          if (g.claim_at(round * kTokens + which, expiry) == fresh) ++won[which];
          if (t == 0 && i % 64 == 0) g.clock.ms += 1;
        }
      });
    for (auto& thread : threads) thread.join();
    for (std::size_t i = 0; i < kTokens; ++i) CHECK(won[i] == 1);
    g.clock.ms += 3000;  // all over: the next round uses the same cells
  }
}

// Time runs so fast that claims are overtaken by the reuse of their cells.
TEST_CASE("claims that race with the reuse of their memory are never fresh twice") {
  constexpr std::size_t kThreads = 8, kTokens = 20'000;
  Guarded g({.window = 4ms, .tokens_per_second = 1000});
  std::vector<std::atomic<int>> won(kTokens);
  std::vector<std::atomic<std::int64_t>> expiries(kTokens);
  std::vector<std::thread> threads;
  const std::int64_t start = g.clock.ms;
  for (std::size_t i = 0; i < kTokens; ++i) expiries[i] = start + static_cast<std::int64_t>(i / 10);
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      SeededRandom random(t);
      for (std::size_t i = 0; i < kTokens; ++i) {
        const std::size_t which = std::min(kTokens - 1, i + random.below(50));
        if (g.claim_at(which, Clock::Milliseconds(expiries[which].load())) == fresh) ++won[which];
        if (t == 0 && i % 10 == 0) g.clock.ms += 1;
      }
    });
  for (auto& thread : threads) thread.join();
  std::size_t fresh_ones = 0;
  for (const auto& w : won) {
    CHECK(w <= 1);
    fresh_ones += w == 1;
  }
  CHECK(fresh_ones > 0);
}

namespace {

bool lets_nothing_through(Guarded& g) {
  const auto verdict = g.guard->claim(token(1), g.clock.monotonic());
  return !g.guard->stamp() && verdict && **verdict == ReplayVerdict::unavailable;
}

/// The status with which a child has ended; -1: none.
int status_of(pid_t child) {
  int status = -1;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a fork has a memory of its own, so it stamps and lets through nothing") {
  Guarded g;
  REQUIRE(g.guard->stamp());
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(lets_nothing_through(g) ? 0 : 1);
  CHECK(status_of(child) == 0);
  CHECK(g.guard->stamp());
}

TEST_CASE("a fork with the number of its parent, in a PID namespace of its own, lets through nothing either") {
  constexpr int kForbidden = 77;  // namespaces are, here
  const pid_t child = ::fork();   // for unshare() changes who calls it
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0 && ::unshare(CLONE_NEWPID) != 0) ::_exit(kForbidden);
    const pid_t server = ::fork();
    if (server != 0) ::_exit(server < 0 ? kForbidden : status_of(server));
    Guarded g;
    if (::getpid() != 1 || !g.guard->stamp()) ::_exit(2);
    if (::unshare(CLONE_NEWPID) != 0) ::_exit(kForbidden);
    const pid_t worker = ::fork();
    if (worker != 0) ::_exit(worker < 0 ? kForbidden : status_of(worker));
    ::_exit(::getpid() == 1 && lets_nothing_through(g) ? 0 : 1);
  }
  const int status = status_of(child);
  if (status == kForbidden)
    MESSAGE("no PID namespaces can be made here: not tried");
  else
    CHECK(status == 0);
}
