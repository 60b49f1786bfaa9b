# How everything is compiled. Users who embed the library with add_subdirectory get the library, and the adapters that they
# link.
option(SALLYPORT_BUILD_ADAPTERS "Build the adapters: sockets, a poll loop, session files, Redis, keys elsewhere" ON)
set(SALLYPORT_BUILD_PKCS11 AUTO CACHE STRING "Build the adapter pkcs11: ON, OFF, or AUTO, where p11-kit is there")
option(SALLYPORT_INSTALL "Offer cmake --install" ${PROJECT_IS_TOP_LEVEL})
option(SALLYPORT_BUILD_TOOLS "Build the command line tool" ${PROJECT_IS_TOP_LEVEL})
option(SALLYPORT_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(SALLYPORT_BUILD_BENCH "Build the comparison with other libraries (script/bench)" OFF)
option(SALLYPORT_BUILD_FUZZERS "Build the libFuzzer targets (clang only)" OFF)
option(SALLYPORT_WERROR "Treat warnings as errors" OFF)
set(SALLYPORT_SANITIZE "" CACHE STRING "Sanitizers for everything: address,undefined or thread")

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(sallyport_options INTERFACE)
target_compile_features(sallyport_options INTERFACE cxx_std_23)
target_compile_options(sallyport_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wimplicit-fallthrough -Wnon-virtual-dtor -Woverloaded-virtual
  -fno-strict-aliasing
  $<$<BOOL:${SALLYPORT_WERROR}>:-Werror>)
if(SALLYPORT_SANITIZE)
  set(SALLYPORT_SANITIZE_FLAG "-fsanitize=${SALLYPORT_SANITIZE}")
  target_compile_options(sallyport_options INTERFACE
    -fsanitize=${SALLYPORT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(sallyport_options INTERFACE -fsanitize=${SALLYPORT_SANITIZE})
endif()
if(SALLYPORT_BUILD_FUZZERS)
  target_compile_options(sallyport_options INTERFACE -fsanitize=fuzzer-no-link) # coverage for libFuzzer
endif()

find_program(SALLYPORT_CCACHE ccache)
if(SALLYPORT_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What includes a precompiled header is cached when ccache does not ask for the time of its making.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${SALLYPORT_CCACHE}")
endif()

# For targets with precompiled headers: what ccache needs to know them by their contents.
set(SALLYPORT_PRECOMPILED $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
