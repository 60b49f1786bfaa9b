// Decides whether a session that a server has found may be resumed. Pure functions of the session, the decisions about
// the ClientHello, and the configuration.
#pragma once

#include <optional>
#include <string>

#include "handshake/hello/negotiate.h"
#include "session/state.h"

namespace tls::handshake::hello {

/// TLS 1.2: returns true if the session is resumed, false for a full handshake. `now` is wall time. Fails with
/// session_lost_extended_main_secret if the session has extended_main_secret and the ClientHello lacks it (RFC 7627
/// §5.3).
[[nodiscard]] Result<bool> may_resume12(const session::State& session, const Common12& decision,
                                        const ServerSettings& settings, Clock::Milliseconds now);

}  // namespace tls::handshake::hello
