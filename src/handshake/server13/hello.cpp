// ClientHello, HelloRetryRequest, and the flight up to Certificate.
#include "base/constant_time.h"
#include "handshake/hello/offer.h"
#include "handshake/server13/server13.h"
#include "wire/certificate_request.h"
#include "wire/encrypted_extensions.h"
#include "wire/hello_retry_request.h"
#include "wire/message.h"
#include "wire/server_hello.h"

namespace tls::handshake::server13 {
namespace {

/// RFC 8449 §4: a server that knows the extension answers it; without a limit of our own with the protocol's.
std::uint16_t own_record_size_limit(const ServerSettings& s) {
  return s.record_size_limit != 0 ? s.record_size_limit : static_cast<std::uint16_t>(limits::kMaxPlaintext + 1);
}

void send_compatibility_ccs(const hello::Decision13& d, Context& c) {
  // RFC 9846 Appendix E.4: immediately after the first handshake message, to a client that sent a session ID.
  if (d.legacy_session_id.empty() || c.ccs_sent) return;
  c.sink->send_change_cipher_spec();
  c.ccs_sent = true;
}

ByteVector make_cookie(const crypto::Digest& first, Context& c) {
  if (!c.settings->replay.cookie.empty()) return c.settings->replay.cookie;
  if (!c.settings->retry_cookie) return {};
  const crypto::HmacKey key(c.settings->provider.hash(crypto::HashId::sha256), c.settings->cookie_key);
  const crypto::Digest mac = key.mac(first.bytes());
  return {mac.bytes().begin(), mac.bytes().end()};
}

WaitRetriedClientHello send_retry(const hello::Decision13& d, const wire::ClientHello& m, Context& c) {
  const crypto::HashImpl& hash = c.settings->provider.hash(d.suite->hash);
  WaitRetriedClientHello next{d.suite, d.group, hello::unchanging_part(m, hash), {}, d.client_share.empty()};
  next.cookie = make_cookie(next.first, c);
  wire::HelloRetryRequest retry;
  retry.legacy_session_id_echo = d.legacy_session_id.bytes();
  retry.cipher_suite = d.suite->id;
  if (!next.cookie.empty()) retry.cookie = Bytes(next.cookie);
  if (next.share_asked) retry.key_share = d.group->id;
  c.transcript.choose(hash);
  c.transcript.add(c.message);
  c.transcript.replace_by_message_hash();
  c.send(wire::handshake_message(retry), Epoch::plaintext);
  send_compatibility_ccs(d, c);
  c.info.hello_retry = true;
  return next;
}

/// What is agreed on becomes what the connection tells.
void note(const hello::Decision13& d, Context& c) {
  c.client_random = d.client_random;
  c.info.version = ProtocolVersion::tls13;
  c.info.extended_main_secret = true;
  c.info.suite = d.suite->id;
  c.info.group = d.group->id;
  c.info.alpn = d.alpn;
  c.info.server_name = d.server_name.value_or("");
  c.info.peer_record_size_limit = d.peer_record_size_limit;
}

AwaitCredential ask_credential(hello::Decision13&& d, Context& c) {
  c.transcript.choose(c.settings->provider.hash(d.suite->hash));
  c.transcript.add(c.message);
  note(d, c);
  c.ask(d.credential, *c.settings->credentials);
  return {std::move(d)};
}

ByteVector encode_server_hello(const hello::Decision13& d, Bytes share, Random& random) {
  wire::ServerHello hello;
  random.fill(hello.random);
  hello.legacy_session_id_echo = d.legacy_session_id.bytes();
  hello.cipher_suite = d.suite->id;
  hello.supported_versions = ProtocolVersion::tls13;
  hello.key_share = wire::KeyShareEntry{d.group->id, share};
  return wire::handshake_message(hello);
}

ByteVector encode_encrypted_extensions(const hello::Decision13& d, const ServerSettings& s) {
  wire::EncryptedExtensions ee;
  ee.server_name = d.server_name.has_value();
  if (!d.alpn.empty()) ee.alpn = as_bytes(d.alpn);
  if (d.peer_record_size_limit != 0) ee.record_size_limit = own_record_size_limit(s);
  return wire::handshake_message(ee);
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
  c.requested = request.offered();
  return wire::handshake_message(request);
}

}  // namespace

Result<Next<WaitRetriedClientHello, AwaitCredential>> on(WaitClientHello&&, const wire::ClientHello& m, Context& c) {
  using N = Next<WaitRetriedClientHello, AwaitCredential>;
  auto d = hello::negotiate13(m, *c.settings);
  if (!d) return std::unexpected(std::move(d.error()));
  c.early_data_refused = m.early_data;
  if (d->client_share.empty() || c.settings->always_retry) return N{send_retry(*d, m, c)};
  return N{ask_credential(std::move(*d), c)};
}

Result<Next<AwaitCredential>> on(WaitRetriedClientHello&& s, const wire::ClientHello& m, Context& c) {
  auto d = hello::negotiate13(m, *c.settings);
  if (!d) return std::unexpected(std::move(d.error()));
  c.early_data_refused = false;  // RFC 9846 §4.2.2: a second ClientHello offers none
  const crypto::Digest second = hello::unchanging_part(m, c.settings->provider.hash(s.suite->hash));
  if (!constant_time_equal(second.bytes(), s.first.bytes())) return fail(Code::bad_second_hello);
  // RFC 9846 §4.3.2: the cookie comes back unchanged.
  if (!constant_time_equal(m.cookie ? Bytes(*m.cookie) : Bytes{}, s.cookie)) return fail(Code::bad_cookie);
  // RFC 9846 §4.2.2: with a key_share in the HelloRetryRequest, exactly one share, of that group.
  if (d->suite != s.suite || d->group != s.group || d->client_share.empty())
    return fail(Code::wrong_group, "the second ClientHello has no share of " + std::string(s.group->name));
  if (s.share_asked && m.key_share->size() != 1)
    return fail(Code::wrong_group, "the second ClientHello has " + std::to_string(m.key_share->size()) +
                                       " shares; one was asked for, of " + std::string(s.group->name));
  return Next<AwaitCredential>{ask_credential(std::move(*d), c)};
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
  c.send(encode_server_hello(d, share, *c.settings->random), Epoch::plaintext);
  send_compatibility_ccs(d, c);
  HandshakeKeys keys = enter_handshake(suite, std::move(*shared), c.client_random, c);
  c.sink->install(Direction::write, Epoch::handshake, suite, keys.server);
  c.sink->install(Direction::read, Epoch::handshake, suite, keys.client);
  if (d.peer_record_size_limit != 0) {
    c.sink->limit_records(d.peer_record_size_limit);
    c.sink->limit_peer_records(own_record_size_limit(*c.settings));
  }
  c.send(encode_encrypted_extensions(d, *c.settings), Epoch::handshake);
  if (c.settings->client_auth != ClientAuth::none) c.send(encode_certificate_request(c), Epoch::handshake);
  c.send(encode_certificate(m.value.get(), {}, d.staples), Epoch::handshake);
  const crypto::Digest h = c.transcript.hash();
  c.ask(SignatureRequest{*scheme, signed_content(Role::server, h.bytes()), m.value->key}, *c.settings->random);
  return Next<AwaitSignature>{AwaitSignature{std::move(keys), *scheme}};
}

}  // namespace tls::handshake::server13
