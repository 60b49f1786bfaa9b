// Whatever Botan throws becomes an Error here.
#pragma once

#include <string_view>
#include <type_traits>

#include "base/exceptions.h"

namespace tls::crypto::botan {

/// Runs `work`, which returns a Result; an exception becomes fail(code, "<what>: <the exception's words>"), and
/// std::bad_alloc out_of_memory.
template <class Work>
auto guarded(Code code, std::string_view what, Work&& work) noexcept -> std::invoke_result_t<Work> {
  try {
    return work();
  } catch (...) {
    return std::unexpected(caught(code, what));
  }
}

}  // namespace tls::crypto::botan
