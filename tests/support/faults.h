// Memory that runs out where a test has planned it: operator new of a program that links faults.cpp asks here.
#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

namespace tls::test {

class Faults {
 public:
  enum class Lasting {
    once,           ///< one allocation fails, the next one does not
    for_this_call,  ///< nothing can be had until the call of the API returns
  };
  /// The `n`-th allocation within calls of the API on this thread from now on fails, counted from 1; 0: none does.
  static void plan(std::size_t n, Lasting lasting = Lasting::once) noexcept;
  /// Whether the planned one has come.
  [[nodiscard]] static bool fired() noexcept;
  /// Allocations within calls of the API since plan().
  [[nodiscard]] static std::size_t count() noexcept;

  /// The same for all threads but this one, which need no Call; 0: none fails.
  static void plan_elsewhere(std::size_t n) noexcept;
  [[nodiscard]] static bool fired_elsewhere() noexcept;

  /// The length of one call of the API.
  class Call {
   public:
    Call() noexcept;
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
  };
  /// Whether the allocation that is about to be made fails.
  static bool next() noexcept;
};

/// Tries `trial` with the first allocation failing, then with the second, until none is left to fail. `trial` gets the
/// number, makes its calls with Faults::Call, and may return whether an allocation failed, where it plans anew itself.
/// Returns how many failed.
template <class Trial>
std::size_t exhaust_memory(Trial&& trial, Faults::Lasting lasting = Faults::Lasting::once) {
  for (std::size_t n = 1;; ++n) {
    Faults::plan(n, lasting);
    bool fired = false;
    if constexpr (std::is_same_v<decltype(trial(n)), bool>) {
      fired = trial(n);
    } else {
      trial(n);
      fired = Faults::fired();
    }
    Faults::plan(0);
    if (!fired) return n - 1;
  }
}

/// Makes one call of the API that may throw std::bad_alloc, and nothing else; whether it did not.
template <class F>
bool goes_well(F&& f) {
  try {
    const Faults::Call now;
    f();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

/// One call of the API in which memory may run out: what it gives. `escaped` is told of what it throws.
template <class F>
auto guarded_call(std::string& escaped, std::string_view what, F&& f) -> decltype(f()) {
  try {
    const Faults::Call now;
    return f();
  } catch (...) {
    escaped += std::string(what) + " ";
    throw;
  }
}

}  // namespace tls::test
