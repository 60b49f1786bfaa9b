// What exceptions become at the edges where none may pass, without needing memory for it.
#pragma once

#include <exception>
#include <initializer_list>
#include <new>
#include <string>
#include <string_view>

#include "tls/error.h"

namespace tls {

/// An error with words, as far as there is memory for them.
[[nodiscard]] inline Error described(Code code, std::initializer_list<std::string_view> words) noexcept {
  try {
    std::string detail;
    for (const std::string_view w : words) detail += w;
    return Error(code, std::move(detail));
  } catch (...) {
    return Error(code);
  }
}

/// The exception that is being handled, to be called in a handler alone: out_of_memory for std::bad_alloc, `other` for
/// all else, with `what` and the words of a std::exception.
[[nodiscard]] inline Error caught(Code other, std::string_view what = {}) noexcept {
  constexpr std::size_t kMaxWords = 512;  // bytes: they are somebody else's, and go into logs
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

/// Calls what may throw where nothing can be done about it.
template <class Work>
void ignoring_exceptions(Work&& work) noexcept {
  try {
    work();
  } catch (...) {
  }
}

}  // namespace tls
