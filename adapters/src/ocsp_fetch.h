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

inline constexpr unsigned kMaxRedirects = 3;      // of one exchange
inline constexpr std::size_t kMaxAddresses = 8;   // of a responder's name, that are tried
inline constexpr std::size_t kMaxResponders = 4;  // of a leaf, that are asked

struct FetchOptions {
  /// Of the whole exchange. To resolve the name counts, but cannot be cut short. Real time, whatever the keeper's clock
  /// says: a socket's deadline has to come where tests, or somebody, step the wall clock.
  std::chrono::milliseconds timeout{};
  bool allow_private = false;
  const StapleResolver* resolve = nullptr;  ///< never null
  int stop = -1;                            ///< a descriptor: once it is readable the exchange is given up; -1: none
};

/// What the responder at `url` answers to `request`, an OCSPRequest: by GET where the URL stays short, else, and where
/// GET is refused, by POST. The name is resolved once; all requests of the exchange go to the addresses that this
/// gives. Fails with timed_out, transport_failed, bad_config (a redirect that is not followed, an address that is not
/// asked), in words that name the URL, and with aborted where it is told to stop: it looks before it resolves and after
/// that, before each request and while it waits. What comes back has been judged by nobody.
// test: ocsp: a name is resolved once for an exchange, redirects and POST included
[[nodiscard]] Result<std::vector<std::uint8_t>> fetch(const Url& url, Bytes request, const FetchOptions& options);

/// Whether a FetchOptions::stop tells to stop.
[[nodiscard]] bool told_to_stop(int stop) noexcept;

}  // namespace tls::ocsp
