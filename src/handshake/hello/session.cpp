#include "handshake/hello/session.h"

#include <algorithm>

#include "crypto/suite.h"
#include "session/client_state.h"

namespace tls::handshake::hello {
namespace {

bool may_offer(const session::ClientState& session, const ClientSettings& s, Clock::Milliseconds now) {
  if (session.version < s.min_version || session.version > s.max_version) return false;
  const crypto::SuiteFacts* suite = crypto::find_suite(session.suite);
  if (suite == nullptr || suite->version != session.version ||
      std::ranges::find(s.cipher_suites, session.suite) == s.cipher_suites.end())
    return false;
  if (session.ticket.size() > limits::kMaxTicket) return false;
  // RFC 9846 §4.7.1: not longer than its lifetime, and never longer than seven days after the certificate was shown.
  if (now >= session.expires() || now >= session.authenticated + limits::kMaxSessionLifetime) return false;
  // A clock that was set back: by how much more, nobody knows.
  if (now + limits::kMaxClockDifference < session.received) return false;
  // Who wants the chain verified again resumes nothing that has none; of external PSKs there never is one.
  if (s.verify_resumed && session.peer_certificates.empty() &&
      (session.version == ProtocolVersion::tls12 || s.external_psks.empty()))
    return false;
  if (session.version != ProtocolVersion::tls12) return true;
  // RFC 7627 §5.3: a session without extended_main_secret SHOULD NOT be resumed. None is kept, but a store may be
  // older.
  return session.extended_main_secret && (session.ticket.empty() || s.tickets);
}

/// What the verifier knows by now of the server that the session is of.
bool may_go_on(const session::ClientState& session, const ClientSettings& s, Clock::Milliseconds now) {
  return s.verifier->may_resume(
      {.peer_is_server = true, .certificates = session.peer_certificates, .summary = nullptr, .now = now});
}

}  // namespace

SessionKey session_key(const ClientSettings& settings, std::string_view name, std::uint16_t port) {
  return {std::string(name), port, settings.session_configuration};
}

std::optional<ClientSession> take_session(const ClientSettings& settings, const SessionKey& key) {
  if (!settings.sessions) return std::nullopt;
  const Clock::Milliseconds now = settings.clock->wall();
  std::optional<ClientSession> session = settings.sessions->take(key, now);
  if (session && !may_go_on(session->state(), settings, now)) {
    settings.sessions->remove(key);  // one that is not single_use() is in the store still
    return std::nullopt;
  }
  if (session && !may_offer(session->state(), settings, now)) session.reset();
  return session;
}

}  // namespace tls::handshake::hello
