#include "tls/environment.h"

#include <sodium.h>

#include <cstdlib>

namespace tls {
namespace {

class SystemRandom final : public Random {
 public:
  SystemRandom() {
    if (sodium_init() < 0) std::abort();  // no randomness: nothing that follows could be secure
  }
  void fill(MutableBytes out) noexcept override { randombytes_buf(out.data(), out.size()); }
};

class SystemClock final : public Clock {
 public:
  Milliseconds wall() const noexcept override {
    return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  }
  Milliseconds monotonic() const noexcept override {
    return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace

Random& system_random() noexcept {
  static SystemRandom random;
  return random;
}

const Clock& system_clock() noexcept {
  static SystemClock clock;
  return clock;
}

}  // namespace tls
