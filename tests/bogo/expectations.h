// What must hold once the handshake is over.
#pragma once

#include "options.h"
#include "settings.h"
#include "tls/connection.h"

namespace bogo {

/// Says on the error stream what does not hold, and returns false then.
[[nodiscard]] bool expectations_hold(const Settings& settings, const tls::Connection& connection);

/// The same of the session that a TLS 1.3 client must have been given by the end of the connection.
[[nodiscard]] bool new_session_holds(const Settings& settings, const tls::Connection& connection);

}  // namespace bogo
