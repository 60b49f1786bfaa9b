#include "support/freed_memory.h"

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

thread_local tls::test::Watch* tls::test::watch = nullptr;

namespace {

// Nothing here allocates.
void look_and_free(void* memory) noexcept {
  if (memory != nullptr && tls::test::watch != nullptr) {
    const tls::Bytes block{static_cast<const std::uint8_t*>(memory), ::malloc_usable_size(memory)};
    if (!std::ranges::search(block, tls::test::watch->needle).empty()) ++tls::test::watch->found;
  }
  std::free(memory);
}

}  // namespace

// All of these come from malloc, as libstdc++'s own operator new does.
void* operator new(std::size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  // What was left here before the watch began is not its business.
  if (tls::test::watch != nullptr) std::memset(memory, 0, ::malloc_usable_size(memory));
  return memory;
}
void operator delete(void* memory) noexcept { look_and_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { look_and_free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { look_and_free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { look_and_free(memory); }

#endif
