#include "tls/identity.h"

#include <array>

#include "tls/environment.h"

namespace tls {

// 128 random bits: no object of another process, and no later one at the same address, is taken for this one.
Identified::Identified() {
  std::array<std::uint8_t, 16> id;
  system_random().fill(id);
  instance_.assign(reinterpret_cast<const char*>(id.data()), id.size());
}

}  // namespace tls
