#include "tls/secret.h"

#include <string.h>

#include "base/constant_time.h"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define SALLYPORT_MARK(kind, bytes) VALGRIND_MAKE_MEM_##kind((bytes).data(), (bytes).size())
#else
#define SALLYPORT_MARK(kind, bytes) static_cast<void>(bytes)
#endif

namespace tls {

void wipe(MutableBytes bytes) noexcept {
  if (!bytes.empty()) ::explicit_bzero(bytes.data(), bytes.size());
}

bool constant_time_equal(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return false;
  std::uint32_t differing = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differing |= static_cast<std::uint32_t>(a[i] ^ b[i]);
    asm volatile("" : "+r"(differing));  // the compiler knows nothing of it, and so no reason to stop early
  }
  return differing == 0;
}

void poison(Bytes secret) noexcept { SALLYPORT_MARK(UNDEFINED, secret); }
void unpoison(Bytes declassified) noexcept { SALLYPORT_MARK(DEFINED, declassified); }

}  // namespace tls
