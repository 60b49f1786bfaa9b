// What a server prints: one line, or one JSON document, for each connection, and what its replay guard has counted.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/channel.h"
#include "cli/tls_options.h"
#include "tls/error.h"
#include "tls/session.h"

namespace sallyport::cli {

/// One connection at its end.
struct Visitor {
  std::string address;       ///< "127.0.0.1:50000"; empty: it was gone before it could be asked for
  std::int64_t seconds = 0;  ///< since 1970, UTC: when it ended
};

/// "2026-12-01T12:00:00Z 127.0.0.1:50000 ", with which every line begins.
[[nodiscard]] std::string prefix_of(const Visitor& visitor);
/// Who came, when, and what was negotiated, in one line.
[[nodiscard]] std::string line_of(const Visitor& visitor, const tls::ConnectionInfo& info, const Traffic& traffic);
/// The same for a connection that failed, with all that is known of why: explain().
[[nodiscard]] std::string failure_of(const Visitor& visitor, const tls::Error& error, const TlsOptions& options,
                                     const tls::ConnectionInfo& info);
/// `time` and `peer`, then facts() where the handshake was done; `failure` null: there was none. `guard`: what the
/// replay guard has counted so far.
[[nodiscard]] nlohmann::ordered_json json_of(const Visitor& visitor, const tls::ConnectionInfo& info,
                                             const Traffic& traffic, const tls::Error* failure,
                                             const std::optional<tls::ReplayCounts>& guard);

/// "replay guard: 3 fresh, 1 replayed, 0 too late, 0 unknown".
[[nodiscard]] std::string line_of(const tls::ReplayCounts& counts);
[[nodiscard]] nlohmann::ordered_json json_of(const tls::ReplayCounts& counts);

}  // namespace sallyport::cli
