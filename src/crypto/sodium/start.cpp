#include "crypto/sodium/start.h"

#include <sodium.h>

#include <cstdlib>

namespace tls::crypto::sodium {

void start() noexcept {
  static const bool started = [] {
    if (sodium_init() < 0) std::abort();
    return true;
  }();
  static_cast<void>(started);
}

}  // namespace tls::crypto::sodium
