// ClientHello, HelloRetryRequest, and the flight up to Certificate.
#include "base/constant_time.h"
#include "handshake/hello/choices.h"
#include "handshake/hello/offer.h"
#include "handshake/hello/resume.h"
#include "handshake/server13/flight.h"
#include "wire/certificate_request.h"
#include "wire/encrypted_extensions.h"
#include "wire/hello_retry_request.h"
#include "wire/message.h"
#include "wire/server_hello.h"

namespace tls::handshake::server13 {
namespace {

/// Only a PSK may do without a key exchange.
bool needs_share(const hello::Decision13& d) {
  return d.client_share.empty() && d.psk_mode != hello::PskMode::without_exchange;
}

ByteVector make_cookie(const crypto::Digest& first, Context& c) {
  if (!c.settings->replay.cookie.empty()) return c.settings->replay.cookie;
  if (!c.settings->retry_cookie) return {};
  const crypto::HmacKey key(c.settings->provider.hash(crypto::HashId::sha256), c.settings->cookie_key);
  const crypto::Digest mac = key.mac(first.bytes());
  return {mac.bytes().begin(), mac.bytes().end()};
}

ByteVector encode_certificate_request(Context& c) {
  const ServerSettings& s = *c.settings;
  wire::CertificateRequest request;
  ByteVector schemes, authorities;
  request.signature_algorithms = wire::SignatureSchemeList::write(schemes, s.signature_schemes);
  if (!s.client_authorities.empty()) {
    std::vector<wire::DistinguishedName> names;
    for (const auto& name : s.client_authorities) names.push_back({Bytes(name)});
    request.certificate_authorities = wire::DistinguishedNameList::write(authorities, names);
  }
  request.status_request = s.client_staples != StaplePolicy::ignore;
  c.requested = request.offered();
  return wire::handshake_message(request);
}

}  // namespace

std::uint16_t own_record_size_limit(const ServerSettings& s) {
  return s.record_size_limit != 0 ? s.record_size_limit : static_cast<std::uint16_t>(limits::kMaxPlaintext + 1);
}

void send_compatibility_ccs(const hello::Decision13& d, Context& c) {
  // RFC 9846 Appendix E.4: immediately after the first handshake message, to a client that sent a session ID.
  if (d.legacy_session_id.empty() || c.ccs_sent) return;
  c.sink->send_change_cipher_spec();
  c.ccs_sent = true;
}

WaitRetriedClientHello send_retry(const hello::Decision13& d, const wire::ClientHello& m, Bytes hello, Context& c) {
  const crypto::HashImpl& hash = c.settings->provider.hash(d.suite->hash);
  WaitRetriedClientHello next{d.suite, d.group, hello::unchanging_part(m, hash), {}, needs_share(d)};
  next.cookie = make_cookie(next.first, c);
  wire::HelloRetryRequest retry;
  retry.legacy_session_id_echo = d.legacy_session_id.bytes();
  retry.cipher_suite = d.suite->id;
  if (!next.cookie.empty()) retry.cookie = Bytes(next.cookie);
  if (next.share_asked) retry.key_share = d.group->id;
  c.transcript.choose(hash);
  c.transcript.add(hello);
  c.transcript.replace_by_message_hash();
  c.send(wire::handshake_message(retry), Epoch::plaintext);
  send_compatibility_ccs(d, c);
  c.info.hello_retry = true;
  if (c.info.early_data_refusal == EarlyDataRefusal::not_resumed) c.info.early_data_refusal = EarlyDataRefusal::retried;
  return next;
}

void note(const hello::Decision13& d, hello::Beginning beginning, Context& c) {
  c.client_random = d.client_random;
  c.info.version = ProtocolVersion::tls13;
  c.info.extended_main_secret = true;
  c.info.suite = d.suite->id;
  if (beginning == hello::Beginning::full || d.psk_mode == hello::PskMode::with_exchange) c.info.group = d.group->id;
  c.info.alpn = d.alpn;
  c.info.server_name = d.server_name.value_or("");
  c.info.peer_record_size_limit = d.peer_record_size_limit;
  c.tickets.count = hello::ticket_count(d, beginning, *c.settings);
  c.tickets.binding = hello::session_binding(d.server_name, ProtocolVersion::tls13, *c.settings);
  c.tickets.alpn = hello::alpn_fingerprint(d.alpn, *c.settings);
}

AwaitCredential ask_credential(hello::Decision13&& d, Bytes hello, Context& c) {
  c.transcript.choose(c.settings->provider.hash(d.suite->hash));
  c.transcript.add(hello);
  note(d, hello::Beginning::full, c);
  c.ask(d.credential, *c.settings->credentials);
  return {std::move(d)};
}

ByteVector encode_server_hello(const hello::Decision13& d, Bytes share, std::optional<std::uint16_t> psk,
                               Random& random) {
  wire::ServerHello hello;
  random.fill(hello.random);
  hello.legacy_session_id_echo = d.legacy_session_id.bytes();
  hello.cipher_suite = d.suite->id;
  hello.supported_versions = ProtocolVersion::tls13;
  if (!share.empty()) hello.key_share = wire::KeyShareEntry{d.group->id, share};
  hello.pre_shared_key = psk;
  return wire::handshake_message(hello);
}

ByteVector encode_encrypted_extensions(const hello::Decision13& d, bool early_data, const Context& c) {
  wire::EncryptedExtensions ee;
  // RFC 6066 §3: a server that resumes a session MUST NOT acknowledge the name.
  ee.server_name = d.server_name.has_value() && c.info.resumed == Resumption::none;
  if (!d.alpn.empty()) ee.alpn = as_bytes(d.alpn);
  if (d.peer_record_size_limit != 0) ee.record_size_limit = own_record_size_limit(*c.settings);
  ee.early_data = early_data;
  if (d.ticket_request && c.tickets.count != 0) ee.ticket_request = c.tickets.count;  // RFC 9149 §3
  return wire::handshake_message(ee);
}

void limit_records(const hello::Decision13& d, Context& c) {
  if (d.peer_record_size_limit == 0) return;
  c.sink->limit_records(d.peer_record_size_limit);
  c.sink->limit_peer_records(own_record_size_limit(*c.settings));
}

Result<Next<WaitRetriedClientHello, AwaitTicket, AwaitCredential, WaitFinished>> on(WaitClientHello&&,
                                                                                    const wire::ClientHello& m,
                                                                                    Context& c) {
  using N = Next<WaitRetriedClientHello, AwaitTicket, AwaitCredential, WaitFinished>;
  auto d = hello::negotiate13(m, *c.settings);
  if (!d) return std::unexpected(std::move(d.error()));
  c.early_data_refused = m.early_data;  // until it is accepted
  if (m.early_data) {
    c.info.early_data = EarlyDataStatus::rejected;
    // Until a ticket has told: another server of a fleet may have promised more than is allowed here. A client that
    // names no key was promised nothing.
    c.max_early_data = m.pre_shared_key ? limits::kMaxEarlyData : 0;
    c.info.early_data_refusal =
        c.settings->replay_guard ? EarlyDataRefusal::not_resumed : EarlyDataRefusal::disabled;  // as far as is known
  }
  if (needs_share(*d) || c.settings->always_retry) return N{send_retry(*d, m, c.message, c)};
  if (d->psk_mode == hello::PskMode::none) return N{ask_credential(std::move(*d), c.message, c)};
  return narrow<N>(look_at_psks(Search{std::move(*d), {c.message.begin(), c.message.end()}}, c));
}

Result<Next<AwaitTicket, AwaitCredential, WaitFinished>> on(WaitRetriedClientHello&& s, const wire::ClientHello& m,
                                                            Context& c) {
  using N = Next<AwaitTicket, AwaitCredential, WaitFinished>;
  auto d = hello::negotiate13(m, *c.settings);
  if (!d) return std::unexpected(std::move(d.error()));
  c.early_data_refused = false;  // RFC 9846 §4.2.2: a second ClientHello offers none
  const crypto::Digest second = hello::unchanging_part(m, c.settings->provider.hash(s.suite->hash));
  if (!constant_time_equal(second.bytes(), s.first.bytes())) return fail(Code::bad_second_hello);
  // RFC 9846 §4.3.2: the cookie comes back unchanged.
  if (!constant_time_equal(m.cookie ? Bytes(*m.cookie) : Bytes{}, s.cookie)) return fail(Code::bad_cookie);
  // RFC 9846 §4.2.2: with a key_share in the HelloRetryRequest, exactly one share, of that group.
  if (d->suite != s.suite || d->group != s.group || needs_share(*d))
    return fail(Code::wrong_group, "the second ClientHello has no share of " +
                                       std::string(s.group ? s.group->name : std::string_view("any group")));
  if (s.share_asked && m.key_share->size() != 1)
    return fail(Code::wrong_group, "the second ClientHello has " + std::to_string(m.key_share->size()) +
                                       " shares; one was asked for, of " + std::string(s.group->name));
  d->retried = true;
  d->suites = {s.suite};  // RFC 9846 §4.2.4: the suite stays that of the HelloRetryRequest
  if (d->psk_mode == hello::PskMode::none) return N{ask_credential(std::move(*d), c.message, c)};
  return narrow<N>(look_at_psks(Search{std::move(*d), {c.message.begin(), c.message.end()}}, c));
}

Result<Next<AwaitSignature>> on(AwaitCredential&& s, const CredentialChosen& m, Context& c) {
  const hello::Decision13& d = s.decision;
  const auto scheme =
      m.value ? scheme_for(*m.value, d.credential.signature_schemes, d.credential.version) : std::nullopt;
  if (!scheme)
    return fail(Code::no_shared_signature_scheme,
                "the peer accepts " + hello::list_of_names(d.credential.signature_schemes));
  ByteVector share(d.group->server_share_size);
  auto shared = d.group->respond(*c.settings->random, d.client_share, share);
  if (!shared) return std::unexpected(std::move(shared.error()));

  const SuiteImpl suite = implement(*d.suite, c.settings->provider);
  c.hash_size = suite.hash->digest_size;
  c.send(encode_server_hello(d, share, std::nullopt, *c.settings->random), Epoch::plaintext);
  send_compatibility_ccs(d, c);
  HandshakeKeys keys =
      enter_handshake(suite, EarlySecret::without_psk(*suite.hash), std::move(*shared), c.client_random, c);
  c.sink->install(Direction::write, Epoch::handshake, suite, keys.server);
  c.sink->install(Direction::read, Epoch::handshake, suite, keys.client);
  limit_records(d, c);
  c.send(encode_encrypted_extensions(d, false, c), Epoch::handshake);
  if (c.settings->client_auth != ClientAuth::none) {
    c.send(encode_certificate_request(c), Epoch::handshake);
    c.info.client_certificate = ClientCertificate::requested;
  }
  c.send(encode_certificate(Role::server, m.value.get(), d.staples, c.info), Epoch::handshake);
  const crypto::Digest h = c.transcript.hash();
  c.ask(SignatureRequest{*scheme, signed_content(Role::server, h.bytes()), m.value->key, true}, *c.settings->random);
  return Next<AwaitSignature>{AwaitSignature{std::move(keys), *scheme}};
}

}  // namespace tls::handshake::server13
