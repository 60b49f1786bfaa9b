// The session that a resumed trace goes on from, for either side. See kind_trace13.cpp for the names of the values.
#pragma once

#include "handshake/settings.h"
#include "vectors/case.h"

namespace tls::vectors::trace13 {

/// Whether the trace resumes a session.
[[nodiscard]] bool is_resumed(const Case& c);

/// Gives a client a store with the trace's session, which has come ticket_age milliseconds ago, and allows early data.
void resume(const Case& c, CipherSuite suite, ClientSettings& settings);
/// Lets a server open the trace's ticket and accept its early data, once. It gives no tickets of its own, as the
/// trace's server does not.
void resume(const Case& c, CipherSuite suite, ServerSettings& settings);

}  // namespace tls::vectors::trace13
