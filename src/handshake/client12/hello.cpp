// The server's flight: from ServerHello to ServerHelloDone.
#include <algorithm>

#include "handshake/client12/client12.h"
#include "handshake/hello/negotiate.h"

namespace tls::handshake::client12 {
namespace {

Result<const crypto::SuiteFacts*> check_suite(CipherSuite suite, const ClientSettings& s) {
  const crypto::SuiteFacts* facts = crypto::find_suite(suite);
  if (facts == nullptr || facts->version != ProtocolVersion::tls12 ||
      std::ranges::find(s.cipher_suites, suite) == s.cipher_suites.end())
    return fail(Code::wrong_cipher, "the server chose " + hello::list_of_names(std::span(&suite, 1)) +
                                        ", offered were " + hello::list_of_names(s.cipher_suites));
  return facts;
}

}  // namespace

Result<void> check_protections(const wire::ServerHello& m, const ClientSettings& s) {
  // RFC 7627 §5.2: a client that does not want legacy servers aborts.
  if (!m.extended_main_secret && s.extended_main_secret == Require::always)
    return fail(Code::no_extended_main_secret,
                "the server does not answer extended_main_secret (RFC 7627), which "
                "extended_main_secret(Require::if_offered) would do without");
  // RFC 5746 §3.4: renegotiated_connection MUST be empty; without the extension the client decides (§4.1).
  if (m.renegotiation_info && !m.renegotiation_info->empty()) return fail(Code::renegotiation_mismatch);
  if (!m.renegotiation_info && s.renegotiation_info == Require::always)
    return fail(Code::no_secure_renegotiation, "renegotiation_info(Require::if_offered) would do without");
  // RFC 8422 §5.2: a list of point formats holds uncompressed.
  if (m.ec_point_formats && std::ranges::find(*m.ec_point_formats, 0) == m.ec_point_formats->end())
    return fail(Code::bad_point_formats);
  return {};
}

Result<void> note_answers(const wire::ServerHello& m, Context& c) {
  const ClientSettings& s = *c.settings;
  if (m.alpn) {
    const std::string_view chosen = as_text(*m.alpn);
    if (std::ranges::find(s.alpn, chosen) == s.alpn.end()) return fail(Code::bad_alpn_answer);
    c.info.alpn = chosen;
  }
  if (m.signed_certificate_timestamp)
    c.info.signed_certificate_timestamps.assign(m.signed_certificate_timestamp->begin(),
                                                m.signed_certificate_timestamp->end());
  if (m.record_size_limit) limit_records(record_size_limit12(s.record_size_limit), *m.record_size_limit, c);
  return {};
}

namespace {

Result<Next<WaitRequestOrDone>> take_share(ServerChoice&& choice, Peer&& peer, const wire::ServerKeyExchange& m,
                                           Context& c) {
  const ClientSettings& s = *c.settings;
  const crypto::GroupImpl* group = crypto::find_group(m.namedcurve);
  // RFC 8422 §5.4: the curve MUST be one of those that were offered.
  if (group == nullptr || !hello::has_points(*group) || std::ranges::find(s.groups, group->id) == s.groups.end())
    return fail(Code::wrong_group, "the server chose " + hello::list_of_names(std::span(&m.namedcurve, 1)) +
                                       ", offered were " + hello::list_of_names(s.groups));
  const auto content = signed_parameters(choice.agreed, m);
  if (auto ok = check_signature(m.algorithm, m.signature, content, peer.key, s.signature_schemes, c.info); !ok)
    return std::unexpected(std::move(ok.error()));
  c.info.group = group->id;
  return Next<WaitRequestOrDone>{
      WaitRequestOrDone{std::move(choice), {group, ByteVector(m.point.begin(), m.point.end()), std::move(peer.chain)}}};
}

/// The server's flight is complete: whom is it from?
AwaitVerification verify_chain(ServerChoice&& choice, ServerShare&& share, std::optional<CredentialRequest>&& wanted,
                               Context& c) {
  if (!wanted) c.transcript.forget_messages();  // we sign nothing
  c.ask(chain_of_server(c.info, std::move(share.chain), c.peer_name, c.settings->staples_due(), *c.settings->clock),
        *c.settings->verifier);
  return {std::move(choice), std::move(share), std::move(wanted)};
}

}  // namespace

Result<Next<WaitCertificate, ResumedNewSessionTicket, ResumedChangeCipherSpec>> on(WaitServerHello&& s,
                                                                                   const wire::ServerHello& m,
                                                                                   Context& c) {
  using N = Next<WaitCertificate, ResumedNewSessionTicket, ResumedChangeCipherSpec>;
  auto suite = check_suite(m.cipher_suite, *c.settings);
  if (!suite) return std::unexpected(std::move(suite.error()));
  // RFC 5246 §7.4.1.3, RFC 5077 §3.4: our own session_id back means that the session is resumed.
  if (!m.legacy_session_id_echo.empty() &&
      std::ranges::equal(m.legacy_session_id_echo, s.offer.legacy_session_id.bytes()))
    return resume(s.offer, m, c);
  if (auto ok = check_protections(m, *c.settings); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = note_answers(m, c); !ok) return std::unexpected(std::move(ok.error()));

  ServerChoice choice;
  choice.agreed = {implement(**suite, c.settings->provider), s.offer.random, m.random, m.extended_main_secret};
  choice.status = m.status_request;
  choice.session.id = wire::ShortBytes<wire::kMaxSessionId>(m.legacy_session_id_echo);
  choice.session.announced = m.session_ticket;
  c.transcript.choose_and_keep(*choice.agreed.suite.hash);
  c.info.version = ProtocolVersion::tls12;
  c.info.suite = m.cipher_suite;
  c.info.extended_main_secret = m.extended_main_secret;
  return N{WaitCertificate{std::move(choice)}};
}

Result<Next<WaitCertificateStatus, WaitServerKeyExchange>> on(WaitCertificate&& s, const wire::Certificate12& m,
                                                              Context& c) {
  using N = Next<WaitCertificateStatus, WaitServerKeyExchange>;
  auto peer =
      take_certificate(m, c.settings->replay.min_rsa_bits, c.settings->provider.hash(crypto::HashId::sha256), c.info);
  if (!peer) return std::unexpected(std::move(peer.error()));
  // RFC 5246 §7.4.2: the key MUST be usable with the suite.
  if (!hello::authenticates(s.choice.agreed.suite.facts->auth, peer->key.kind()))
    return fail(Code::wrong_certificate_type, "the suite is " + std::string(s.choice.agreed.suite.facts->name));
  if (auto ok = check_curve(peer->key, c.settings->groups); !ok) return std::unexpected(std::move(ok.error()));
  if (s.choice.status) return N{WaitCertificateStatus{std::move(s.choice), std::move(*peer)}};
  return N{WaitServerKeyExchange{std::move(s.choice), std::move(*peer)}};
}

Result<Next<WaitServerKeyExchange>> on(WaitCertificateStatus&& s, const wire::CertificateStatus& m, Context& c) {
  c.info.ocsp_response.assign(m.response.begin(), m.response.end());
  return Next<WaitServerKeyExchange>{WaitServerKeyExchange{std::move(s.choice), std::move(s.peer)}};
}

Result<Next<WaitRequestOrDone>> on(WaitCertificateStatus&& s, const wire::ServerKeyExchange& m, Context& c) {
  return take_share(std::move(s.choice), std::move(s.peer), m,
                    c);  // RFC 6066 §8: the server MAY leave the status out after all
}
Result<Next<WaitRequestOrDone>> on(WaitServerKeyExchange&& s, const wire::ServerKeyExchange& m, Context& c) {
  return take_share(std::move(s.choice), std::move(s.peer), m, c);
}

Result<Next<WaitServerHelloDone>> on(WaitRequestOrDone&& s, const wire::CertificateRequest12& m, Context& c) {
  CredentialRequest wanted;
  wanted.for_server = false;
  wanted.version = ProtocolVersion::tls12;
  wanted.server_name = c.peer_name;
  // RFC 5246 §7.4.4: certificate_types and supported_signature_algorithms both hold.
  const bool rsa = m.accepts(wire::ClientCertificateType::rsa_sign);
  const bool ecdsa = m.accepts(wire::ClientCertificateType::ecdsa_sign);
  for (SignatureScheme scheme : m.supported_signature_algorithms) {
    const crypto::SchemeFacts* facts = crypto::find_scheme(scheme);
    if (facts != nullptr && (hello::authenticates(crypto::SuiteAuth::rsa, facts->key) ? rsa : ecdsa))
      wanted.signature_schemes.push_back(scheme);
  }
  wanted.authorities = keep_authorities(m.certificate_authorities);
  note_wish({m.supported_signature_algorithms.begin(), m.supported_signature_algorithms.end()}, wanted.authorities,
            c.info);
  wanted.authorities_bind = c.settings->authorities_bind;
  return Next<WaitServerHelloDone>{WaitServerHelloDone{std::move(s.choice), std::move(s.share), std::move(wanted)}};
}

Result<Next<AwaitVerification>> on(WaitRequestOrDone&& s, const wire::ServerHelloDone&, Context& c) {
  return Next<AwaitVerification>{verify_chain(std::move(s.choice), std::move(s.share), std::nullopt, c)};
}
Result<Next<AwaitVerification>> on(WaitServerHelloDone&& s, const wire::ServerHelloDone&, Context& c) {
  return Next<AwaitVerification>{verify_chain(std::move(s.choice), std::move(s.share), std::move(s.wanted), c)};
}

}  // namespace tls::handshake::client12
