#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

/// Botan computes RSA in threads of its own and hands results over by std::future. Neither it nor the C++ library is
/// compiled for ThreadSanitizer, which therefore sees the memory that they write and not how they wait for it. What we
/// do with Botan's objects is still watched: calls from our code are not calls from theirs.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libbotan-2.so\n"
         "called_from_lib:libbotan-3.so\n";
}
