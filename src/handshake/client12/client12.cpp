// The client's flight and the server's Finished.
#include "handshake/client12/client12.h"

#include "handshake/post12/post12.h"
#include "wire/client_key_exchange.h"

namespace tls::handshake::client12 {
namespace {

/// Answers the server's share with our own, in ClientKeyExchange. In TLS 1.2 the server generates first: the client's
/// part is what respond() does.
Result<Keys12> exchange_keys(const ServerChoice& choice, const ServerShare& share, Context& c) {
  ByteVector point(share.group->server_share_size);
  auto secret = share.group->respond(*c.settings->random, share.point, point);
  if (!secret) return std::unexpected(std::move(secret.error()));
  c.send(wire::handshake_message(wire::ClientKeyExchange{Bytes(point)}), Epoch::plaintext);
  return enter_keys(choice.agreed, std::move(*secret), c);
}

/// Our Finished, and the state after it: the server's ticket comes first where it announced one.
AfterFlight end_flight(Keys12&& keys, NewSession&& session, Context& c) {
  send_finished(Role::client, keys, c);
  if (session.announced) return WaitNewSessionTicket{std::move(keys), std::move(session)};
  return WaitChangeCipherSpec{std::move(keys), std::move(session)};
}

/// All of our flight where we do not authenticate.
Result<AfterAnonymousFlight> send_flight(ServerChoice&& choice, const ServerShare& share, Context& c) {
  auto keys = exchange_keys(choice, share, c);
  if (!keys) return std::unexpected(std::move(keys.error()));
  const bool early = may_start_falsely(c.settings->false_start, *choice.agreed.suite.facts, *share.group, c.info.alpn);
  if (!early)
    return std::visit([](auto&& next) -> AfterAnonymousFlight { return std::move(next); },
                      end_flight(std::move(*keys), std::move(choice.session), c));
  send_finished(Role::client, *keys, c);
  if (choice.session.announced) return FalseStartNewSessionTicket{std::move(*keys), std::move(choice.session)};
  return FalseStartChangeCipherSpec{std::move(*keys), std::move(choice.session)};
}

/// The same flight as part of a wider choice of successors.
template <class N>
Result<N> widen(Result<AfterAnonymousFlight>&& flight) {
  if (!flight) return std::unexpected(std::move(flight.error()));
  return std::visit([](auto&& next) -> N { return std::move(next); }, std::move(*flight));
}

void expect_protected(const Keys12& keys, Context& c) { install(Direction::read, Role::client, keys, c); }

}  // namespace

std::size_t Context::max_message(On event) const noexcept {
  if (event == On::certificate) return settings->max_certificate_message;
  if (event == On::finished) return limits::kMaxFinished;
  return limits::kMaxHandshakeMessage;
}

bool may_start_falsely(FalseStart policy, const crypto::SuiteFacts& suite, const crypto::GroupImpl& group,
                       std::string_view alpn) noexcept {
  constexpr std::size_t kMinGroup = 32, kMinKey = 16;  // bytes: 256 bits (RFC 7918 §5.3), 128 bits (§5.1)
  if (policy == FalseStart::off || (policy == FalseStart::with_alpn && alpn.empty())) return false;
  // RFC 7918 §5: a strong cipher, forward secrecy, a strong group; all that is built has them, and what is added must.
  return crypto::key_size(suite.aead) >= kMinKey && suite.auth != crypto::SuiteAuth::any &&
         group.secret_size >= kMinGroup;
}

Result<Next<AwaitCredential, WaitNewSessionTicket, WaitChangeCipherSpec, FalseStartNewSessionTicket,
            FalseStartChangeCipherSpec>>
on(AwaitVerification&& s, const ChainVerified& m, Context& c) {
  using N = Next<AwaitCredential, WaitNewSessionTicket, WaitChangeCipherSpec, FalseStartNewSessionTicket,
                 FalseStartChangeCipherSpec>;
  c.chain_ends = m.value.not_after;
  c.info.staple = m.value.staple;
  c.info.crl = m.value.crl;
  if (s.wanted && c.settings->credentials != nullptr) {
    c.ask(*s.wanted, *c.settings->credentials);
    return N{AwaitCredential{std::move(s.choice), std::move(s.share), std::move(*s.wanted)}};
  }
  // RFC 5246 §7.4.6: without a suitable certificate the client MUST send an empty list.
  if (s.wanted) c.send(encode_certificate12(Role::client, nullptr, c.info), Epoch::plaintext);
  c.transcript.forget_messages();
  return widen<N>(send_flight(std::move(s.choice), s.share, c));
}

Result<Next<AwaitSignature, WaitNewSessionTicket, WaitChangeCipherSpec, FalseStartNewSessionTicket,
            FalseStartChangeCipherSpec>>
on(AwaitCredential&& s, const CredentialChosen& m, Context& c) {
  using N = Next<AwaitSignature, WaitNewSessionTicket, WaitChangeCipherSpec, FalseStartNewSessionTicket,
                 FalseStartChangeCipherSpec>;
  std::optional<SignatureScheme> scheme;
  if (m.value) scheme = scheme_for(*m.value, s.wanted.signature_schemes, s.wanted.version);
  c.send(encode_certificate12(Role::client, scheme ? m.value.get() : nullptr, c.info), Epoch::plaintext);
  if (!scheme) {
    c.transcript.forget_messages();
    return widen<N>(send_flight(std::move(s.choice), s.share, c));
  }
  auto keys = exchange_keys(s.choice, s.share, c);
  if (!keys) return std::unexpected(std::move(keys.error()));
  // RFC 5246 §7.4.8: all handshake messages so far are signed, themselves and not their hash.
  const Bytes messages = c.transcript.messages();
  c.ask(SignatureRequest{*scheme, {messages.begin(), messages.end()}, m.value->key, false, ProtocolVersion::tls12},
        *c.settings->random);
  c.transcript.forget_messages();
  return N{AwaitSignature{std::move(*keys), std::move(s.choice.session), *scheme}};
}

Result<AfterFlight> on(AwaitSignature&& s, const SignatureMade& m, Context& c) {
  c.send(encode_certificate_verify(s.scheme, m.value), Epoch::plaintext);
  return end_flight(std::move(s.keys), std::move(s.session), c);
}

Result<Next<WaitChangeCipherSpec>> on(WaitNewSessionTicket&& s, const wire::NewSessionTicket12& m, Context&) {
  s.session.take(m);
  return Next<WaitChangeCipherSpec>{WaitChangeCipherSpec{std::move(s.keys), std::move(s.session)}};
}
Result<Next<FalseStartChangeCipherSpec>> on(FalseStartNewSessionTicket&& s, const wire::NewSessionTicket12& m,
                                            Context&) {
  s.session.take(m);
  return Next<FalseStartChangeCipherSpec>{FalseStartChangeCipherSpec{std::move(s.keys), std::move(s.session)}};
}

Result<Next<WaitFinished>> on(WaitChangeCipherSpec&& s, const ChangeCipherSpec&, Context& c) {
  expect_protected(s.keys, c);
  return Next<WaitFinished>{WaitFinished{std::move(s.keys), std::move(s.session)}};
}
Result<Next<FalseStartFinished>> on(FalseStartChangeCipherSpec&& s, const ChangeCipherSpec&, Context& c) {
  expect_protected(s.keys, c);
  return Next<FalseStartFinished>{FalseStartFinished{std::move(s.keys), std::move(s.session)}};
}

Result<Next<Connected>> on(WaitFinished&& s, const wire::Finished& m, Context& c) {
  if (auto ok = check_finished(Role::server, s.keys, m.verify_data, c); !ok)
    return std::unexpected(std::move(ok.error()));
  keep_session(s.keys, std::move(s.session), c.settings->clock->wall(), c);
  return Next<Connected>{Connected{std::move(s.keys)}};
}
Result<Next<Connected>> on(FalseStartFinished&& s, const wire::Finished& m, Context& c) {
  if (auto ok = check_finished(Role::server, s.keys, m.verify_data, c); !ok) {
    // RFC 7918 §5: whoever reads what was sent is the server, but the negotiation may have been steered.
    const std::uint64_t sent = c.sink->data_sent();
    if (sent == 0) return std::unexpected(std::move(ok.error()));
    return fail(Code::false_start_tampered, std::to_string(sent) + " bytes had been sent");
  }
  keep_session(s.keys, std::move(s.session), c.settings->clock->wall(), c);
  return Next<Connected>{Connected{std::move(s.keys)}};
}

std::unique_ptr<PostHandshake> Spec::finish(Connected&& last, Context& c) {
  post12::Survivors survivors = post12::survivors_of(std::move(last.keys), Role::client);
  survivors.ignore_hello_requests = c.settings->ignore_hello_requests;
  if (c.session_kept)
    survivors.forget_session = [store = c.settings->sessions, key = std::move(c.session_key)] { store->remove(key); };
  return post12::make(std::move(survivors));
}

const MachineTable& table() { return table_of<Spec>(); }

std::unique_ptr<Running> start(Context context, hello::Offer offer) {
  return std::make_unique<Machine<Spec>>(std::move(context), WaitServerHello{std::move(offer)});
}

}  // namespace tls::handshake::client12
