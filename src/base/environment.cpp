#include "tls/environment.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace tls {
namespace {

class SystemRandom final : public Random {
 public:
  void fill(MutableBytes out) noexcept override {
    while (!out.empty()) {
      const ssize_t drawn = ::getrandom(out.data(), out.size(), 0);
      if (drawn < 0 && errno == EINTR) continue;
      if (drawn <= 0) std::abort();  // no randomness: nothing that follows could be secure
      out = out.subspan(static_cast<std::size_t>(drawn));
    }
  }
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
