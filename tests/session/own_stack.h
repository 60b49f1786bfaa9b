// What a computation leaves on the stack: it runs on one that can be looked through afterwards.
#pragma once

#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "support/freed_memory.h"

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)  // sanitizers keep locals elsewhere

namespace tls::test {

/// Runs `work` so far down that nothing which runs on the stack before or behind it writes where it has written.
template <class Work>
[[gnu::noinline]] void far_down(Work& work) {
  std::uint8_t untouched[32 << 10];
  asm volatile("" : : "r"(untouched) : "memory");  // it is in use, here
  work();
  asm volatile("" : : "r"(untouched) : "memory");  // and until here
}

/// Whether `needle` is on the stack that `work` has run on. It runs once before, elsewhere: whoever binds a function at
/// its first call saves registers on the stack.
template <class Work>
[[nodiscard]] bool left_on_stack(Bytes needle, Work work) {
  work();
  constexpr std::size_t kSize = 256 << 10, kPage = 4096;
  auto* const stack = static_cast<std::uint8_t*>(std::aligned_alloc(kPage, kSize));
  if (stack == nullptr) std::abort();
  std::fill(stack, stack + kSize, std::uint8_t{0});
  pthread_attr_t attributes;
  pthread_t thread;
  const auto run = [](void* what) -> void* {
    far_down(*static_cast<Work*>(what));
    return nullptr;
  };
  if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstack(&attributes, stack, kSize) != 0 ||
      pthread_create(&thread, &attributes, run, &work) != 0 || pthread_join(thread, nullptr) != 0)
    std::abort();
  pthread_attr_destroy(&attributes);
  const bool found = !std::ranges::search(Bytes(stack, kSize), needle).empty();
  std::free(stack);
  return found;
}

}  // namespace tls::test

#endif
