// NewSessionTicket (RFC 9846 §4.7.1).
#include "handshake/hello/resume.h"
#include "handshake/server13/flight.h"
#include "handshake/session_notes.h"
#include "wire/message.h"
#include "wire/new_session_ticket.h"

namespace tls::handshake::server13 {
namespace {

std::uint32_t draw_u32(Random& random) {
  std::array<std::uint8_t, 4> bytes{};
  random.fill(bytes);
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// What all tickets of this connection say. Nothing: their sessions would end at once, or could not say whose they are.
Result<std::optional<session::State>> make_state(const Context& c, const SuiteImpl& suite) {
  const ServerSettings& s = *c.settings;
  std::optional<session::State> made(std::in_place);
  session::State& state = *made;
  state.version = ProtocolVersion::tls13;
  state.suite = suite.facts->id;
  state.extended_main_secret = true;
  state.issued = s.clock->wall();
  state.authenticated = c.tickets.authenticated.value_or(state.issued);
  state.lifetime = hello::session_lifetime(s, state.authenticated, c.chain_ends, state.issued);
  if (state.lifetime <= std::chrono::seconds(0)) return std::nullopt;
  auto kept = make_notes(s.tickets->keeps_sessions() ? Keeper::server : Keeper::ticket, ClientProof::shown, c.info,
                         c.chain_ends, s);
  if (!kept) return std::unexpected(std::move(kept.error()));
  if (!kept->possible) return std::nullopt;
  state.notes = std::move(kept->notes);
  state.binding = c.tickets.binding;
  state.alpn = c.tickets.alpn;
  // Early data is offered only where it could be accepted.
  if (const auto stamp = hello::guard_stamp(s)) {
    state.stamp = *stamp;
    state.max_early_data = s.max_early_data;
  }
  return made;
}

}  // namespace

Result<void> send_tickets(const ApplicationKeys& keys, Context& c) {
  if (c.tickets.count == 0) return {};
  const ServerSettings& s = *c.settings;
  auto made = make_state(c, keys.suite);
  if (!made) return std::unexpected(std::move(made.error()));
  if (!*made) return {};
  session::State& state = **made;
  const crypto::Digest h = c.transcript.hash();
  const ResumptionSecret resumption = keys.main.resumption(h.bytes());
  for (std::uint8_t i = 0; i < c.tickets.count; ++i) {
    state.age_add = draw_u32(*s.random);  // RFC 9846 §4.7.1: a fresh value for each ticket
    const std::uint8_t nonce[] = {i};     // unique across all tickets of this connection
    const Psk psk = ticket_psk(*keys.suite.hash, resumption, nonce);
    state.secret = session::ResumptionKey(psk.expose());
    const std::vector<std::uint8_t> ticket =
        s.tickets->seal(state.encode(), *s.random, state.issued, state.issued + state.lifetime);
    if (ticket.empty() || ticket.size() > 0xFFFF) return {};
    wire::NewSessionTicket message;
    message.ticket_lifetime = static_cast<std::uint32_t>(state.lifetime.count());
    message.ticket_age_add = state.age_add;
    message.ticket_nonce = Bytes(nonce);
    message.ticket = Bytes(ticket);
    if (state.max_early_data != 0) message.early_data = state.max_early_data;
    ByteVector bytes = wire::handshake_message(message);
    if (s.replay.rewrite) s.replay.rewrite(bytes);
    c.sink->send(bytes, Epoch::application);
  }
  return {};
}

}  // namespace tls::handshake::server13
