// What a session is, as a server knows it: the plain facts behind a SessionState.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "crypto/hash.h"
#include "tls/session.h"

namespace tls::session {

struct SessionSecretRole;
/// TLS 1.2: the main secret, 48 bytes. TLS 1.3: the ticket's PSK, as long as the suite's hash.
using ResumptionKey = Secret<SessionSecretRole, 48>;

/// A truncated SHA-256: sessions are compared, names are not kept.
using Fingerprint = std::array<std::uint8_t, 16>;

/// The digest of all that must be the same when a session is resumed: server name, the service's context, what is asked
/// of clients, by whom and by which algorithms their certificates are verified. `parts` are taken with their lengths.
[[nodiscard]] Fingerprint fingerprint(const crypto::HashImpl& sha256, std::initializer_list<Bytes> parts) noexcept;

/// One session. encode() writes at most SessionState::kMax bytes; a TLS 1.2 session takes 89. Whom it belongs to stands
/// in the notes.
struct State {
  ProtocolVersion version = ProtocolVersion::tls12;
  CipherSuite suite{};
  bool extended_main_secret = false;
  ResumptionKey secret;
  Clock::Milliseconds issued{};         ///< wall time of the handshake, or of the ticket
  std::chrono::seconds lifetime{};      ///< from then on
  Clock::Milliseconds authenticated{};  ///< wall time of the handshake in which a certificate was shown; a renewed
                                        ///< session does not grow older than limits::kMaxSessionLifetime after it
  Fingerprint binding{};                ///< fingerprint() of what it is bound to
  SessionNotesPtr notes;                ///< null: the client has no certificate, and the application has noted nothing

  // TLS 1.3 alone.
  std::uint32_t age_add = 0;         ///< ticket_age_add
  std::uint32_t max_early_data = 0;  ///< bytes; 0: none may be sent
  Fingerprint alpn{};                ///< of the protocol that early data is for; zeros without
  ReplayGuard::Stamp stamp;          ///< of the guard, when the ticket was made; unused without early data

  /// The client has authenticated with a certificate.
  [[nodiscard]] bool has_certificate() const noexcept { return notes && notes->identity != PeerIdentity::none; }
  /// Wall time with which the client's chain ends; max() without one.
  [[nodiscard]] Clock::Milliseconds not_after() const noexcept {
    return notes ? notes->not_after : Clock::Milliseconds::max();
  }
  /// Also true of a session from further in the future than limits::kMaxClockDifference.
  [[nodiscard]] bool expired(Clock::Milliseconds now) const noexcept;
  /// How long ago it was issued; 0 for a session from the future, whose server's clock is ahead of ours.
  [[nodiscard]] Clock::Milliseconds age(Clock::Milliseconds now) const noexcept;
  [[nodiscard]] SessionState encode() const;
  /// Nothing: not what encode() wrote, without its notes or with others, or written by another version of this code.
  [[nodiscard]] static std::optional<State> decode(const SessionState& state);
};

}  // namespace tls::session
