// Abbreviated handshakes (RFC 5246 §7.3, RFC 5077), and the tickets that make them possible.
#include <algorithm>

#include "handshake/hello/resume.h"
#include "handshake/server12/server12.h"
#include "wire/new_session_ticket12.h"

namespace tls::handshake::server12 {
namespace {

/// The answer may come when the record is gone. But the transcript has the ClientHello still: no hash is chosen yet.
Result<AwaitCredential> handshake_in_full(hello::Common12&& common, Context& c) {
  const auto m = wire::ClientHello::parse(wire::message_body(c.transcript.messages()));
  if (!m) return std::unexpected(m.error());
  auto d = hello::negotiate12_in_full(std::move(common), *m, *c.settings);
  if (!d) return std::unexpected(std::move(d.error()));
  c.ask(d->credential, *c.settings->credentials);
  return AwaitCredential{std::move(*d)};
}

void send_server_hello(const hello::Common12& d, const Agreed12& agreed, bool ticket, Context& c) {
  wire::ServerHello hello = server_hello(d, agreed, *c.settings);  // RFC 6066 §3: MUST NOT hold server_name
  hello.legacy_session_id_echo = d.session_id.bytes();
  hello.session_ticket = ticket;
  c.send(wire::handshake_message(hello), Epoch::plaintext);
}

/// Our whole flight. `ticket`: the client is given a new one.
Result<ResumedChangeCipherSpec> resume(const hello::Common12& d, const session::State& session, Resumption how,
                                       bool ticket, Context& c) {
  const ServerSettings& settings = *c.settings;
  const crypto::SuiteFacts& suite = *crypto::find_suite(session.suite);
  const Agreed12 agreed{implement(suite, settings.provider), d.client_random, draw_random(d, *settings.random),
                        session.extended_main_secret};
  c.info.resumed = how;
  if (how == Resumption::session_id) c.kept_id = d.session_id;
  note(d, agreed, c);
  recall_client(session.notes.get(), c.info);
  c.transcript.choose(*agreed.suite.hash);
  send_server_hello(d, agreed, ticket, c);
  if (d.peer_record_size_limit != 0)
    limit_records(record_size_limit12(settings.record_size_limit), d.peer_record_size_limit, c);
  Keys12 keys = resume_keys(agreed, SessionSecret(session.secret.expose()), c);
  if (ticket) {
    const auto renewed =
        session_state(keys, session.binding, session.authenticated, keeper_of(*settings.tickets), ClientProof::due, c);
    if (!renewed) return std::unexpected(renewed.error());
    send_ticket(*renewed, c);
  }
  send_finished(Role::server, keys, c);
  return ResumedChangeCipherSpec{std::move(keys)};
}

/// One of several successors.
template <class N, class S>
Result<N> one_of(Result<S>&& next) {
  if (!next) return std::unexpected(std::move(next.error()));
  return N{std::move(*next)};
}

/// What was found is resumed if it fits, once its chain is judged again where that is due. `ticket`: the client is to
/// be given a new one.
Result<AfterLookup> take_up(hello::Common12&& d, std::optional<session::State>&& session, Resumption how, bool ticket,
                            Context& c) {
  const ServerSettings& s = *c.settings;
  if (!session) return one_of<AfterLookup>(handshake_in_full(std::move(d), c));
  auto fits = hello::may_resume12(*session, d, s, s.clock->wall());
  if (!fits) return std::unexpected(std::move(fits.error()));
  const Review review = review_of(session->notes.get(), s);
  if (!*fits || review == Review::impossible) return one_of<AfterLookup>(handshake_in_full(std::move(d), c));
  c.chain_ends = session->not_after();
  if (review == Review::none) return one_of<AfterLookup>(resume(d, *session, how, ticket, c));
  c.ask(chain_of_session(*session->notes, *s.clock), *s.verifier);
  return AfterLookup{AwaitResumedVerification{std::move(d), std::move(*session), how, ticket}};
}

}  // namespace

Keeper keeper_of(const TicketSealer& sealer) noexcept {
  return sealer.keeps_sessions() ? Keeper::server : Keeper::ticket;
}

Result<std::optional<session::State>> session_state(const Keys12& keys, const session::Fingerprint& binding,
                                                    Clock::Milliseconds authenticated, Keeper keeper, ClientProof proof,
                                                    const Context& c) {
  const ServerSettings& s = *c.settings;
  std::optional<session::State> state(std::in_place);
  state->issued = s.clock->wall();
  state->lifetime = hello::session_lifetime(s, authenticated, c.chain_ends, state->issued);
  if (state->lifetime <= std::chrono::seconds(0)) return std::nullopt;
  auto kept = make_notes(keeper, proof, c.info, c.chain_ends, s);
  if (!kept) return std::unexpected(std::move(kept.error()));
  if (!kept->possible) return std::nullopt;
  state->notes = std::move(kept->notes);
  state->version = ProtocolVersion::tls12;
  state->suite = keys.agreed.suite.facts->id;
  state->extended_main_secret = keys.agreed.extended_main_secret;
  state->secret = session::ResumptionKey(keys.main.session().expose());
  state->authenticated = authenticated;
  state->binding = binding;
  return state;
}

void send_ticket(const std::optional<session::State>& session, Context& c) {
  const ServerSettings& s = *c.settings;
  std::vector<std::uint8_t> ticket;
  wire::NewSessionTicket12 message;
  if (session) {
    ticket = s.tickets->seal(session->encode(), *s.random, session->issued, session->issued + session->lifetime);
    message.ticket_lifetime_hint = static_cast<std::uint32_t>(session->lifetime.count());
  }
  message.ticket = Bytes(ticket);
  c.send(wire::handshake_message(message), Epoch::plaintext);
}

Result<AfterLookup> on(AwaitTicket&& s, const TicketOpened& m, Context& c) {
  return take_up(std::move(s.common), m.value ? session::State::decode(m.value->state) : std::nullopt,
                 Resumption::ticket, m.value && m.value->renew, c);
}

Result<AfterLookup> on(AwaitSession&& s, const SessionFound& m, Context& c) {
  // The ticket goes out before the client has proven anything, and who has seen a session ID could ask again and again:
  // one that only names a session would leave a new session here each time.
  const bool ticket =
      s.common.session_ticket && c.settings->tickets != nullptr && !c.settings->tickets->keeps_sessions();
  return take_up(std::move(s.common), m.value ? session::State::decode(*m.value) : std::nullopt, Resumption::session_id,
                 ticket, c);
}

Result<Next<AwaitCredential, ResumedChangeCipherSpec>> on(AwaitResumedVerification&& s, const ChainReviewed& m,
                                                          Context& c) {
  using N = Next<AwaitCredential, ResumedChangeCipherSpec>;
  if (!m.value) {
    c.chain_ends = Clock::Milliseconds::max();
    return one_of<N>(handshake_in_full(std::move(s.common), c));
  }
  c.chain_ends = std::min(c.chain_ends, m.value->not_after);
  return one_of<N>(resume(s.common, s.session, s.how, s.ticket, c));
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
