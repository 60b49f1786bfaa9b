// Randomness that lets another thread go first.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "support/environment.h"
#include "support/time_scale.h"

namespace tls::test {

/// Randomness that a thread waits for, if it is to linger: while it seals a ticket, and holds the ring as it was, or
/// while it turns the ring.
struct Lingering final : Random {
  std::atomic<bool> lingers{true}, begun{false}, released{false};
  SeededRandom drawn{7};
  void fill(MutableBytes out) noexcept override {
    if (lingers) {
      begun = true;
      released.wait(false);
    }
    drawn.fill(out);
  }
  void release() {
    released = true;
    released.notify_all();
  }
  /// Whether somebody waits: at once, or soon.
  [[nodiscard]] bool waited_for() const {
    return within(std::chrono::seconds(10), [&] { return begun.load(); });
  }
  /// Runs `replace` while the sealer waits, which is let go a little later. Whether `replace` has waited for that:
  /// `released` when it returns.
  template <class Replace>
  [[nodiscard]] bool outlasts(Replace replace) {
    if (!waited_for()) return false;
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      release();
    });
    replace();
    const bool waited = released;
    later.join();
    return waited;
  }
};

}  // namespace tls::test
