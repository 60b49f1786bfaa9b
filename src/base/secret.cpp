#include "tls/secret.h"

#include <sodium.h>

#include "base/constant_time.h"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define SALLYPORT_MARK(kind, bytes) VALGRIND_MAKE_MEM_##kind((bytes).data(), (bytes).size())
#else
#define SALLYPORT_MARK(kind, bytes) static_cast<void>(bytes)
#endif

namespace tls {

void wipe(MutableBytes bytes) noexcept { sodium_memzero(bytes.data(), bytes.size()); }

bool constant_time_equal(Bytes a, Bytes b) noexcept {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void poison(Bytes secret) noexcept { SALLYPORT_MARK(UNDEFINED, secret); }
void unpoison(Bytes declassified) noexcept { SALLYPORT_MARK(DEFINED, declassified); }

}  // namespace tls
