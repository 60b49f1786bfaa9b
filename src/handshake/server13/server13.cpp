// From the signature to the end.
#include "handshake/server13/server13.h"

#include "base/constant_time.h"
#include "handshake/post13/post13.h"
#include "handshake/server13/flight.h"

namespace tls::handshake::server13 {
std::size_t Context::max_message(On event) const noexcept {
  if (event == On::certificate) return settings->max_certificate_message;
  if (event == On::finished) return limits::kMaxFinished;
  return limits::kMaxHandshakeMessage;
}

ApplicationKeys send_finished(HandshakeKeys&& keys, Context& c) {
  const crypto::Digest h = c.transcript.hash();
  const crypto::Digest mac = finished_mac(*keys.suite.hash, keys.server, h.bytes());
  c.send(encode_finished(mac.bytes()), Epoch::handshake);
  ApplicationKeys next = enter_application(std::move(keys), c.client_random, c);
  c.sink->install(Direction::write, Epoch::application, next.suite, next.server);
  return next;
}

Result<Next<WaitCertificate, WaitFinished>> on(AwaitSignature&& s, const SignatureMade& m, Context& c) {
  using N = Next<WaitCertificate, WaitFinished>;
  c.info.signature_scheme = s.scheme;  // the client's takes its place when it authenticates
  c.send(encode_certificate_verify(s.scheme, m.value), Epoch::handshake);
  ApplicationKeys keys = send_finished(std::move(s.keys), c);
  if (c.settings->client_auth == ClientAuth::none) return N{WaitFinished{std::move(keys)}};
  return N{WaitCertificate{std::move(keys)}};
}

Result<Next<AwaitVerification, WaitFinished>> on(WaitCertificate&& s, const wire::Certificate& m, Context& c) {
  using N = Next<AwaitVerification, WaitFinished>;
  note_answer(m.certificate_list.size(), c.info);
  if (m.certificate_list.empty()) {
    // RFC 9846 §4.5.1.4: the server decides whether it goes on without; certificate_required otherwise.
    if (c.settings->client_auth == ClientAuth::require) return fail(Code::client_certificate_required);
    return N{WaitFinished{std::move(s.keys)}};
  }
  auto peer =
      take_certificate(m, c.settings->replay.min_rsa_bits, c.settings->provider.hash(crypto::HashId::sha256), c.info);
  if (!peer) return std::unexpected(std::move(peer.error()));
  ChainToVerify question =
      chain_of_client(c.info, std::move(peer->chain), c.settings->client_staples, *c.settings->clock);
  question.issuer_ocsp_responses = std::move(peer->issuer_staples);
  c.ask(std::move(question), *c.settings->verifier);
  return N{AwaitVerification{std::move(s.keys), std::move(peer->key)}};
}

Result<Next<WaitCertificateVerify>> on(AwaitVerification&& s, const ChainVerified& m, Context& c) {
  c.chain_ends = m.value.not_after;
  c.info.staple = m.value.staple;
  c.info.crl = m.value.crl;
  return Next<WaitCertificateVerify>{WaitCertificateVerify{std::move(s.keys), std::move(s.peer)}};
}

Result<Next<WaitFinished>> on(WaitCertificateVerify&& s, const wire::CertificateVerify& m, Context& c) {
  const crypto::Digest h = c.transcript.hash();
  if (auto ok = check_certificate_verify(m, Role::client, s.peer, c.settings->signature_schemes, h.bytes(), c.info);
      !ok)
    return std::unexpected(std::move(ok.error()));
  return Next<WaitFinished>{WaitFinished{std::move(s.keys)}};
}

Result<Next<WaitFinished>> on(WaitEndOfEarlyData&& s, const wire::EndOfEarlyData&, Context& c) {
  c.sink->install(Direction::read, Epoch::handshake, s.keys.suite, s.keys.client_handshake);
  return Next<WaitFinished>{WaitFinished{std::move(s.keys)}};
}

Result<Next<Connected>> on(WaitFinished&& s, const wire::Finished& m, Context& c) {
  const crypto::Digest h = c.transcript.hash();
  const crypto::Digest expected = finished_mac(*s.keys.suite.hash, s.keys.client_handshake, h.bytes());
  // RFC 9846 §4.5.3: a Finished that is not correct MUST end the connection with decrypt_error.
  if (!constant_time_equal(m.verify_data, expected.bytes())) return fail(Code::bad_finished);
  c.transcript.add(c.message);
  c.sink->install(Direction::read, Epoch::application, s.keys.suite, s.keys.client);
  if (auto ok = send_tickets(s.keys, c); !ok) return std::unexpected(std::move(ok.error()));
  return Next<Connected>{Connected{std::move(s.keys)}};
}

std::unique_ptr<PostHandshake> Spec::finish(Connected&& last, Context& c) {
  ApplicationKeys& keys = last.keys;
  return post13::make({.suite = keys.suite,
                       .read = std::move(keys.client),
                       .write = std::move(keys.server),
                       .exporter = std::move(keys.exporter),
                       .is_client = false,
                       .records_per_key = records_per_key(keys.suite, c.settings->key_update_after)});
}

const MachineTable& table() { return table_of<Spec>(); }

std::unique_ptr<Running> start(Context context) {
  return std::make_unique<Machine<Spec>>(std::move(context), WaitClientHello{});
}

}  // namespace tls::handshake::server13
