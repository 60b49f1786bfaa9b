// The edge of an adapter: what is thrown inside of it becomes an Error there, without needing memory for it.
#pragma once

#include <exception>
#include <initializer_list>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tls/error.h"

namespace tls {

/// An error with words, as far as there is memory for them.
[[nodiscard]] inline Error worded(Code code, std::initializer_list<std::string_view> words) noexcept {
  try {
    std::string detail;
    for (const std::string_view w : words) detail += w;
    return Error(code, std::move(detail));
  } catch (...) {
    return Error(code);
  }
}

/// The exception that is being handled, to be called in a handler alone: out_of_memory, or provider_failed with the
/// words of a std::exception, for what is not memory was thrown by code of the application.
[[nodiscard]] inline Error caught_here() noexcept {
  constexpr std::size_t kMaxWords = 512;  // bytes: they are somebody else's, and go into logs
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return Error(Code::out_of_memory);
  } catch (const std::exception& e) {
    return worded(Code::provider_failed, {std::string_view(e.what()).substr(0, kMaxWords)});
  } catch (...) {
    return worded(Code::provider_failed, {"an exception of an unknown type"});
  }
}

/// Runs `work`, which returns a Result; what it throws is its Error.
template <class Work>
auto at_the_edge(Work&& work) noexcept -> std::invoke_result_t<Work> {
  try {
    return work();
  } catch (...) {
    return std::unexpected(caught_here());
  }
}

/// Calls what may throw where nothing can be done about it.
template <class Work>
void come_what_may(Work&& work) noexcept {
  try {
    work();
  } catch (...) {
  }
}

}  // namespace tls
