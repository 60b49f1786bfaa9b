// A session as a server knows it: the data behind a SessionState.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "crypto/hash.h"
#include "tls/session.h"

namespace tls::session {

struct SessionSecretRole;
/// TLS 1.2: the main secret, 48 bytes. TLS 1.3: the ticket's PSK, as long as the hash of the suite.
using ResumptionKey = Secret<SessionSecretRole, 48>;

/// A truncated SHA-256. It lets sessions be compared without storing names.
using Fingerprint = std::array<std::uint8_t, 16>;

/// Returns the digest of everything that must be the same when a session is resumed: server name, context of the
/// service, what clients are asked for, who verifies their certificates, and the algorithms for it. Each of `parts` is
/// hashed with its length.
[[nodiscard]] Fingerprint fingerprint(const crypto::HashImpl& sha256, std::initializer_list<Bytes> parts) noexcept;

/// One session. encode() writes at most SessionState::kMax bytes. A TLS 1.2 session takes 89 bytes. The identity of the
/// client is in the notes.
struct State {
  ProtocolVersion version = ProtocolVersion::tls12;
  CipherSuite suite{};
  bool extended_main_secret = false;
  ResumptionKey secret;
  Clock::Milliseconds issued{};         ///< wall time of the handshake, or of the ticket
  std::chrono::seconds lifetime{};      ///< counted from `issued`
  Clock::Milliseconds authenticated{};  ///< wall time of the handshake in which a certificate was shown. A renewed
                                        ///< session expires at most limits::kMaxSessionLifetime after it
  Fingerprint binding{};                ///< fingerprint() of the things to which the session is bound
  SessionNotesPtr notes;                ///< null: no client certificate, and no data of the application

  // TLS 1.3 alone.
  std::uint32_t age_add = 0;         ///< ticket_age_add
  std::uint32_t max_early_data = 0;  ///< bytes. 0: early data is not allowed
  Fingerprint alpn{};                ///< of the protocol for which early data is. Zeros if there is none
  ReplayGuard::Stamp stamp;          ///< of the guard, when the ticket was made. Unused without early data

  /// Returns true if the client has authenticated with a certificate.
  [[nodiscard]] bool has_certificate() const noexcept { return notes && notes->identity != PeerIdentity::none; }
  /// Returns the wall time at which the client's chain expires, or max() without a chain.
  [[nodiscard]] Clock::Milliseconds not_after() const noexcept {
    return notes ? notes->not_after : Clock::Milliseconds::max();
  }
  /// Returns true also for a session that is further in the future than limits::kMaxClockDifference.
  [[nodiscard]] bool expired(Clock::Milliseconds now) const noexcept;
  /// Returns the time since the session was issued, or 0 for a session from the future: the clock of the server that
  /// issued it is ahead of ours.
  [[nodiscard]] Clock::Milliseconds age(Clock::Milliseconds now) const noexcept;
  [[nodiscard]] SessionState encode() const;
  /// Returns no value if encode() did not write `state`, if its notes are missing or replaced, or if another version of
  /// this code wrote it.
  [[nodiscard]] static std::optional<State> decode(const SessionState& state);
};

}  // namespace tls::session
