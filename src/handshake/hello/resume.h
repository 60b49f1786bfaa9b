// A server's decisions about offered PSKs and the lifetime of sessions, as pure functions.
#pragma once

#include <expected>
#include <optional>

#include "handshake/hello/negotiate.h"
#include "handshake/psk.h"
#include "session/state.h"

namespace tls::handshake::hello {

/// Returns the fingerprint of the protocol for which early data is. Zeros if there is none.
[[nodiscard]] session::Fingerprint alpn_fingerprint(std::string_view alpn, const ServerSettings& settings);

/// Returns how long a session made now may be resumed, in both versions: the configured time, but at most until seven
/// days after `authenticated`, over all resumptions (RFC 9846 §4.7.1), and at most until `not_after`, when the client's
/// chain expires.
[[nodiscard]] std::chrono::seconds session_lifetime(const ServerSettings& settings, Clock::Milliseconds authenticated,
                                                    Clock::Milliseconds not_after, Clock::Milliseconds now) noexcept;

/// Returns the suite with which a ticket's session is resumed: its own suite if possible, otherwise the best one with
/// the same hash. Returns null if the session has expired, has another version, is bound to something else, or lacks
/// the certificate that is required now. This is never an error.
[[nodiscard]] const crypto::SuiteFacts* suite_to_resume(const session::State& session, const Decision13& decision,
                                                        const ServerSettings& settings);
/// Returns the best suite with that hash, or null.
[[nodiscard]] const crypto::SuiteFacts* suite_with(crypto::HashId hash, const Decision13& decision);

/// How a handshake began.
enum class Beginning : std::uint8_t {
  full,
  resumed,
  renewed,  ///< resumed with a ticket that its sealer wants replaced, because its key will soon be gone
};
/// Returns the number of tickets that the client receives after this handshake: as many as it asks for (RFC 9149),
/// otherwise as many as configured. A ticket that must be renewed is replaced even if new_tickets(0) is configured,
/// unless the client asks for none.
[[nodiscard]] std::uint8_t ticket_count(const Decision13& decision, Beginning beginning,
                                        const ServerSettings& settings);

/// Returns the stamp that the guard puts on tickets: its epoch, mixed with the replay window. If servers that share a
/// guard have different windows, the expiry of a token differs between them. So each server treats the other's tickets
/// as tickets of another epoch. Returns no value if early data is not possible now.
[[nodiscard]] std::optional<ReplayGuard::Stamp> guard_stamp(const ServerSettings& settings);

/// Returns the client's idea of the ticket's age minus its real age (RFC 9846 §4.3.11.1).
[[nodiscard]] Clock::Milliseconds ticket_age_skew(const session::State& session, std::uint32_t obfuscated_age,
                                                  Clock::Milliseconds now) noexcept;

/// Returns the claim that decides whether offered early data is accepted, or the reason why it must be rejected already
/// (RFC 9846 §4.3.10, §8). Preconditions: the binder was verified, and `decision.suite` is the suite of the handshake.
[[nodiscard]] std::expected<ReplayClaim, EarlyDataRefusal> early_data_claim(const session::State& session,
                                                                            std::size_t identity,
                                                                            std::uint32_t obfuscated_age, Bytes binder,
                                                                            const Decision13& decision,
                                                                            const ServerSettings& settings);

}  // namespace tls::handshake::hello
