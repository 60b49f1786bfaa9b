// What a server makes of the PSKs that a ClientHello offers, and how long sessions last, as pure functions.
#pragma once

#include <expected>
#include <optional>

#include "handshake/hello/negotiate.h"
#include "handshake/psk.h"
#include "session/state.h"

namespace tls::handshake::hello {

/// Of the protocol that early data is for; zeros without one.
[[nodiscard]] session::Fingerprint alpn_fingerprint(std::string_view alpn, const ServerSettings& settings);

/// How long a session of today may be resumed, in either version: as configured, and no longer than seven days after
/// `authenticated`, through all resumptions (RFC 9846 §4.7.1), and than the client's chain, which ends at `not_after`.
[[nodiscard]] std::chrono::seconds session_lifetime(const ServerSettings& settings, Clock::Milliseconds authenticated,
                                                    Clock::Milliseconds not_after, Clock::Milliseconds now) noexcept;

/// The suite with which a ticket's session goes on: its own where it can be had, else the best with the same hash.
/// Nothing: the session is expired, of another version, bound to something else, or without the certificate that is
/// required now. Never a reason to fail.
[[nodiscard]] const crypto::SuiteFacts* suite_to_resume(const session::State& session, const Decision13& decision,
                                                        const ServerSettings& settings);
/// The best suite of that hash, or null.
[[nodiscard]] const crypto::SuiteFacts* suite_with(crypto::HashId hash, const Decision13& decision);

/// How a handshake began.
enum class Beginning : std::uint8_t {
  full,
  resumed,
  renewed,  ///< resumed, by a ticket that its sealer wants replaced: its key will soon be gone
};
/// How many tickets the client is given after this handshake: as it asks (RFC 9149), else as configured. A ticket that
/// has to be renewed is, even where no others are given (new_tickets(0)): but not for a client that asks for none.
[[nodiscard]] std::uint8_t ticket_count(const Decision13& decision, Beginning beginning,
                                        const ServerSettings& settings);

/// What the guard stamps tickets with, its epoch mixed with the replay window: where servers that share a guard
/// disagree about the window, a token's expiry is not the same for all of them, and so each takes the others' tickets
/// for those of another epoch. Nothing: no early data now.
[[nodiscard]] std::optional<ReplayGuard::Stamp> guard_stamp(const ServerSettings& settings);

/// How much older the client takes the ticket for than it is (RFC 9846 §4.3.11.1).
[[nodiscard]] Clock::Milliseconds ticket_age_skew(const session::State& session, std::uint32_t obfuscated_age,
                                                  Clock::Milliseconds now) noexcept;

/// The claim on which early data that is offered may be accepted, once the binder has been verified; why not, where it
/// has to be refused already (RFC 9846 §4.3.10, §8). `decision.suite` is that of the handshake.
[[nodiscard]] std::expected<ReplayClaim, EarlyDataRefusal> early_data_claim(const session::State& session,
                                                                            std::size_t identity,
                                                                            std::uint32_t obfuscated_age, Bytes binder,
                                                                            const Decision13& decision,
                                                                            const ServerSettings& settings);

}  // namespace tls::handshake::hello
