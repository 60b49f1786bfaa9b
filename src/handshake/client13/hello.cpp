// ServerHello and HelloRetryRequest.
#include <algorithm>

#include "handshake/client13/client13.h"

namespace tls::handshake::client13 {
namespace {

/// What a ServerHello and a HelloRetryRequest have in common (RFC 9846 §4.2.3, §4.2.4).
template <class Hello>
Result<const crypto::SuiteFacts*> check_choice(const hello::Offer& offer, const Hello& m, const Context& c) {
  // RFC 9846 §4.2.3: legacy_version other than 0x0303 MUST abort with protocol_version.
  if (m.legacy_version != ProtocolVersion::tls12)
    return fail(Code::wrong_legacy_version, "it is " + registered_name(m.legacy_version));
  // RFC 9846 §4.2.3: legacy_session_id_echo that does not match MUST abort with illegal_parameter.
  if (!std::ranges::equal(m.legacy_session_id_echo, offer.legacy_session_id.bytes()))
    return fail(Code::session_id_not_echoed);
  const CipherSuite suite = m.cipher_suite;
  const auto& offered = c.settings->cipher_suites;
  const crypto::SuiteFacts* facts = crypto::find_suite(suite);
  if (facts == nullptr || facts->version != ProtocolVersion::tls13 ||
      std::ranges::find(offered, suite) == offered.end())
    return fail(Code::wrong_cipher, "the server chose " + hello::list_of_names(std::span(&suite, 1)) +
                                        ", offered were " + hello::list_of_names(offered));
  return facts;
}

void send_compatibility_ccs(Context& c) {
  // RFC 9846 Appendix E.4: once, immediately before the second flight.
  if (!c.settings->compatibility_mode || c.ccs_sent) return;
  c.sink->send_change_cipher_spec();
  c.ccs_sent = true;
}

Result<crypto::SharedSecret> exchange(hello::Offer& offer, const wire::KeyShareEntry& server_share) {
  for (hello::KeyShareOffer& share : offer.key_shares)
    if (share.group->id == server_share.group)
      return share.group->finish(std::move(share.key), server_share.key_exchange);
  std::string offered;
  for (const hello::KeyShareOffer& share : offer.key_shares)
    offered += (offered.empty() ? "" : ", ") + std::string(share.group->name);
  return fail(Code::wrong_group, "the server answered with a share of " +
                                     hello::list_of_names(std::span(&server_share.group, 1)) +
                                     ", shares were sent for " + offered);
}

/// The PSK that the server selected, which must be one that was offered and fit the suite (RFC 9846 §4.3.11).
Result<const PskOffer*> selected_psk(const hello::Offer& offer, std::uint16_t selected,
                                     const crypto::SuiteFacts& suite) {
  if (selected >= offer.psks.size())
    return fail(Code::psk_identity_not_found, "selected_identity is " + std::to_string(selected) + ", offered were " +
                                                  std::to_string(offer.psks.size()));
  const PskOffer& psk = offer.psks[selected];
  if (psk.hash != suite.hash)
    return fail(Code::wrong_cipher,
                "the server chose " + std::string(suite.name) + ", whose hash is not that of the PSK that it selected");
  return &psk;
}

/// The key exchange; none only with a PSK and where that is allowed (psk_ke).
Result<std::optional<crypto::SharedSecret>> agree(hello::Offer& offer, const wire::ServerHello& m, const Context& c) {
  if (m.key_share) {
    auto shared = exchange(offer, *m.key_share);
    if (!shared) return std::unexpected(std::move(shared.error()));
    return std::optional(std::move(*shared));
  }
  if (!m.pre_shared_key || !c.settings->psk_without_key_exchange) return fail(Code::missing_key_share);
  return std::optional<crypto::SharedSecret>();
}

/// What the server refuses by its ServerHello is not asked about again.
void refuse_early_data(EarlyDataRefusal why, Context& c) {
  if (!c.early_data_open) return;
  c.early_data_open = false;
  c.info.early_data = EarlyDataStatus::rejected;
  c.info.early_data_refusal = why;
}

Result<AfterServerHello> accept(hello::Offer&& offer, const wire::ServerHello& m, Context& c) {
  auto suite = check_choice(offer, m, c);
  if (!suite) return std::unexpected(std::move(suite.error()));
  const PskOffer* psk = nullptr;
  if (m.pre_shared_key) {
    auto selected = selected_psk(offer, *m.pre_shared_key, **suite);
    if (!selected) return std::unexpected(std::move(selected.error()));
    psk = *selected;
  }
  auto shared = agree(offer, m, c);
  if (!shared) return std::unexpected(std::move(shared.error()));
  const SuiteImpl impl = implement(**suite, c.settings->provider);
  c.transcript.choose(*impl.hash);
  c.hash_size = impl.hash->digest_size;
  c.info.version = ProtocolVersion::tls13;
  c.info.extended_main_secret = true;
  c.info.suite = m.cipher_suite;
  if (m.key_share) c.info.group = m.key_share->group;
  HandshakeKeys keys =
      enter_handshake(impl, psk ? EarlySecret::from_psk(*impl.hash, psk->key) : EarlySecret::without_psk(*impl.hash),
                      std::move(*shared), c.client_random, c);
  c.sink->install(Direction::read, Epoch::handshake, impl, keys.server);
  send_compatibility_ccs(c);
  if (!psk) refuse_early_data(EarlyDataRefusal::not_resumed, c);
  // While early data may still be accepted our keys are its keys: see EncryptedExtensions.
  if (!c.early_data_open) c.sink->install(Direction::write, Epoch::handshake, impl, keys.client);
  if (!psk) return AfterServerHello{WaitEncryptedExtensions{std::move(keys)}};
  c.info.resumed = Resumption::psk;
  if (psk->kind == EarlySecret::Binder::resumption)
    c.resumed = std::move(offer.session);
  else
    c.info.external_psk = psk->identity;
  return AfterServerHello{WaitPskEncryptedExtensions{std::move(keys), *m.pre_shared_key}};
}

}  // namespace

Result<AfterServerHello> on(WaitServerHello&& s, const wire::ServerHello& m, Context& c) {
  return accept(std::move(s.offer), m, c);
}

Result<Next<WaitRetriedServerHello>> on(WaitServerHello&& s, const wire::HelloRetryRequest& m, Context& c) {
  if (m.supported_versions != ProtocolVersion::tls13) return fail(Code::version_not_offered);
  auto suite = check_choice(s.offer, m, c);
  if (!suite) return std::unexpected(std::move(suite.error()));
  if (auto ok = hello::retry_offer(s.offer, m, **suite, *c.settings); !ok)
    return std::unexpected(std::move(ok.error()));
  c.transcript.choose(c.settings->provider.hash((*suite)->hash));
  c.transcript.replace_by_message_hash();
  c.transcript.add(c.message);
  send_compatibility_ccs(c);
  refuse_early_data(EarlyDataRefusal::retried, c);
  hello::send_offer(s.offer, *c.settings, c.transcript, *c.sink);
  c.offered = s.offer.extensions;
  c.info.hello_retry = true;
  return Next<WaitRetriedServerHello>{WaitRetriedServerHello{std::move(s.offer), m.cipher_suite}};
}

Result<AfterServerHello> on(WaitRetriedServerHello&& s, const wire::ServerHello& m, Context& c) {
  // RFC 9846 §4.2.4: the version and the suite are those of the HelloRetryRequest.
  if (m.supported_versions != ProtocolVersion::tls13)
    return fail(Code::version_not_offered, "the ServerHello left TLS 1.3, which the HelloRetryRequest had chosen");
  if (m.cipher_suite != s.suite)
    return fail(Code::wrong_cipher, "the HelloRetryRequest had chosen " + std::string(name(s.suite)));
  return accept(std::move(s.offer), m, c);
}

}  // namespace tls::handshake::client13
