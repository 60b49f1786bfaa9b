// From the client's flight to the end.
#include "handshake/server12/server12.h"

#include "handshake/post12/post12.h"

namespace tls::handshake::server12 {
namespace {

Result<Keys12> complete(Exchange&& exchange, const wire::ClientKeyExchange& m, Context& c) {
  auto secret = exchange.group->finish(std::move(exchange.key), m.ecdh_Yc);
  if (!secret) return std::unexpected(std::move(secret.error()));
  return enter_keys(exchange.agreed, std::move(*secret), c);
}

/// Only here, where the client's Finished has shown that the handshake is its own.
Result<void> keep_session(const Keys12& keys, const NewSession& session, Context& c) {
  const ServerSettings& s = *c.settings;
  const Clock::Milliseconds now = s.clock->wall();
  const auto state = session_state(keys, session.binding, now, session.ticket ? keeper_of(*s.tickets) : Keeper::server,
                                   ClientProof::shown, c);
  if (!state) return std::unexpected(state.error());
  if (session.ticket) {
    send_ticket(*state, c);
  } else if (*state) {
    s.session_cache->put(session.id.bytes(), (*state)->encode(), now, now + (*state)->lifetime);
    c.kept_id = session.id;
  }
  return {};
}

}  // namespace

std::size_t Context::max_message(On event) const noexcept {
  if (event == On::certificate) return settings->max_certificate_message;
  if (event == On::finished) return limits::kMaxFinished;
  return limits::kMaxHandshakeMessage;
}

Result<Next<AwaitVerification, WaitClientKeyExchange>> on(WaitCertificate&& s, const wire::Certificate12& m,
                                                          Context& c) {
  using N = Next<AwaitVerification, WaitClientKeyExchange>;
  note_answer(m.certificate_list.size(), c.info);
  if (m.certificate_list.empty()) {
    // RFC 5246 §7.4.6: the server goes on without, or handshake_failure; certificate_required is TLS 1.3's.
    if (c.settings->client_auth == ClientAuth::require)
      return std::unexpected(Error(Code::client_certificate_required).with_alert(Alert::handshake_failure));
    c.transcript.forget_messages();
    return N{WaitClientKeyExchange{std::move(s.exchange)}};
  }
  auto peer =
      take_certificate(m, c.settings->replay.min_rsa_bits, c.settings->provider.hash(crypto::HashId::sha256), c.info);
  if (!peer) return std::unexpected(std::move(peer.error()));
  // TLS 1.2 has no message for it: who demands a staple refuses, and nobody else can expect one.
  const bool required = c.settings->client_staples == StaplePolicy::require;
  c.ask(chain_of_client(c.info, std::move(peer->chain), required ? StaplePolicy::require : StaplePolicy::ignore,
                        *c.settings->clock),
        *c.settings->verifier);
  return N{AwaitVerification{std::move(s.exchange), std::move(peer->key)}};
}

Result<Next<WaitSignedKeyExchange>> on(AwaitVerification&& s, const ChainVerified& m, Context& c) {
  c.chain_ends = m.value.not_after;
  c.info.crl = m.value.crl;
  return Next<WaitSignedKeyExchange>{WaitSignedKeyExchange{std::move(s.exchange), std::move(s.peer)}};
}

Result<Next<WaitChangeCipherSpec>> on(WaitClientKeyExchange&& s, const wire::ClientKeyExchange& m, Context& c) {
  NewSession session = s.exchange.session;
  auto keys = complete(std::move(s.exchange), m, c);
  if (!keys) return std::unexpected(std::move(keys.error()));
  return Next<WaitChangeCipherSpec>{WaitChangeCipherSpec{std::move(*keys), session}};
}
Result<Next<WaitCertificateVerify>> on(WaitSignedKeyExchange&& s, const wire::ClientKeyExchange& m, Context& c) {
  NewSession session = s.exchange.session;
  auto keys = complete(std::move(s.exchange), m, c);
  if (!keys) return std::unexpected(std::move(keys.error()));
  return Next<WaitCertificateVerify>{WaitCertificateVerify{std::move(*keys), session, std::move(s.peer)}};
}

Result<Next<WaitChangeCipherSpec>> on(WaitCertificateVerify&& s, const wire::CertificateVerify& m, Context& c) {
  // RFC 5246 §7.4.8: over all handshake messages so far, themselves and not their hash.
  if (auto ok = check_signature(m.algorithm, m.signature, c.transcript.messages(), s.peer,
                                c.settings->signature_schemes, c.info);
      !ok)
    return std::unexpected(std::move(ok.error()));
  c.transcript.forget_messages();
  return Next<WaitChangeCipherSpec>{WaitChangeCipherSpec{std::move(s.keys), s.session}};
}

Result<Next<WaitFinished>> on(WaitChangeCipherSpec&& s, const ChangeCipherSpec&, Context& c) {
  install(Direction::read, Role::server, s.keys, c);
  return Next<WaitFinished>{WaitFinished{std::move(s.keys), s.session}};
}

Result<Next<Connected>> on(WaitFinished&& s, const wire::Finished& m, Context& c) {
  if (auto ok = check_finished(Role::client, s.keys, m.verify_data, c); !ok)
    return std::unexpected(std::move(ok.error()));
  c.transcript.add(c.message);
  if (s.session.ticket || !s.session.id.empty())
    if (auto ok = keep_session(s.keys, s.session, c); !ok) return std::unexpected(std::move(ok.error()));
  send_finished(Role::server, s.keys, c);
  return Next<Connected>{Connected{std::move(s.keys)}};
}

std::unique_ptr<PostHandshake> Spec::finish(Connected&& last, Context& c) {
  post12::Survivors survivors = post12::survivors_of(std::move(last.keys), Role::server);
  if (!c.kept_id.empty())
    survivors.forget_session = [cache = c.settings->session_cache, id = c.kept_id] { cache->remove(id.bytes()); };
  return post12::make(std::move(survivors));
}

const MachineTable& table() { return table_of<Spec>(); }

std::unique_ptr<Running> start(Context context) {
  return std::make_unique<Machine<Spec>>(std::move(context), WaitClientHello{});
}

}  // namespace tls::handshake::server12
