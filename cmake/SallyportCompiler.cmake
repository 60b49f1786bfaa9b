# One error, before anything is compiled, where the compiler or its library is too old. What the installed headers say of
# the same stands in include/tls/language.h.
include(CheckCXXSourceCompiles)

function(sallyport_require_language)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # nothing is linked
  if(DEFINED CMAKE_CXX23_STANDARD_COMPILE_OPTION)
    set(CMAKE_REQUIRED_FLAGS "${CMAKE_CXX23_STANDARD_COMPILE_OPTION}")
  endif()
  check_cxx_source_compiles("
    #include <version>
    #ifndef __cpp_lib_expected
    #error
    #endif
    " SALLYPORT_HAVE_EXPECTED)
  if(NOT SALLYPORT_HAVE_EXPECTED)
    unset(SALLYPORT_HAVE_EXPECTED CACHE) # asked again, in case the library is updated
    message(FATAL_ERROR
      "sallyport needs C++23 with std::expected: GCC 12, clang 19 or a later one. "
      "This is ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} (${CMAKE_CXX_COMPILER}). "
      "Name another in a fresh build folder: -DCMAKE_CXX_COMPILER=g++-12")
  endif()
endfunction()
sallyport_require_language()
