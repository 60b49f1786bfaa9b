// Abbreviated handshakes (RFC 5246 §7.3, RFC 5077), and what a client keeps for them.
#include "handshake/client12/client12.h"
#include "session/client_state.h"

namespace tls::handshake::client12 {
namespace {

using AfterHello = Next<WaitCertificate, ResumedNewSessionTicket, ResumedChangeCipherSpec>;

/// What is resumed is what was offered, and nothing else.
Result<void> check_session(const session::ClientState& session, const wire::ServerHello& m) {
  if (session.suite != m.cipher_suite)
    return fail(Code::session_changed_cipher, "the session has " + std::string(name(session.suite)) +
                                                  ", the server says " + std::string(name(m.cipher_suite)));
  // RFC 7627 §5.3: the session has extended_main_secret (hello/session.cpp offers no other), so the server MUST answer
  // it.
  if (!m.extended_main_secret) return fail(Code::session_lost_extended_main_secret);
  return {};
}

/// What the peer has shown when the session was made.
void recall(const session::ClientState& session, ConnectionInfo& info) {
  info.peer_identity = session.peer_certificates.empty() ? PeerIdentity::none : PeerIdentity::chain;
  info.peer_certificates = session.peer_certificates;
  info.peer_certificate_sha256 = session.peer_certificate_sha256;
  info.ocsp_response = session.ocsp_response;
  info.signed_certificate_timestamps = session.signed_certificate_timestamps;
}

/// The server's Finished is verified, and so is its chain where that was asked for.
Connected end_resumption(AwaitResumedVerification&& s, Context& c) {
  send_finished(Role::client, s.keys, c);
  keep_session(s.keys, std::move(s.session), s.authenticated, c);
  return {std::move(s.keys)};
}

std::chrono::seconds lifetime_of(const NewSession& session) {
  // RFC 5077 §3.3: 0 leaves it to the client; a session ID has no hint at all.
  if (session.ticket.empty() || session.lifetime_hint == 0) return limits::kAssumedSessionLifetime;
  return std::min(std::chrono::seconds(session.lifetime_hint), limits::kMaxSessionLifetime);
}

}  // namespace

Result<AfterHello> resume(const hello::Offer& offer, const wire::ServerHello& m, Context& c) {
  // What the ClientHello held was for middleboxes (RFC 9846 Appendix E.4). A session that was offered is of TLS 1.2:
  // hello/ hands over no other.
  if (!offer.session) return fail(Code::unexpected_session_id);
  const session::ClientState& session = offer.session->state();
  if (auto ok = check_session(session, m); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = check_protections(m, *c.settings); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = note_answers(m, c); !ok) return std::unexpected(std::move(ok.error()));

  const crypto::SuiteFacts& suite = *crypto::find_suite(session.suite);
  const Agreed12 agreed{implement(suite, c.settings->provider), offer.random, m.random, m.extended_main_secret};
  c.transcript.choose(*agreed.suite.hash);
  c.info.version = ProtocolVersion::tls12;
  c.info.suite = session.suite;
  c.info.extended_main_secret = m.extended_main_secret;
  c.info.resumed = session.ticket.empty() ? Resumption::session_id : Resumption::ticket;
  recall(session, c.info);
  c.chain_ends = session.not_after;
  c.session_kept = true;  // one of TLS 1.2 stays in the store when it is taken
  Keys12 keys = resume_keys(agreed, SessionSecret(session.secret.expose()), c);
  if (m.session_ticket) return AfterHello{ResumedNewSessionTicket{std::move(keys), {}, session.authenticated}};
  return AfterHello{ResumedChangeCipherSpec{std::move(keys), {}, session.authenticated}};
}

void keep_session(const Keys12& keys, NewSession&& session, Clock::Milliseconds authenticated, Context& c) {
  const ClientSettings& s = *c.settings;
  if (!s.sessions || (session.ticket.empty() && session.id.empty())) return;
  if (!keys.agreed.extended_main_secret) return;           // RFC 7627 §5.3: it would not be resumed
  if (session.ticket.size() > limits::kMaxTicket) return;  // it would not fit our next ClientHello
  auto state = std::make_shared<session::ClientState>();
  state->version = ProtocolVersion::tls12;
  state->suite = keys.agreed.suite.facts->id;
  state->extended_main_secret = keys.agreed.extended_main_secret;
  state->secret = session::ResumptionKey(keys.main.session().expose());
  state->received = s.clock->wall();
  state->lifetime = lifetime_of(session);
  state->authenticated = authenticated;
  state->not_after = c.chain_ends;
  if (state->expires() <= state->received) return;
  if (session.ticket.empty()) state->session_id.assign(session.id.bytes().begin(), session.id.bytes().end());
  state->ticket = std::move(session.ticket);  // RFC 5077 §3.4: with a ticket the session ID means nothing
  state->alpn = c.info.alpn;
  state->peer_certificates = c.info.peer_certificates;
  state->peer_certificate_sha256 = c.info.peer_certificate_sha256;
  state->ocsp_response = c.info.ocsp_response;
  state->signed_certificate_timestamps = c.info.signed_certificate_timestamps;
  s.sessions->put(c.session_key, ClientSession(std::move(state)));
  c.session_kept = true;
}

Result<Next<ResumedChangeCipherSpec>> on(ResumedNewSessionTicket&& s, const wire::NewSessionTicket12& m, Context&) {
  s.session.take(m);
  return Next<ResumedChangeCipherSpec>{
      ResumedChangeCipherSpec{std::move(s.keys), std::move(s.session), s.authenticated}};
}

Result<Next<ResumedFinished>> on(ResumedChangeCipherSpec&& s, const ChangeCipherSpec&, Context& c) {
  install(Direction::read, Role::client, s.keys, c);
  return Next<ResumedFinished>{ResumedFinished{std::move(s.keys), std::move(s.session), s.authenticated}};
}

Result<Next<AwaitResumedVerification, Connected>> on(ResumedFinished&& s, const wire::Finished& m, Context& c) {
  using N = Next<AwaitResumedVerification, Connected>;
  if (auto ok = check_finished(Role::server, s.keys, m.verify_data, c); !ok)
    return std::unexpected(std::move(ok.error()));
  c.transcript.add(c.message);
  AwaitResumedVerification next{std::move(s.keys), std::move(s.session), s.authenticated};
  if (!c.settings->verify_resumed || c.info.peer_certificates.empty()) return N{end_resumption(std::move(next), c)};
  c.ask(chain_of_resumed_server(c.info, c.peer_name, *c.settings->clock), *c.settings->verifier);
  return N{std::move(next)};
}

Result<Next<Connected>> on(AwaitResumedVerification&& s, const ChainVerified& m, Context& c) {
  c.chain_ends = std::min(c.chain_ends, m.value.not_after);
  return Next<Connected>{end_resumption(std::move(s), c)};
}

}  // namespace tls::handshake::client12
