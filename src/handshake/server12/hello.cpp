// ClientHello and the server's flight.
#include "handshake/hello/offer.h"
#include "handshake/server12/server12.h"
#include "wire/certificate_request12.h"
#include "wire/certificate_status.h"
#include "wire/empty_message.h"
#include "wire/server_hello.h"

namespace tls::handshake::server12 {
namespace {

constexpr std::uint8_t kPointFormats[] = {0};  // uncompressed (RFC 8422 §5.1.2)
constexpr std::uint8_t kCertificateTypes[] = {static_cast<std::uint8_t>(wire::ClientCertificateType::ecdsa_sign),
                                              static_cast<std::uint8_t>(wire::ClientCertificateType::rsa_sign)};

bool staples(const hello::Decision12& d, const Credential& credential) {
  return d.staples.ocsp && !credential.ocsp_response.empty();
}

/// How the session of a full handshake will be resumed. RFC 5077 §3.4: with a ticket the session ID SHOULD be empty.
NewSession new_session(const hello::Decision12& d, const ServerSettings& s) {
  NewSession session;
  if (!d.extended_main_secret) return session;  // RFC 7627 §5.3: it would not be resumed
  session.ticket = d.session_ticket && s.tickets != nullptr;
  if (!session.ticket && s.session_cache == nullptr) return session;
  session.binding = hello::session_binding(d.server_name, ProtocolVersion::tls12, s);
  if (session.ticket) return session;
  std::array<std::uint8_t, wire::kMaxSessionId> id;
  s.random->fill(id);
  session.id = wire::ShortBytes<wire::kMaxSessionId>(id);
  return session;
}

ByteVector encode_server_hello(const hello::Decision12& d, const Exchange& exchange, const Credential& credential,
                               const ServerSettings& s) {
  wire::ServerHello hello = server_hello(d, exchange.agreed, s);
  hello.legacy_session_id_echo = exchange.session.id.bytes();
  hello.session_ticket = exchange.session.ticket;
  hello.server_name = d.server_name.has_value();
  hello.status_request = staples(d, credential);
  if (d.staples.scts && !credential.signed_certificate_timestamps.empty())
    hello.signed_certificate_timestamp = Bytes(credential.signed_certificate_timestamps);
  return wire::handshake_message(hello);
}

ByteVector encode_certificate_request(const ServerSettings& s) {
  wire::CertificateRequest12 request;
  ByteVector schemes, authorities;
  request.certificate_types = Bytes(kCertificateTypes);
  request.supported_signature_algorithms = wire::SignatureSchemeList::write(schemes, s.signature_schemes);
  std::vector<wire::DistinguishedName> names;
  for (const auto& name : s.client_authorities) names.push_back({Bytes(name)});
  request.certificate_authorities = wire::DistinguishedNameList::write(authorities, names);
  return wire::handshake_message(request);
}

/// Our share, as it is signed and sent.
wire::ServerKeyExchange key_exchange(const Exchange& exchange, Bytes point) {
  return {.namedcurve = exchange.group->id, .point = point, .algorithm = {}, .signature = {}};
}

}  // namespace

void note(const hello::Common12& d, const Agreed12& agreed, Context& c) {
  c.info.version = ProtocolVersion::tls12;
  c.info.suite = agreed.suite.facts->id;
  c.info.alpn = d.alpn;
  c.info.server_name = d.server_name.value_or("");
  c.info.extended_main_secret = agreed.extended_main_secret;
}

wire::HelloRandom draw_random(const hello::Common12& d, Random& source) {
  wire::HelloRandom random;
  source.fill(random);
  if (d.mark_downgrade) wire::mark_downgrade_to_tls12(random);
  return random;
}

wire::ServerHello server_hello(const hello::Common12& d, const Agreed12& agreed, const ServerSettings& s) {
  wire::ServerHello hello;
  hello.random = agreed.server_random;
  hello.cipher_suite = agreed.suite.facts->id;
  hello.extended_main_secret = agreed.extended_main_secret;
  if (d.renegotiation_info) hello.renegotiation_info = wire::Opaque{};  // RFC 5746 §3.6: empty, first handshake
  if (d.point_formats) hello.ec_point_formats = Bytes(kPointFormats);
  if (!d.alpn.empty()) hello.alpn = as_bytes(d.alpn);
  if (d.peer_record_size_limit != 0) hello.record_size_limit = record_size_limit12(s.record_size_limit);
  return hello;
}

Result<Next<AwaitTicket, AwaitSession, AwaitCredential>> on(WaitClientHello&&, const wire::ClientHello& m, Context& c) {
  using N = Next<AwaitTicket, AwaitSession, AwaitCredential>;
  const ServerSettings& s = *c.settings;
  auto common = hello::negotiate12(m, s);
  if (!common) return std::unexpected(std::move(common.error()));
  // RFC 5077 §3.4: with a ticket that we might know, the session ID is no more than the client's mark.
  if (s.tickets != nullptr && m.session_ticket && !m.session_ticket->empty()) {
    c.ask_to_open(*m.session_ticket, s.tickets, s.clock->wall());
    return N{AwaitTicket{std::move(*common)}};
  }
  if (s.session_cache != nullptr && !common->session_id.empty()) {
    c.ask_for_session(common->session_id.bytes(), s.session_cache, s.clock->wall());
    return N{AwaitSession{std::move(*common)}};
  }
  auto d = hello::negotiate12_in_full(std::move(*common), m, s);
  if (!d) return std::unexpected(std::move(d.error()));
  c.ask(d->credential, *s.credentials);
  return N{AwaitCredential{std::move(*d)}};
}

Result<Next<AwaitSignature>> on(AwaitCredential&& s, const CredentialChosen& m, Context& c) {
  const hello::Decision12& d = s.decision;
  const ServerSettings& settings = *c.settings;
  const auto chosen = m.value ? hello::suite_for(d, *m.value) : std::nullopt;
  if (!chosen)
    return fail(Code::no_shared_signature_scheme,
                "the peer accepts " + hello::list_of_names(d.credential.signature_schemes) + " with its suites");
  Exchange exchange;
  exchange.agreed = {implement(*chosen->suite, settings.provider), d.client_random, draw_random(d, *settings.random),
                     d.extended_main_secret};
  exchange.session = new_session(d, settings);
  exchange.group = d.group;
  ByteVector point(d.group->client_share_size);
  auto key = d.group->generate(*settings.random, point);
  if (!key) return std::unexpected(std::move(key.error()));
  exchange.key = std::move(*key);
  note(d, exchange.agreed, c);
  c.info.group = d.group->id;

  const crypto::HashImpl& hash = *exchange.agreed.suite.hash;
  if (settings.client_auth == ClientAuth::none)
    c.transcript.choose(hash);
  else
    c.transcript.choose_and_keep(hash);
  c.send(encode_server_hello(d, exchange, *m.value, settings), Epoch::plaintext);
  c.send(encode_certificate12(Role::server, m.value.get(), c.info), Epoch::plaintext);
  if (staples(d, *m.value))
    c.send(wire::handshake_message(wire::CertificateStatus{m.value->ocsp_response}), Epoch::plaintext);
  if (d.peer_record_size_limit != 0)
    limit_records(record_size_limit12(settings.record_size_limit), d.peer_record_size_limit, c);
  c.ask(SignatureRequest{chosen->scheme, signed_parameters(exchange.agreed, key_exchange(exchange, point)),
                         m.value->key, true, ProtocolVersion::tls12},
        *settings.random);
  return Next<AwaitSignature>{AwaitSignature{std::move(exchange), std::move(point), chosen->scheme}};
}

Result<Next<WaitCertificate, WaitClientKeyExchange>> on(AwaitSignature&& s, const SignatureMade& m, Context& c) {
  using N = Next<WaitCertificate, WaitClientKeyExchange>;
  wire::ServerKeyExchange message = key_exchange(s.exchange, s.point);
  message.algorithm = s.scheme;
  message.signature = Bytes(m.value);
  c.send(wire::handshake_message(message), Epoch::plaintext);
  const bool asks = c.settings->client_auth != ClientAuth::none;
  if (asks) {
    c.send(encode_certificate_request(*c.settings), Epoch::plaintext);
    c.info.client_certificate = ClientCertificate::requested;
  }
  c.send(wire::handshake_message(wire::ServerHelloDone{}), Epoch::plaintext);
  c.info.signature_scheme = s.scheme;  // the client's takes its place when it authenticates
  if (asks) return N{WaitCertificate{std::move(s.exchange)}};
  return N{WaitClientKeyExchange{std::move(s.exchange)}};
}

}  // namespace tls::handshake::server12
