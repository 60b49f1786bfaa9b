// A fuzz target is a function of bytes that ends by an exception when something that must always hold does not. The
// fuzzer calls it with what it makes up; the tests call it with the seeds and with every input that ever failed.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "tls/bytes.h"

namespace tls::fuzz {

struct Target {
  std::string_view name;  ///< of the function, of fuzz_NAME, and of its folders in fuzz/seeds and fuzz/regressions
  void (*run)(Bytes input);
};

/// Throws, and so fails the fuzzer or the test, unless `holds`.
inline void require(bool holds, std::string_view what) {
  if (!holds) throw std::logic_error(std::string(what));
}

}  // namespace tls::fuzz
