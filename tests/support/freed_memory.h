// Whether memory is given back with a secret in it: every block that is freed is looked through. A test program that
// asks links support/freed_memory.cpp, which replaces operator delete; under sanitizers, which have their own, the
// macro is not defined and there is nothing to ask.
#pragma once

#include "tls/bytes.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SALLYPORT_LOOKS_AT_FREED_MEMORY 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#undef SALLYPORT_LOOKS_AT_FREED_MEMORY
#endif
#endif

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)

namespace tls::test {

/// What is looked for on this thread, and how many blocks that were freed held it.
struct Watch {
  Bytes needle;
  int found = 0;
};
extern thread_local Watch* watch;

/// How many blocks that hold the middle of `secret`, 8 bytes, are freed while `run` runs.
template <class Run>
int freed_with(Bytes secret, Run&& run) {
  Watch mine{secret.subspan(secret.size() / 2 - 4, 8)};
  watch = &mine;
  run();
  watch = nullptr;
  return mine.found;
}

}  // namespace tls::test

#endif
