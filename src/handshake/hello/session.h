// The session that a client offers, and the key under which it is stored.
#pragma once

#include <optional>
#include <string_view>

#include "handshake/settings.h"

namespace tls::handshake::hello {

/// Returns the key under which sessions with this peer are stored. Precondition: `name` comes from reference_name().
[[nodiscard]] SessionKey session_key(const ClientSettings& settings, std::string_view name, std::uint16_t port);

/// Takes a session from the store. Returns no value without a store, or if the session must not be offered now. It may
/// be offered if its version and suite are configured, it has not expired, and it has the protections that the
/// configuration requires. The verifier must also still accept its server (may_resume()): otherwise all sessions
/// of `key` are removed from the store.
[[nodiscard]] std::optional<ClientSession> take_session(const ClientSettings& settings, const SessionKey& key);

}  // namespace tls::handshake::hello
