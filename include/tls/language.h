// The language that the public headers are written in. A compiler that lacks it stops here, with one line that says
// what is missing. (#error would be followed by an error for each std::expected below.)
#pragma once

#include <version>

// std::expected is what is youngest of all that is used, in the compilers as in their libraries.
#ifndef __cpp_lib_expected
#include "Sallyport needs C++23 with std::expected: GCC 12, clang 19 or a later one, and -std=c++23"
#endif
