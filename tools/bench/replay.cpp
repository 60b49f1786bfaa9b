// bench replay: claims of the local replay guard.
#include <cstring>
#include <memory>
#include <stdexcept>

#include "bench/threads.h"
#include "tls/replay_guard.h"

namespace sallyport::bench {
namespace {

using Milliseconds = tls::Clock::Milliseconds;

constexpr tls::ReplayGuardOptions kGuard{.window = Milliseconds(10'000), .tokens_per_second = 100'000};
constexpr std::size_t kHeld = 2'000'000;  // tokens of both windows at this rate

std::shared_ptr<tls::ReplayGuard> make_guard(const tls::Clock& clock) {
  auto made = tls::local_replay_guard(kGuard, tls::system_random(), clock);
  if (!made) throw std::runtime_error(made.error().message());
  return *std::move(made);
}

/// Costs what the system's clock costs, and stands still: on a busy machine a run may take longer than tokens live.
class PausedClock final : public tls::Clock {
 public:
  Milliseconds wall() const noexcept override { return tls::system_clock().wall(); }
  Milliseconds monotonic() const noexcept override {
    static_cast<void>(tls::system_clock().monotonic());
    return at_;
  }

 private:
  Milliseconds at_ = tls::system_clock().monotonic();
};
const PausedClock kPaused;

/// Tokens as good as random, without the time that it takes to draw them.
class Tokens {
 public:
  explicit Tokens(std::uint64_t stream) : stream_(stream) {}
  tls::ReplayToken next() {
    tls::ReplayToken token;
    ++number_;
    std::memcpy(token.bytes.data(), &stream_, 8);
    std::memcpy(token.bytes.data() + 8, &number_, 8);
    return token;
  }
  /// An expiry anywhere within the two windows ahead.
  Milliseconds ahead() const {
    return Milliseconds(static_cast<std::int64_t>(number_ * 0x9E3779B97F4A7C15 >> 32) * 2 * kGuard.window.count() >>
                        32);
  }

 private:
  std::uint64_t stream_, number_ = 0;
};

/// Different tokens, which expire from a fifth of the time that the guard can look ahead to nineteen twentieths: in
/// each run a new guard is filled to four fifths there.
Figure fresh_claims(const Options& options, unsigned threads) {
  const std::size_t each = kHeld * 3 / 5 / threads;
  std::shared_ptr<tls::ReplayGuard> guard;
  return measure_threads(
      options, "claims", threads, static_cast<double>(each * threads), [&] { guard = make_guard(kPaused); },
      [&](unsigned thread) {
        Tokens tokens(thread);
        const Milliseconds begin = kPaused.monotonic() + kGuard.window * 2 / 5;
        std::size_t fresh = 0;
        for (std::size_t i = 0; i < each; ++i) {
          const tls::ReplayToken token = tokens.next();
          fresh += guard->claim(token, begin + tokens.ahead() * 3 / 4).value().value() == tls::ReplayVerdict::fresh;
        }
        if (fresh < each - each / 1000) throw std::runtime_error("the guard refused what it should have room for");
      });
}

/// The same token again and again: what a flood of replays costs.
Figure replays(const Options& options, unsigned threads) {
  constexpr std::size_t kEach = 500'000;
  const auto guard = make_guard(kPaused);
  const tls::ReplayToken token = Tokens(99).next();
  const Milliseconds expiry = kPaused.monotonic() + kGuard.window;
  return measure_threads(
      options, "claims of one token", threads, static_cast<double>(kEach * threads), [] {},
      [&](unsigned) {
        for (std::size_t i = 0; i < kEach; ++i) static_cast<void>(guard->claim(token, expiry));
      });
}

class StillClock final : public tls::Clock {
 public:
  Milliseconds wall() const noexcept override { return Milliseconds(0); }
  Milliseconds monotonic() const noexcept override { return Milliseconds(0); }
};

/// Filled until it first refuses a token, at a moment: bytes for each that it holds then. One of its 33 slots lies
/// behind the horizon at that moment, and stays empty.
Figure bytes_per_token() {
  const StillClock clock;
  const auto guard = make_guard(clock);
  Tokens tokens(0);
  double held = 0;
  for (;; ++held) {
    const tls::ReplayToken token = tokens.next();
    if (guard->claim(token, tokens.ahead()).value().value() == tls::ReplayVerdict::unavailable) break;
  }
  const double bytes = static_cast<double>(tls::replay_guard_memory(kGuard)) / held;
  return {.name = "memory per token, full", .unit = "bytes", .best = bytes, .median = bytes};
}

Figure constant(const char* name, double bytes) {
  return {.name = name, .unit = "bytes", .best = bytes, .median = bytes};
}

}  // namespace

Figures bench_replay(const Options& options) {
  const auto memory = static_cast<double>(tls::replay_guard_memory(kGuard));
  Figures out{constant("memory, 100000 tokens/s, 10 s", memory),
              constant("memory per token, at that rate", memory / kHeld), bytes_per_token()};
  for (const unsigned threads : kThreads) out.push_back(fresh_claims(options, threads));
  for (const unsigned threads : kThreads) out.push_back(replays(options, threads));
  return out;
}

}  // namespace sallyport::bench
