#include "handshake/hello/offer.h"

#include <algorithm>

#include "crypto/suite.h"
#include "pki/server_name.h"
#include "session/client_state.h"
#include "wire/message.h"

namespace tls::handshake::hello {
namespace {

Result<KeyShareOffer> make_share(NamedGroup id, Random& random) {
  KeyShareOffer offer;
  offer.group = crypto::find_group(id);
  offer.share.resize(offer.group->client_share_size);
  auto key = offer.group->generate(random, offer.share);
  if (!key) return std::unexpected(std::move(key.error()));
  offer.key = std::move(*key);
  return offer;
}

std::uint16_t draw_grease(Random& random) {
  std::uint8_t draw = 0;
  random.fill({&draw, 1});
  return static_cast<std::uint16_t>((draw & 0xF0) * 0x0101 | 0x0A0A);  // RFC 8701 §2
}

/// At the front of a list that is about to be filled.
template <class T>
std::vector<T> list_of(std::uint16_t grease, std::size_t most) {
  std::vector<T> list;
  list.reserve(most + 1);
  if (grease != 0) list.push_back(static_cast<T>(grease));
  return list;
}

template <class Id>
std::vector<Id> offered(const std::vector<Id>& configured, std::uint16_t grease) {
  auto ids = list_of<Id>(grease, configured.size());
  ids.insert(ids.end(), configured.begin(), configured.end());
  return ids;
}

std::vector<CipherSuite> offered_suites(const ClientSettings& settings, std::uint16_t grease) {
  auto suites = list_of<CipherSuite>(grease, settings.cipher_suites.size() + 1);
  for (CipherSuite id : settings.cipher_suites) {
    const ProtocolVersion version = crypto::find_suite(id)->version;
    if (version >= settings.min_version && version <= settings.max_version) suites.push_back(id);
  }
  if (settings.fallback_scsv) suites.push_back(wire::kFallbackScsv);  // RFC 7507 §4: anywhere in the list
  return suites;
}

std::vector<ProtocolVersion> offered_versions(const ClientSettings& settings, std::uint16_t grease) {
  auto versions = list_of<ProtocolVersion>(grease, 2);
  for (ProtocolVersion v : {ProtocolVersion::tls13, ProtocolVersion::tls12})
    if (v >= settings.min_version && v <= settings.max_version) versions.push_back(v);
  return versions;
}

/// The memory behind the views of a ClientHello that is being encoded.
struct Storage {
  ByteVector suites, groups, schemes, versions, alpn, authorities, shares, modes, identities, binders;
};

constexpr std::uint8_t kPointFormats[] = {0};  // uncompressed (RFC 8422 §5.1.2)

/// The session of TLS 1.2 that is offered, or null.
const session::ClientState* session12(const Offer& offer) {
  return offer.session && offer.session->version() == ProtocolVersion::tls12 ? &offer.session->state() : nullptr;
}

/// The random and the session ID. That is the ID of a session that the server keeps, or one that nothing resumes:
/// beside a ticket it marks the answer of a server that takes the ticket (RFC 5077 §3.4), without one it is for
/// middleboxes (RFC 9846 Appendix E.4). Both are drawn at once, for every draw may be a system call.
void draw_random_and_id(Offer& offer, const ClientSettings& settings) {
  const session::ClientState* session = session12(offer);
  const bool known = session != nullptr && !session->session_id.empty();
  const bool for_middleboxes = settings.max_version >= ProtocolVersion::tls13 && settings.compatibility_mode;
  const bool made_up = !known && (session != nullptr || for_middleboxes);
  std::array<std::uint8_t, wire::kRandomSize + wire::kMaxSessionId> drawn;
  const MutableBytes used = MutableBytes(drawn).first(made_up ? drawn.size() : wire::kRandomSize);
  settings.random->fill(used);
  std::ranges::copy(used.first(wire::kRandomSize), offer.random.begin());
  offer.legacy_session_id =
      wire::ShortBytes<wire::kMaxSessionId>(known ? Bytes(session->session_id) : used.subspan(wire::kRandomSize));
}

/// What a server of TLS 1.2 may answer.
void offer12(wire::ClientHello& hello, const Offer& offer, const ClientSettings& settings) {
  hello.extended_main_secret = true;          // RFC 7627 §5.2: MUST be sent, whatever the policy
  hello.renegotiation_info = wire::Opaque{};  // RFC 5746 §3.4: empty in a first handshake
  hello.ec_point_formats = Bytes(kPointFormats);
  if (!settings.sessions || !settings.tickets) return;
  const session::ClientState* session = session12(offer);
  hello.session_ticket = session ? wire::Opaque(session->ticket) : wire::Opaque();  // RFC 5077 §3.2: empty asks for one
}

bool takes_psks(const ClientSettings& settings) { return settings.sessions || !settings.external_psks.empty(); }

/// RFC 9846 §4.3.11.1: how long ago the ticket came, in milliseconds modulo 2^32, hidden by ticket_age_add.
std::uint32_t obfuscated_age(const session::ClientState& session, Clock::Milliseconds now) {
  return static_cast<std::uint32_t>(session.age(now).count()) + session.age_add;
}

/// Why early data that is configured is not offered with that session.
EarlyDataRefusal why_no_early_data(const session::ClientState& session, const ClientSettings& settings) {
  if (session.max_early_data == 0) return EarlyDataRefusal::session_without;
  // RFC 9846 §4.3.10: early data is for the protocol that the session's connection had, or for none if it had none.
  const bool same = session.alpn.empty() || std::ranges::find(settings.alpn, session.alpn) != settings.alpn.end();
  return same ? EarlyDataRefusal::none : EarlyDataRefusal::other_protocol;
}

void add_psks(Offer& offer, const ClientSettings& settings) {
  if (offer.session && offer.session->version() == ProtocolVersion::tls13) {
    const session::ClientState& session = offer.session->state();
    offer.psks.push_back({session.ticket, Psk(session.secret.expose()), crypto::find_suite(session.suite)->hash,
                          EarlySecret::Binder::resumption});
    if (settings.early_data) offer.early_data_refusal = why_no_early_data(session, settings);
    offer.early_data = settings.early_data && offer.early_data_refusal == EarlyDataRefusal::none;
  }
  for (PskOffer& psk : external_offers(settings)) offer.psks.push_back(std::move(psk));
}

void offer_psks(wire::ClientHello& hello, const Offer& offer, const ClientSettings& settings, Storage& s) {
  if (!takes_psks(settings)) return;
  // RFC 9846 §4.3.9: without it a server gives no tickets either.
  s.modes = {static_cast<std::uint8_t>(wire::PskKeyExchangeMode::psk_dhe_ke)};
  if (settings.psk_without_key_exchange) s.modes.push_back(static_cast<std::uint8_t>(wire::PskKeyExchangeMode::psk_ke));
  hello.psk_key_exchange_modes = Bytes(s.modes);
  if (settings.ticket_request)
    hello.ticket_request = wire::TicketRequest{settings.ticket_request->first, settings.ticket_request->second};
  if (offer.psks.empty()) return;
  constexpr std::array<std::uint8_t, crypto::kMaxDigest> kZeros{};
  std::vector<wire::PskIdentity> identities;
  std::vector<wire::PskBinderEntry> binders;
  for (const PskOffer& psk : offer.psks) {
    // RFC 9846 §4.3.11: an obfuscated_ticket_age of 0 for identities that are external.
    const bool external = psk.kind != EarlySecret::Binder::resumption;
    identities.push_back(
        {Bytes(psk.identity), external ? 0 : obfuscated_age(offer.session->state(), settings.clock->wall())});
    binders.push_back({Bytes(kZeros).first(settings.provider.hash(psk.hash).digest_size)});
  }
  hello.pre_shared_key = wire::OfferedPsks{wire::PskIdentityList::write(s.identities, identities),
                                           wire::PskBinderList::write(s.binders, binders)};
  hello.early_data = offer.early_data;
}

/// What makes it a ClientHello of TLS 1.3. Without it the hello is a plain one, for servers that stumble over what is
/// new.
void offer13(wire::ClientHello& hello, const Offer& offer, const ClientSettings& settings, Storage& s) {
  hello.supported_versions = wire::ProtocolVersionList::write(s.versions, offered_versions(settings, offer.grease));
  std::vector<wire::KeyShareEntry> entries;
  constexpr std::array<std::uint8_t, 1> kNothing{};
  // RFC 8701 §3.1: of one byte, before the others as its group is. RFC 9846 §4.2.2: none beside a share that was asked
  // for.
  if (offer.grease != 0 && !offer.key_shares.empty() && !offer.share_asked)
    entries.push_back({static_cast<NamedGroup>(offer.grease), Bytes(kNothing)});
  for (const KeyShareOffer& share : offer.key_shares) entries.push_back({share.group->id, Bytes(share.share)});
  hello.key_share = wire::KeyShareList::write(s.shares, entries);
  if (!offer.cookie.empty()) hello.cookie = Bytes(offer.cookie);
  offer_psks(hello, offer, settings, s);
}

/// RFC 8449 §4: a limit is not above that of the protocol; in TLS 1.3 the content type counts.
std::uint16_t offered_limit(const ClientSettings& settings) {
  const bool has13 = settings.max_version >= ProtocolVersion::tls13;
  const std::size_t most = limits::kMaxPlaintext + (has13 ? 1 : 0);
  return static_cast<std::uint16_t>(std::min<std::size_t>(settings.record_size_limit, most));
}

}  // namespace

Result<Offer> make_offer(const ClientSettings& settings, std::string_view server_name,
                         std::optional<ClientSession> session) {
  Offer offer;
  offer.session = std::move(session);
  Random& random = *settings.random;
  draw_random_and_id(offer, settings);
  const bool has13 = settings.max_version >= ProtocolVersion::tls13;
  if (settings.grease) offer.grease = draw_grease(random);
  if (settings.send_server_name && !is_address(server_name)) offer.server_name = server_name;
  if (!has13) return offer;
  add_psks(offer, settings);
  for (NamedGroup id : settings.key_shares) {
    auto share = make_share(id, random);
    if (!share) return std::unexpected(std::move(share.error()));
    offer.key_shares.push_back(std::move(*share));
  }
  return offer;
}

ByteVector encode_offer(Offer& offer, const ClientSettings& settings) {
  Storage s;
  wire::ClientHello hello;
  hello.random = offer.random;
  hello.legacy_session_id = offer.legacy_session_id.bytes();
  hello.cipher_suites = wire::CipherSuiteList::write(s.suites, offered_suites(settings, offer.grease));
  if (!offer.server_name.empty()) hello.server_name = offer.server_name;
  hello.status_request = settings.request_ocsp;
  hello.signed_certificate_timestamp = settings.request_scts;
  hello.supported_groups = wire::NamedGroupList::write(s.groups, offered(settings.groups, offer.grease));
  hello.signature_algorithms =
      wire::SignatureSchemeList::write(s.schemes, offered(settings.signature_schemes, offer.grease));
  if (settings.min_version <= ProtocolVersion::tls12) offer12(hello, offer, settings);
  if (settings.max_version >= ProtocolVersion::tls13) offer13(hello, offer, settings, s);
  if (!settings.alpn.empty()) {
    std::vector<wire::ProtocolName> names;
    for (const std::string& protocol : settings.alpn) names.push_back({as_bytes(protocol)});
    hello.alpn = wire::ProtocolNameList::write(s.alpn, names);
  }
  if (settings.record_size_limit != 0) hello.record_size_limit = offered_limit(settings);
  if (!settings.certificate_authorities.empty()) {
    std::vector<wire::DistinguishedName> names;
    for (const auto& name : settings.certificate_authorities) names.push_back({Bytes(name)});
    hello.certificate_authorities = wire::DistinguishedNameList::write(s.authorities, names);
  }
  if (offer.grease != 0) hello.grease = wire::Extension{static_cast<wire::ExtensionType>(offer.grease), {}};
  offer.extensions = hello.offered();
  return wire::handshake_message(hello);
}

void write_binders(const Offer& offer, ByteVector& message, const Transcript& before, const ClientSettings& settings) {
  const std::size_t size = binders_size(offer.psks, settings.provider);
  if (offer.psks.empty() || message.size() < size) return;
  const Bytes truncated = Bytes(message).first(message.size() - size);
  ByteVector binders;
  Writer w(binders);
  for (const PskOffer& psk : offer.psks) {
    const crypto::HashImpl& hash = settings.provider.hash(psk.hash);
    const crypto::Digest h = before.chosen() ? before.hash_with(truncated) : crypto::hash(hash, truncated);
    const crypto::Digest binder = EarlySecret::from_psk(hash, psk.key).binder(psk.kind, h.bytes());
    w.vector8(binder.bytes());
  }
  std::ranges::copy(binders, message.end() - static_cast<std::ptrdiff_t>(binders.size()));
}

void send_offer(Offer& offer, const ClientSettings& settings, Transcript& transcript, Sink& sink) {
  ByteVector message = encode_offer(offer, settings);
  if (settings.replay.rewrite) settings.replay.rewrite(message);
  write_binders(offer, message, transcript, settings);
  transcript.add(message);
  sink.send(message, Epoch::plaintext);
}

Result<void> retry_offer(Offer& offer, const wire::HelloRetryRequest& retry, const crypto::SuiteFacts& suite,
                         const ClientSettings& settings) {
  // RFC 9846 §4.2.4: a HelloRetryRequest that would not change the ClientHello is illegal.
  if (!retry.key_share && !retry.cookie) return fail(Code::empty_retry);
  if (retry.key_share) {
    const NamedGroup group = *retry.key_share;
    // RFC 9846 §4.3.8: a group that was offered, and for which no share was sent yet.
    if (std::ranges::find(settings.groups, group) == settings.groups.end())
      return fail(Code::wrong_group, "the HelloRetryRequest asks for group " + registered_name(group) +
                                         ", offered were " + list_of_names(settings.groups));
    for (const KeyShareOffer& share : offer.key_shares)
      if (share.group->id == group)
        return fail(Code::wrong_group, "the HelloRetryRequest asks for a share of " + std::string(name(group)) +
                                           ", which the ClientHello held already");
    auto share = make_share(group, *settings.random);
    if (!share) return std::unexpected(std::move(share.error()));
    offer.key_shares.clear();
    offer.share_asked = true;
    offer.key_shares.push_back(std::move(*share));
  }
  // Without key_share the second ClientHello repeats the shares of the first, as it must (RFC 9846 §4.2.2).
  offer.retried = true;
  offer.early_data = false;  // RFC 9846 §4.2.2: the second ClientHello offers none
  // RFC 9846 §4.2.2: PSKs that do not fit the suite of the HelloRetryRequest are left out.
  std::erase_if(offer.psks, [&](const PskOffer& psk) { return psk.hash != suite.hash; });
  if (retry.cookie) offer.cookie.assign(retry.cookie->begin(), retry.cookie->end());
  return {};
}

bool is_address(std::string_view name) {
  const auto parsed = pki::ServerName::parse(name);
  return parsed && parsed->is_address();
}

Result<std::string> reference_name(std::string_view name) {
  auto parsed = pki::ServerName::parse(name);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return parsed->text();
}

}  // namespace tls::handshake::hello
