// The one wrapper that stops exceptions: whatever Botan or the standard library throws becomes an Error.
#pragma once

#include <exception>
#include <string>
#include <type_traits>

#include "tls/error.h"

namespace tls::crypto::botan {

/// Runs `work`, which returns a Result; an exception becomes fail(code, "<what>: <the exception's words>").
template <class Work>
auto guarded(Code code, std::string_view what, Work&& work) noexcept -> std::invoke_result_t<Work> {
  try {
    return work();
  } catch (const std::exception& e) {
    return fail(code, std::string(what) + ": " + e.what());
  } catch (...) {
    return fail(code, std::string(what) + ": an unknown exception");
  }
}

}  // namespace tls::crypto::botan
