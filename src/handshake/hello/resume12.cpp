#include "handshake/hello/resume12.h"

#include <algorithm>

#include "handshake/hello/choices.h"

namespace tls::handshake::hello {

Result<bool> may_resume12(const session::State& session, const Common12& d, const ServerSettings& settings,
                          Clock::Milliseconds now) {
  // RFC 6066 §3: not under another server name. Never under another policy for clients, either.
  if (session.version != ProtocolVersion::tls12 || session.expired(now) ||
      session.binding != session_binding(d.server_name, ProtocolVersion::tls12, settings))
    return false;
  if (settings.client_auth == ClientAuth::require && !session.has_certificate()) return false;
  // RFC 5246 §7.4.1.2: the suite of the session is among those that the client offers, and that are configured still.
  if (std::ranges::find(d.suites, session.suite, &crypto::SuiteFacts::id) == d.suites.end()) return false;
  // RFC 7627 §5.3: a session without extended_main_secret is not resumed, whatever this ClientHello offers; one with it
  // and a ClientHello without MUST end the handshake.
  if (!session.extended_main_secret) return false;
  if (!d.extended_main_secret) return fail(Code::session_lost_extended_main_secret);
  return true;
}

}  // namespace tls::handshake::hello
