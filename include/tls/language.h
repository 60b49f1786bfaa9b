// The language of the public headers. A compiler that lacks it stops here with one line that says what is missing.
// (After #error, one error for each std::expected below would follow.)
#pragma once

#include <version>

// Of all features in use, std::expected is the newest, in compilers and in their libraries.
#ifndef __cpp_lib_expected
#include "Sallyport needs C++23 with std::expected: GCC 12, clang 19 or a later one, and -std=c++23"
#endif
