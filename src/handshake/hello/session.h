// Which session a client offers, and under what it is kept.
#pragma once

#include <optional>
#include <string_view>

#include "handshake/settings.h"

namespace tls::handshake::hello {

/// Under what sessions with this peer are kept; `name` has been checked by reference_name().
[[nodiscard]] SessionKey session_key(const ClientSettings& settings, std::string_view name, std::uint16_t port);

/// A session that may be offered now, taken out of the store: of a version and with a suite that are configured, not
/// older than it may be, with the protections that are demanded today, and of a server of which the verifier knows
/// nothing else by now (may_resume()): else all of `key` are forgotten. Nothing without a store.
[[nodiscard]] std::optional<ClientSession> take_session(const ClientSettings& settings, const SessionKey& key);

}  // namespace tls::handshake::hello
