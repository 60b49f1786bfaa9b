// A clock that stands still until told, and randomness that repeats.
#pragma once

#include <sodium.h>

#include <array>
#include <cstring>

#include "tls/environment.h"

namespace tls::test {

/// Both clocks start at 2026-07-01T00:00:00Z and move when advanced.
class FakeClock final : public Clock {
 public:
  Milliseconds wall() const noexcept override { return wall_; }
  Milliseconds monotonic() const noexcept override { return monotonic_; }
  void advance(Milliseconds by) { wall_ += by, monotonic_ += by; }
  void step_wall(Milliseconds by) { wall_ += by; }  ///< somebody sets the clock

 private:
  Milliseconds wall_{1782864000000}, monotonic_{1000000};
};

/// The same bytes for the same seed, however they are drawn.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) { std::memcpy(seed_.data(), &seed, sizeof seed); }
  void fill(MutableBytes out) noexcept override {
    std::memcpy(seed_.data() + 8, &draws_, sizeof draws_);
    ++draws_;
    if (!out.empty()) randombytes_buf_deterministic(out.data(), out.size(), seed_.data());
  }
  std::uint64_t number() {
    std::uint64_t n = 0;
    fill({reinterpret_cast<std::uint8_t*>(&n), sizeof n});
    return n;
  }
  std::uint64_t below(std::uint64_t bound) { return number() % bound; }

 private:
  std::array<unsigned char, randombytes_SEEDBYTES> seed_{};
  std::uint64_t draws_ = 0;
};

}  // namespace tls::test
