#include "support/faults.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace tls::test {
namespace {

struct State {
  std::size_t planned = 0, made = 0;
  Faults::Lasting lasting = Faults::Lasting::once;
  unsigned calls = 0;  // of the API that run now
  bool fired = false, dry = false;
};
thread_local State state;

/// Of plan_elsewhere().
std::atomic<std::size_t> elsewhere_planned{0}, elsewhere_made{0};
std::atomic<bool> elsewhere_fired{false};
thread_local bool plans_elsewhere = false;  // this thread has planned: it is here

}  // namespace

void Faults::plan(std::size_t n, Lasting lasting) noexcept { state = {.planned = n, .made = 0, .lasting = lasting}; }
bool Faults::fired() noexcept { return state.fired; }
std::size_t Faults::count() noexcept { return state.made; }
void Faults::plan_elsewhere(std::size_t n) noexcept {
  plans_elsewhere = true;
  elsewhere_planned = 0;
  elsewhere_made = 0;
  elsewhere_fired = false;
  elsewhere_planned = n;
}
bool Faults::fired_elsewhere() noexcept { return elsewhere_fired; }
Faults::Call::Call() noexcept { ++state.calls; }
Faults::Call::~Call() {
  --state.calls;
  state.dry = false;
}
bool Faults::next() noexcept {
  if (!plans_elsewhere && elsewhere_planned != 0 && ++elsewhere_made == elsewhere_planned) {
    elsewhere_fired = true;
    return true;
  }
  if (state.calls == 0) return false;
  if (state.dry) return true;
  if (++state.made != state.planned) return false;
  state.fired = true;
  state.dry = state.lasting == Lasting::for_this_call;
  return true;
}

}  // namespace tls::test

namespace {

void* take(std::size_t size, std::size_t alignment) {
  if (!tls::test::Faults::next()) {
    void* const p = alignment == 0 ? std::malloc(size == 0 ? 1 : size)
                                   : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (p != nullptr) return p;
  }
  throw std::bad_alloc();
}

/// Botan keeps secrets in a pool of locked memory, whose deallocate() is noexcept and may allocate: where that fails
/// the process ends, and there is nothing to catch. Botan reads this variable when it is loaded, before anything here
/// runs, so the program starts itself once more. docs/embedding.md tells users the same.
constexpr char kPool[] = "BOTAN_MLOCK_POOL_SIZE";
[[gnu::constructor]] void without_botans_pool(int, char** arguments) {
  if (std::getenv(kPool) != nullptr) return;
  if (::setenv(kPool, "0", 1) != 0 || ::execv("/proc/self/exe", arguments) != 0) std::abort();
}

}  // namespace

// NOLINTBEGIN: replaced as [new.delete] has it; all memory comes from malloc.
void* operator new(std::size_t n) { return take(n, 0); }
void* operator new[](std::size_t n) { return take(n, 0); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return tls::test::Faults::next() ? nullptr : std::malloc(n == 0 ? 1 : n);
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
  return tls::test::Faults::next() ? nullptr : std::malloc(n == 0 ? 1 : n);
}
void* operator new(std::size_t n, std::align_val_t a) { return take(n, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return take(n, static_cast<std::size_t>(a)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
// NOLINTEND
