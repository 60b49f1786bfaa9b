// How long tests wait. SALLYPORT_TEST_TIME_SCALE, a whole number from 1 to 1000, makes every deadline of theirs so many
// times as long, for machines that are slow or busy: of programs like this one, of the Python tests
// (tests/support/time_scale.py) and of ctest (cmake/SallyportTestTimes.cmake). It changes no test's outcome on a
// machine that is fast enough: a test that waits goes on as soon as it may.
#pragma once

#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace tls::test {

constexpr int kMostTimeScale = 1000;

/// The number that `text` is; nothing: it is none from 1 to kMostTimeScale.
[[nodiscard]] inline std::optional<int> parse_time_scale(std::string_view text) {
  int scale = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || scale > kMostTimeScale) return std::nullopt;
    scale = scale * 10 + (c - '0');
  }
  if (scale < 1 || scale > kMostTimeScale) return std::nullopt;
  return scale;
}

/// Of the environment, read once; 1 where it is not set. Throws where it is nonsense.
[[nodiscard]] inline int time_scale() {
  static const int scale = [] {
    const char* const text = std::getenv("SALLYPORT_TEST_TIME_SCALE");
    if (text == nullptr || *text == '\0') return 1;
    const auto number = parse_time_scale(text);
    if (!number)
      throw std::runtime_error("SALLYPORT_TEST_TIME_SCALE is \"" + std::string(text) +
                               "\": give a whole number, 1 to 1000");
    return *number;
  }();
  return scale;
}

/// A deadline, or a time within which something is to happen.
template <class Rep, class Period>
[[nodiscard]] std::chrono::duration<Rep, Period> scaled(std::chrono::duration<Rep, Period> time) {
  return time * time_scale();
}

/// Waits until `holds`, for at most `patience`, scaled. Whether it held.
inline bool within(std::chrono::milliseconds patience, const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + scaled(patience);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return holds();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace tls::test
