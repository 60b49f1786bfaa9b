// The pages of `sallyport server --www`: / tells a visitor in words what was negotiated, and what resumption saved.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/channel.h"
#include "cli/serve/http.h"
#include "cli/serve/memory.h"
#include "cli/serve/visit.h"

namespace sallyport::cli {

/// The target that ends the connection and leads back to /, so that a browser makes a new one.
inline constexpr std::string_view kReconnect = "/reconnect";

/// What the page at / is made of.
struct Seen {
  const tls::ConnectionInfo& info;
  Effort effort;
  std::optional<Memory> memory;  ///< of the session that was resumed
  bool handshake_done = true;    ///< or the request came as early data and is answered before
};

/// The page at /: HTML without scripts and without anything to be fetched from elsewhere.
[[nodiscard]] std::string welcome(const Seen& seen);

/// How often a browser that came from there is sent on: it may have had another connection open all the time, made
/// before there was anything to resume.
inline constexpr int kMaxDetours = 3;

/// The answer to a request for `target`; `query` is what stood behind its question mark.
[[nodiscard]] Response page(const Visit& visit, const std::string& target, const std::string& query);

}  // namespace sallyport::cli
