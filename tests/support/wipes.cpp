#include "support/wipes.h"

#include <utility>

namespace tls::test {

thread_local Wiped* wipes_seen = nullptr;

}  // namespace tls::test

extern "C" void __real_explicit_bzero(void* memory, std::size_t size);
extern "C" void __wrap_explicit_bzero(void* memory, std::size_t size) {
  if (auto* const seen = std::exchange(tls::test::wipes_seen, nullptr)) {
    const auto* const bytes = static_cast<const std::uint8_t*>(memory);
    seen->emplace_back(bytes, bytes + size);
    tls::test::wipes_seen = seen;
  }
  __real_explicit_bzero(memory, size);
}
