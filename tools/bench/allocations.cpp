#include "bench/allocations.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {
thread_local sallyport::bench::Allocations* counted = nullptr;

void* take(std::size_t size, std::size_t alignment) {
  void* p = alignment == 0 ? std::malloc(size == 0 ? 1 : size)
                           : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  if (counted != nullptr) {
    ++counted->count;
    if (counted->weigh) {
      counted->live += static_cast<std::int64_t>(malloc_usable_size(p));
      counted->peak = std::max(counted->peak, counted->live);
    }
  }
  return p;
}

void give(void* p) noexcept {
  if (counted != nullptr && counted->weigh && p != nullptr)
    counted->live -= static_cast<std::int64_t>(malloc_usable_size(p));
  std::free(p);
}
}  // namespace

// The whole program's: libraries that it links call these too.
void* operator new(std::size_t n) { return take(n, 0); }
void* operator new[](std::size_t n) { return take(n, 0); }
void* operator new(std::size_t n, std::align_val_t a) { return take(n, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return take(n, static_cast<std::size_t>(a)); }
void operator delete(void* p) noexcept { give(p); }
void operator delete[](void* p) noexcept { give(p); }
void operator delete(void* p, std::size_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t) noexcept { give(p); }
void operator delete(void* p, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { give(p); }

namespace sallyport::bench {

Counting::Counting(Allocations& side) noexcept { counted = &side; }
Counting::~Counting() { counted = nullptr; }

}  // namespace sallyport::bench
