// From EncryptedExtensions to the end.
#include "handshake/client13/client13.h"

#include <algorithm>

#include "base/constant_time.h"
#include "handshake/post13/post13.h"
#include "wire/empty_message.h"

namespace tls::handshake::client13 {
namespace {

Result<void> take_alpn(const wire::EncryptedExtensions& m, Context& c) {
  if (!m.alpn) return {};
  const std::string_view chosen = as_text(*m.alpn);
  const auto& offered = c.settings->alpn;
  if (std::ranges::find(offered, chosen) == offered.end()) return fail(Code::bad_alpn_answer);
  c.info.alpn = chosen;
  return {};
}

Result<Next<AwaitVerification>> verify_chain(HandshakeKeys&& keys, std::optional<Wanted>&& wanted,
                                             const wire::Certificate& m, Context& c) {
  auto peer =
      take_certificate(m, c.settings->replay.min_rsa_bits, c.settings->provider.hash(crypto::HashId::sha256), c.info);
  if (!peer) return std::unexpected(std::move(peer.error()));
  ChainToVerify question =
      chain_of_server(c.info, std::move(peer->chain), c.peer_name, c.settings->staples_due(), *c.settings->clock);
  question.issuer_ocsp_responses = std::move(peer->issuer_staples);
  c.ask(std::move(question), *c.settings->verifier);
  return Next<AwaitVerification>{AwaitVerification{std::move(keys), std::move(wanted), std::move(peer->key)}};
}

Connected send_finished(ApplicationKeys&& keys, Context& c) {
  const crypto::Digest h = c.transcript.hash();
  const crypto::Digest mac = finished_mac(*keys.suite.hash, keys.client_handshake, h.bytes());
  c.send(encode_finished(mac.bytes()), Epoch::handshake);
  c.sink->install(Direction::write, Epoch::application, keys.suite, keys.client);
  return {std::move(keys)};
}

/// Our side of the end of a handshake with a PSK.
Connected end_resumption(ApplicationKeys&& keys, Context& c) {
  if (c.early_data_open) {
    // RFC 9846 §4.6: EndOfEarlyData says that no more comes under these keys.
    c.send(wire::handshake_message(wire::EndOfEarlyData{}), Epoch::early);
    c.sink->install(Direction::write, Epoch::handshake, keys.suite, keys.client_handshake);
    c.early_data_open = false;
  }
  return send_finished(std::move(keys), c);
}

/// What EncryptedExtensions settle whatever authenticates the server.
Result<void> take_extensions(const wire::EncryptedExtensions& m, Context& c) {
  if (auto ok = take_alpn(m, c); !ok) return ok;
  if (m.record_size_limit) {
    // RFC 8449 §4: the server answers only what we sent; from here on both limits hold.
    c.info.peer_record_size_limit = *m.record_size_limit;
    c.sink->limit_records(*m.record_size_limit);
    c.sink->limit_peer_records(c.settings->record_size_limit);
  }
  return {};
}

/// RFC 9846 §4.3.10: early data is accepted only with the first PSK, and for what that PSK's connection had negotiated.
Result<void> take_early_data(std::uint16_t selected, Context& c) {
  if (selected != 0)
    return fail(Code::wrong_early_data_answer, "it selected the PSK of index " + std::to_string(selected));
  const session::ClientState& session = c.resumed->state();
  if (c.info.suite != session.suite)
    return fail(Code::wrong_early_data_answer, "it chose " + std::string(name(c.info.suite)) +
                                                   ", the data was sent for " + std::string(name(session.suite)));
  if (c.info.alpn != session.alpn)
    return fail(Code::wrong_early_data_answer, "it chose another application protocol than that of the data");
  c.info.early_data = EarlyDataStatus::accepted;
  return {};
}

/// The peer has proven to be who it was then.
void note_resumed_peer(Context& c) {
  if (!c.resumed) return;
  const session::ClientState& session = c.resumed->state();
  c.chain_ends = session.not_after;
  c.info.peer_identity = session.peer_certificates.empty() ? PeerIdentity::none : PeerIdentity::chain;
  c.info.peer_certificates = session.peer_certificates;
  c.info.peer_certificate_sha256 = session.peer_certificate_sha256;
  c.info.ocsp_response = session.ocsp_response;
  c.info.signed_certificate_timestamps = session.signed_certificate_timestamps;
}

/// Checks the server's Finished; the keys of the application follow.
Result<ApplicationKeys> take_finished(HandshakeKeys&& keys, const wire::Finished& m, Context& c) {
  const crypto::Digest h = c.transcript.hash();
  const crypto::Digest expected = finished_mac(*keys.suite.hash, keys.server, h.bytes());
  // RFC 9846 §4.5.3: a Finished that is not correct MUST end the connection with decrypt_error.
  if (!constant_time_equal(m.verify_data, expected.bytes())) return fail(Code::bad_finished);
  c.transcript.add(c.message);
  ApplicationKeys next = enter_application(std::move(keys), c.client_random, c);
  c.sink->install(Direction::read, Epoch::application, next.suite, next.server);
  return next;
}

}  // namespace

std::size_t Context::max_message(On event) const noexcept {
  if (event == On::certificate) return settings->max_certificate_message;
  if (event == On::finished) return limits::kMaxFinished;
  return limits::kMaxHandshakeMessage;
}

Result<Next<WaitCertificateOrRequest>> on(WaitEncryptedExtensions&& s, const wire::EncryptedExtensions& m, Context& c) {
  // RFC 9846 §4.3.10: early data is accepted with a PSK alone.
  if (m.early_data) return fail(Code::wrong_early_data_answer, "it selected no PSK");
  if (auto ok = take_extensions(m, c); !ok) return std::unexpected(std::move(ok.error()));
  return Next<WaitCertificateOrRequest>{WaitCertificateOrRequest{std::move(s.keys)}};
}

Result<Next<WaitPskFinished>> on(WaitPskEncryptedExtensions&& s, const wire::EncryptedExtensions& m, Context& c) {
  if (auto ok = take_extensions(m, c); !ok) return std::unexpected(std::move(ok.error()));
  if (m.early_data) {
    if (auto ok = take_early_data(s.selected, c); !ok) return std::unexpected(std::move(ok.error()));
  } else if (c.early_data_open) {
    c.early_data_open = false;
    c.info.early_data = EarlyDataStatus::rejected;
    c.info.early_data_refusal = EarlyDataRefusal::by_server;
    c.sink->install(Direction::write, Epoch::handshake, s.keys.suite, s.keys.client);
  }
  return Next<WaitPskFinished>{WaitPskFinished{std::move(s.keys)}};
}

Result<Next<AwaitResumedVerification, Connected>> on(WaitPskFinished&& s, const wire::Finished& m, Context& c) {
  using N = Next<AwaitResumedVerification, Connected>;
  auto keys = take_finished(std::move(s.keys), m, c);
  if (!keys) return std::unexpected(std::move(keys.error()));
  note_resumed_peer(c);
  if (!c.settings->verify_resumed || c.info.peer_certificates.empty()) return N{end_resumption(std::move(*keys), c)};
  c.ask(chain_of_resumed_server(c.info, c.peer_name, *c.settings->clock), *c.settings->verifier);
  return N{AwaitResumedVerification{std::move(*keys)}};
}

Result<Next<Connected>> on(AwaitResumedVerification&& s, const ChainVerified& m, Context& c) {
  c.chain_ends = std::min(c.chain_ends, m.value.not_after);
  return Next<Connected>{end_resumption(std::move(s.keys), c)};
}

Result<Next<WaitCertificate>> on(WaitCertificateOrRequest&& s, const wire::CertificateRequest& m, Context& c) {
  // RFC 9846 §4.4.2: the context is empty in the main handshake.
  if (!m.certificate_request_context.empty())
    return fail(Code::illegal_parameter, "certificate_request_context is not empty");
  Wanted wanted;
  wanted.request.for_server = false;
  wanted.request.server_name = c.peer_name;
  wanted.request.signature_schemes.assign(m.signature_algorithms.begin(), m.signature_algorithms.end());
  if (m.signature_algorithms_cert)
    wanted.request.certificate_schemes.assign(m.signature_algorithms_cert->begin(), m.signature_algorithms_cert->end());
  wanted.request.authorities = keep_authorities(m.certificate_authorities);
  wanted.request.authorities_bind = c.settings->authorities_bind;
  note_wish(wanted.request.signature_schemes, wanted.request.authorities, c.info);
  wanted.staples = {m.status_request, m.signed_certificate_timestamp};
  return Next<WaitCertificate>{WaitCertificate{std::move(s.keys), std::move(wanted)}};
}

Result<Next<AwaitVerification>> on(WaitCertificateOrRequest&& s, const wire::Certificate& m, Context& c) {
  return verify_chain(std::move(s.keys), std::nullopt, m, c);
}
Result<Next<AwaitVerification>> on(WaitCertificate&& s, const wire::Certificate& m, Context& c) {
  return verify_chain(std::move(s.keys), std::move(s.wanted), m, c);
}

Result<Next<WaitCertificateVerify>> on(AwaitVerification&& s, const ChainVerified& m, Context& c) {
  c.chain_ends = m.value.not_after;
  c.info.staple = m.value.staple;
  c.info.crl = m.value.crl;
  return Next<WaitCertificateVerify>{WaitCertificateVerify{std::move(s.keys), std::move(s.wanted), std::move(s.peer)}};
}

Result<Next<WaitFinished>> on(WaitCertificateVerify&& s, const wire::CertificateVerify& m, Context& c) {
  const crypto::Digest h = c.transcript.hash();
  if (auto ok = check_certificate_verify(m, Role::server, s.peer, c.settings->signature_schemes, h.bytes(), c.info);
      !ok)
    return std::unexpected(std::move(ok.error()));
  return Next<WaitFinished>{WaitFinished{std::move(s.keys), std::move(s.wanted)}};
}

Result<Next<AwaitCredential, Connected>> on(WaitFinished&& s, const wire::Finished& m, Context& c) {
  using N = Next<AwaitCredential, Connected>;
  auto keys = take_finished(std::move(s.keys), m, c);
  if (!keys) return std::unexpected(std::move(keys.error()));
  if (!s.wanted) return N{send_finished(std::move(*keys), c)};
  if (c.settings->credentials == nullptr) {
    c.send(encode_certificate(Role::client, nullptr, {}, c.info), Epoch::handshake);
    return N{send_finished(std::move(*keys), c)};
  }
  c.ask(s.wanted->request, *c.settings->credentials);
  return N{AwaitCredential{std::move(*keys), std::move(*s.wanted)}};
}

Result<Next<AwaitSignature, Connected>> on(AwaitCredential&& s, const CredentialChosen& m, Context& c) {
  using N = Next<AwaitSignature, Connected>;
  const Credential* credential = m.value.get();
  const auto scheme =
      credential ? scheme_for(*credential, s.wanted.request.signature_schemes, c.info.version) : std::nullopt;
  if (!scheme) credential = nullptr;  // RFC 9846 §4.5.1: without a fitting certificate the list is empty
  c.send(encode_certificate(Role::client, credential, s.wanted.staples, c.info), Epoch::handshake);
  if (credential == nullptr) return N{send_finished(std::move(s.keys), c)};
  const crypto::Digest h = c.transcript.hash();
  c.ask(SignatureRequest{*scheme, signed_content(Role::client, h.bytes()), credential->key, false},
        *c.settings->random);
  return N{AwaitSignature{std::move(s.keys), *scheme}};
}

Result<Next<Connected>> on(AwaitSignature&& s, const SignatureMade& m, Context& c) {
  c.send(encode_certificate_verify(s.scheme, m.value), Epoch::handshake);
  return Next<Connected>{send_finished(std::move(s.keys), c)};
}

namespace {

/// What tickets that come later are made into, where somebody keeps sessions.
std::unique_ptr<post13::TicketKeeper> keep_tickets(const ApplicationKeys& keys, Context& c) {
  if (!c.settings->sessions) return nullptr;
  auto keeper = std::make_unique<post13::TicketKeeper>();
  keeper->settings = c.settings;
  keeper->key = std::move(c.session_key);
  const crypto::Digest h = c.transcript.hash();
  keeper->secret = keys.main.resumption(h.bytes());
  session::ClientState& like = keeper->like;
  like.version = ProtocolVersion::tls13;
  like.suite = c.info.suite;
  like.extended_main_secret = true;
  like.authenticated = c.resumed ? c.resumed->state().authenticated : c.settings->clock->wall();
  like.not_after = c.chain_ends;
  like.alpn = c.info.alpn;
  like.peer_certificates = c.info.peer_certificates;
  like.peer_certificate_sha256 = c.info.peer_certificate_sha256;
  like.ocsp_response = c.info.ocsp_response;
  like.signed_certificate_timestamps = c.info.signed_certificate_timestamps;
  return keeper;
}

}  // namespace

std::unique_ptr<PostHandshake> Spec::finish(Connected&& last, Context& c) {
  ApplicationKeys& keys = last.keys;
  auto tickets = keep_tickets(keys, c);
  return post13::make({.suite = keys.suite,
                       .read = std::move(keys.server),
                       .write = std::move(keys.client),
                       .exporter = std::move(keys.exporter),
                       .is_client = true,
                       .records_per_key = records_per_key(keys.suite, c.settings->key_update_after),
                       .tickets = std::move(tickets)});
}

const MachineTable& table() { return table_of<Spec>(); }

std::unique_ptr<Running> start(Context context, hello::Offer offer) {
  return std::make_unique<Machine<Spec>>(std::move(context), WaitServerHello{std::move(offer)});
}

}  // namespace tls::handshake::client13
