// Turns exceptions into Errors at the boundaries that no exception may cross. This needs no memory.
#pragma once

#include <exception>
#include <initializer_list>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

#include "tls/error.h"

namespace tls {

/// Returns an Error with `words`, or without words if there is no memory for them.
[[nodiscard]] inline Error described(Code code, std::initializer_list<std::string_view> words) noexcept {
  try {
    std::string detail;
    for (const std::string_view w : words) detail += w;
    return Error(code, std::move(detail));
  } catch (...) {
    return Error(code);
  }
}

/// Returns an Error for the exception that is being handled. Call it inside a catch handler. Returns out_of_memory for
/// std::bad_alloc, and `other` for any other exception, with `what` and the words of a std::exception.
[[nodiscard]] inline Error caught(Code other, std::string_view what = {}) noexcept {
  constexpr std::size_t kMaxWords = 512;  // bytes. The words come from foreign code and go into logs
  const std::string_view colon = what.empty() ? "" : ": ";
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return Error(Code::out_of_memory);
  } catch (const std::exception& e) {
    return described(other, {what, colon, std::string_view(e.what()).substr(0, kMaxWords)});
  } catch (...) {
    return described(other, {what, colon, "an exception of an unknown type"});
  }
}

/// What `work` gives, a Result; what it throws is an error of the call: see caught().
template <class Work>
[[nodiscard]] auto without_exceptions(std::string_view what, Work&& work) noexcept -> std::invoke_result_t<Work> {
  try {
    return work();
  } catch (...) {
    return std::unexpected(caught(Code::internal_error, what));
  }
}

/// Calls `work` and drops its exceptions, for places where nothing can be done about them.
template <class Work>
void ignoring_exceptions(Work&& work) noexcept {
  try {
    work();
  } catch (...) {
  }
}

}  // namespace tls
