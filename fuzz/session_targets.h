// Fuzz targets of what was sealed, kept or stored, and comes back from where anybody may have touched it.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is what SessionState::serialize() gave of a session::State, as a store of bytes would keep it.
void session_state(Bytes input);
/// The input is what ClientSession::serialize() gave.
void client_session(Bytes input);
/// The input is a ticket for the ring whose one key is ticket_key(); the seeds were sealed under it.
void ticket(Bytes input);
/// The input is a file of a client's sessions.
void session_file(Bytes input);

[[nodiscard]] std::array<std::uint8_t, 32> ticket_key() noexcept;

inline constexpr auto kSessionTargets = std::to_array<Target>({
    {"session_state", session_state},
    {"client_session", client_session},
    {"ticket", ticket},
    {"session_file", session_file},
});

}  // namespace tls::fuzz
