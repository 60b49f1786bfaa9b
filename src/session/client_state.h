// A session as a client knows it: the data behind a ClientSession.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "session/state.h"

namespace tls::session {

struct ClientState {
  ProtocolVersion version = ProtocolVersion::tls12;
  CipherSuite suite{};
  bool extended_main_secret = false;
  ResumptionKey secret;
  Clock::Milliseconds received{};       ///< wall time of the handshake, or of the ticket
  std::chrono::seconds lifetime{};      ///< counted from `received`. The server's value, capped
  Clock::Milliseconds authenticated{};  ///< wall time of the handshake in which the chain was verified
  Clock::Milliseconds not_after = Clock::Milliseconds::max();  ///< wall time at which that chain expires. max(): none
  std::vector<std::uint8_t> session_id;  ///< TLS 1.2: ID of a session that the server keeps. Empty: none
  std::vector<std::uint8_t> ticket;      ///< empty: none
  std::uint32_t age_add = 0;             ///< TLS 1.3: ticket_age_add
  std::uint32_t max_early_data = 0;      ///< TLS 1.3: bytes
  std::string alpn;                      ///< the negotiated protocol, for which early data is
  // What the peer has presented, for ConnectionInfo.
  CertificateChain peer_certificates;
  std::vector<std::uint8_t> peer_certificate_sha256;
  std::vector<std::uint8_t> ocsp_response;
  std::vector<std::uint8_t> signed_certificate_timestamps;

  /// Returns the wall time of expiry. A session does not outlive the chain that authenticated it.
  [[nodiscard]] Clock::Milliseconds expires() const noexcept {
    return std::min<Clock::Milliseconds>(received + lifetime, not_after);
  }
  /// Returns the time since the session was received, or 0 if the clock was set back to before that time.
  [[nodiscard]] Clock::Milliseconds age(Clock::Milliseconds now) const noexcept {
    return std::max(now - received, Clock::Milliseconds(0));
  }
};

}  // namespace tls::session
