// One exchange with a responder, bounded in time and size.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ocsp_url.h"
#include "tls/adapters/ocsp.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::ocsp {

inline constexpr unsigned kMaxRedirects = 3;     // of one exchange
inline constexpr std::size_t kMaxAddresses = 8;  // of a responder's name, that are tried

struct FetchOptions {
  std::chrono::milliseconds timeout{};  ///< of the whole exchange but for resolving
  bool allow_private = false;
  const StapleResolver* resolve = nullptr;  ///< never null
  int stop = -1;                            ///< a descriptor: once it is readable the exchange is given up; -1: none
};

/// What the responder at `url` answers to `request`, an OCSPRequest: by GET where the URL stays short, else, and where
/// GET is refused, by POST. Fails with timed_out, transport_failed, bad_config (a redirect that is not followed, an
/// address that is not asked), in words that name the URL. What comes back has been judged by nobody.
[[nodiscard]] Result<std::vector<std::uint8_t>> fetch(const Url& url, Bytes request, const FetchOptions& options);

}  // namespace tls::ocsp
