// Whether a session that a server has found may be resumed: pure functions of the session, the ClientHello's decision
// and the configuration.
#pragma once

#include <optional>
#include <string>

#include "handshake/hello/negotiate.h"
#include "session/state.h"

namespace tls::handshake::hello {

/// TLS 1.2: true when the session is resumed; false when the handshake is a full one. `now`: wall time. Fails with
/// session_lost_extended_main_secret where RFC 7627 leaves no choice.
[[nodiscard]] Result<bool> may_resume12(const session::State& session, const Common12& decision,
                                        const ServerSettings& settings, Clock::Milliseconds now);

}  // namespace tls::handshake::hello
