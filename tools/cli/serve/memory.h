// What a session remembers of the handshake that made it: the page tells what resumption saved. It travels in the
// session itself (ServerConfig::Builder::session_data()), so that no server has to keep it, and any that opens the
// ticket knows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tls/bytes.h"
#include "tls/config.h"

namespace sallyport::cli {

struct Memory {
  std::uint32_t connections = 0;              ///< of the session before this one, the first included
  std::uint32_t bytes_in = 0, bytes_out = 0;  ///< of the full handshake, on the server's side: see Effort. Of TLS 1.2
                                              ///< the server's last flight is not in it: it holds the session itself
  std::uint32_t microseconds = 0;             ///< that it took, until then

  /// Nothing: the bytes are not what encoded() makes.
  [[nodiscard]] static std::optional<Memory> parse(tls::Bytes bytes);
  [[nodiscard]] std::vector<std::uint8_t> encoded() const;
};

/// Notes the handshake in new sessions, and counts connections in those that are resumed. For servers whose connections
/// belong to Visits.
[[nodiscard]] tls::SessionData remember();

}  // namespace sallyport::cli
