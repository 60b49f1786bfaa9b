// From EncryptedExtensions to the end.
#include "handshake/client13/client13.h"

#include <algorithm>

#include "base/constant_time.h"
#include "handshake/post13/post13.h"

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
  auto leaf =
      take_certificate(m, c.settings->replay.min_rsa_bits, c.settings->provider.hash(crypto::HashId::sha256), c.info);
  if (!leaf) return std::unexpected(std::move(leaf.error()));
  c.ask(ChainToVerify{.peer_is_server = true,
                      .server_name = c.peer_name,
                      .chain = c.info.peer_certificates,
                      .ocsp_response = c.info.ocsp_response,
                      .now = c.settings->clock->wall()},
        *c.settings->verifier);
  return Next<AwaitVerification>{AwaitVerification{std::move(keys), std::move(wanted), std::move(*leaf)}};
}

Connected send_finished(ApplicationKeys&& keys, Context& c) {
  const crypto::Digest h = c.transcript.hash();
  const crypto::Digest mac = finished_mac(*keys.suite.hash, keys.client_handshake, h.bytes());
  c.send(encode_finished(mac.bytes()), Epoch::handshake);
  c.sink->install(Direction::write, Epoch::application, keys.suite, keys.client);
  return {std::move(keys)};
}

}  // namespace

std::size_t Context::max_message(On event) const noexcept {
  if (event == On::certificate) return settings->max_certificate_message;
  if (event == On::finished) return limits::kMaxFinished;
  return limits::kMaxHandshakeMessage;
}

Result<Next<WaitCertificateOrRequest>> on(WaitEncryptedExtensions&& s, const wire::EncryptedExtensions& m, Context& c) {
  if (auto ok = take_alpn(m, c); !ok) return std::unexpected(std::move(ok.error()));
  if (m.record_size_limit) {
    // RFC 8449 §4: the server answers only what we sent; from here on both limits hold.
    c.info.peer_record_size_limit = *m.record_size_limit;
    c.sink->limit_records(*m.record_size_limit);
    c.sink->limit_peer_records(c.settings->record_size_limit);
  }
  return Next<WaitCertificateOrRequest>{WaitCertificateOrRequest{std::move(s.keys)}};
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
  wanted.staples = {m.status_request, m.signed_certificate_timestamp};
  return Next<WaitCertificate>{WaitCertificate{std::move(s.keys), std::move(wanted)}};
}

Result<Next<AwaitVerification>> on(WaitCertificateOrRequest&& s, const wire::Certificate& m, Context& c) {
  return verify_chain(std::move(s.keys), std::nullopt, m, c);
}
Result<Next<AwaitVerification>> on(WaitCertificate&& s, const wire::Certificate& m, Context& c) {
  return verify_chain(std::move(s.keys), std::move(s.wanted), m, c);
}

Result<Next<WaitCertificateVerify>> on(AwaitVerification&& s, const ChainVerified&, Context&) {
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
  const crypto::Digest h = c.transcript.hash();
  const crypto::Digest expected = finished_mac(*s.keys.suite.hash, s.keys.server, h.bytes());
  // RFC 9846 §4.5.3: a Finished that is not correct MUST end the connection with decrypt_error.
  if (!constant_time_equal(m.verify_data, expected.bytes())) return fail(Code::bad_finished);
  c.transcript.add(c.message);
  ApplicationKeys keys = enter_application(std::move(s.keys), c.client_random, c);
  c.sink->install(Direction::read, Epoch::application, keys.suite, keys.server);
  if (!s.wanted) return N{send_finished(std::move(keys), c)};
  if (c.settings->credentials == nullptr) {
    c.send(encode_certificate(nullptr, {}, {}), Epoch::handshake);
    return N{send_finished(std::move(keys), c)};
  }
  c.ask(s.wanted->request, *c.settings->credentials);
  return N{AwaitCredential{std::move(keys), std::move(*s.wanted)}};
}

Result<Next<AwaitSignature, Connected>> on(AwaitCredential&& s, const CredentialChosen& m, Context& c) {
  using N = Next<AwaitSignature, Connected>;
  const Credential* credential = m.value.get();
  const auto scheme =
      credential ? scheme_for(*credential, s.wanted.request.signature_schemes, c.info.version) : std::nullopt;
  if (!scheme) credential = nullptr;  // RFC 9846 §4.5.1: without a fitting certificate the list is empty
  c.send(encode_certificate(credential, {}, s.wanted.staples), Epoch::handshake);
  if (credential == nullptr) return N{send_finished(std::move(s.keys), c)};
  const crypto::Digest h = c.transcript.hash();
  c.ask(SignatureRequest{*scheme, signed_content(Role::client, h.bytes()), credential->key}, *c.settings->random);
  return N{AwaitSignature{std::move(s.keys), *scheme}};
}

Result<Next<Connected>> on(AwaitSignature&& s, const SignatureMade& m, Context& c) {
  c.send(encode_certificate_verify(s.scheme, m.value), Epoch::handshake);
  return Next<Connected>{send_finished(std::move(s.keys), c)};
}

std::unique_ptr<PostHandshake> Spec::finish(Connected&& last, Context& c) {
  ApplicationKeys& keys = last.keys;
  return post13::make({.suite = keys.suite,
                       .read = std::move(keys.server),
                       .write = std::move(keys.client),
                       .exporter = std::move(keys.exporter),
                       .is_client = true,
                       .records_per_key = records_per_key(keys.suite, c.settings->key_update_after)});
}

const MachineTable& table() { return table_of<Spec>(); }

std::unique_ptr<Running> start(Context context, hello::Offer offer) {
  return std::make_unique<Machine<Spec>>(std::move(context), WaitServerHello{std::move(offer)});
}

}  // namespace tls::handshake::client13
