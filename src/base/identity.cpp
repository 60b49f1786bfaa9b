#include "tls/identity.h"

#include <array>

#include "tls/environment.h"

namespace tls {

// 128 bits: no object of another process, and no later one at the same address, has the same.
std::string unique_identity() {
  std::array<std::uint8_t, 16> id;
  system_random().fill(id);
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

}  // namespace tls
