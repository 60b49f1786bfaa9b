#include "support/freed_memory.h"

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
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
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { look_and_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { look_and_free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { look_and_free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { look_and_free(memory); }

#endif
