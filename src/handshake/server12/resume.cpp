// Abbreviated handshakes (RFC 5246 §7.3, RFC 5077), and the tickets that make them possible.
#include "handshake/hello/resume.h"
#include "handshake/server12/server12.h"
#include "wire/new_session_ticket12.h"

namespace tls::handshake::server12 {
namespace {

using AfterLookup = Next<AwaitCredential, ResumedChangeCipherSpec>;

/// The answer may come when the record is gone. But the transcript has the ClientHello still: no hash is chosen yet.
Result<AfterLookup> handshake_in_full(hello::Common12&& common, Context& c) {
  const auto m = wire::ClientHello::parse(wire::message_body(c.transcript.messages()));
  if (!m) return std::unexpected(m.error());
  auto d = hello::negotiate12_in_full(std::move(common), *m, *c.settings);
  if (!d) return std::unexpected(std::move(d.error()));
  c.ask(d->credential, *c.settings->credentials);
  return AfterLookup{AwaitCredential{std::move(*d)}};
}

void send_server_hello(const hello::Common12& d, const Agreed12& agreed, bool ticket, Context& c) {
  wire::ServerHello hello = server_hello(d, agreed, *c.settings);  // RFC 6066 §3: MUST NOT hold server_name
  hello.legacy_session_id_echo = d.session_id.bytes();
  hello.session_ticket = ticket;
  c.send(wire::handshake_message(hello), Epoch::plaintext);
}

/// Our whole flight. `ticket`: the client is given a new one.
ResumedChangeCipherSpec resume(const hello::Common12& d, const session::State& session, bool ticket, Context& c) {
  const ServerSettings& settings = *c.settings;
  const crypto::SuiteFacts& suite = *crypto::find_suite(session.suite);
  const Agreed12 agreed{implement(suite, settings.provider), d.client_random, draw_random(d, *settings.random),
                        session.extended_main_secret};
  note(d, agreed, c);
  if (session.has_certificate)
    c.info.peer_certificate_sha256.assign(session.certificate.begin(), session.certificate.end());
  c.transcript.choose(*agreed.suite.hash);
  send_server_hello(d, agreed, ticket, c);
  if (d.peer_record_size_limit != 0)
    limit_records(record_size_limit12(settings.record_size_limit), d.peer_record_size_limit, c);
  Keys12 keys = resume_keys(agreed, SessionSecret(session.secret.expose()), c);
  if (ticket) send_ticket(session_state(keys, session.binding, session.authenticated, c), c);
  send_finished(Role::server, keys, c);
  return {std::move(keys)};
}

}  // namespace

session::State session_state(const Keys12& keys, const session::Fingerprint& binding, Clock::Milliseconds authenticated,
                             const Context& c) {
  session::State state;
  state.version = ProtocolVersion::tls12;
  state.suite = keys.agreed.suite.facts->id;
  state.extended_main_secret = keys.agreed.extended_main_secret;
  state.secret = session::ResumptionKey(keys.main.session().expose());
  state.issued = c.settings->clock->wall();
  state.authenticated = authenticated;
  state.lifetime = hello::session_lifetime(*c.settings, authenticated, state.issued);
  state.binding = binding;
  state.has_certificate = c.info.peer_certificate_sha256.size() == state.certificate.size();
  if (state.has_certificate) std::ranges::copy(c.info.peer_certificate_sha256, state.certificate.begin());
  return state;
}

void send_ticket(const session::State& session, Context& c) {
  const ServerSettings& s = *c.settings;
  const auto ticket = s.tickets->seal(session.encode(), *s.random, session.issued, session.issued + session.lifetime);
  wire::NewSessionTicket12 message;
  message.ticket_lifetime_hint = static_cast<std::uint32_t>(session.lifetime.count());
  message.ticket = Bytes(ticket);
  c.send(wire::handshake_message(message), Epoch::plaintext);
}

Result<AfterLookup> on(AwaitTicket&& s, const TicketOpened& m, Context& c) {
  const hello::Common12& d = s.common;
  const auto session = m.value ? session::State::decode(m.value->state.expose()) : std::nullopt;
  if (!session) return handshake_in_full(std::move(s.common), c);
  auto fits = hello::may_resume12(*session, d, *c.settings, c.settings->clock->wall());
  if (!fits) return std::unexpected(std::move(fits.error()));
  if (!*fits) return handshake_in_full(std::move(s.common), c);
  c.info.resumed = Resumption::ticket;
  return resume(d, *session, m.value->renew, c);
}

Result<AfterLookup> on(AwaitSession&& s, const SessionFound& m, Context& c) {
  const hello::Common12& d = s.common;
  const auto session = m.value ? session::State::decode(m.value->expose()) : std::nullopt;
  if (!session) return handshake_in_full(std::move(s.common), c);
  auto fits = hello::may_resume12(*session, d, *c.settings, c.settings->clock->wall());
  if (!fits) return std::unexpected(std::move(fits.error()));
  if (!*fits) return handshake_in_full(std::move(s.common), c);
  c.info.resumed = Resumption::session_id;
  c.kept_id = d.session_id;
  return resume(d, *session, d.session_ticket && c.settings->tickets != nullptr, c);
}

Result<Next<ResumedFinished>> on(ResumedChangeCipherSpec&& s, const ChangeCipherSpec&, Context& c) {
  install(Direction::read, Role::server, s.keys, c);
  return Next<ResumedFinished>{ResumedFinished{std::move(s.keys)}};
}

Result<Next<Connected>> on(ResumedFinished&& s, const wire::Finished& m, Context& c) {
  if (auto ok = check_finished(Role::client, s.keys, m.verify_data, c); !ok)
    return std::unexpected(std::move(ok.error()));
  return Next<Connected>{Connected{std::move(s.keys)}};
}

}  // namespace tls::handshake::server12
