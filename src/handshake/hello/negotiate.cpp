#include "handshake/hello/negotiate.h"

#include <algorithm>

#include "handshake/hello/choices.h"
#include "handshake/hello/offer.h"

namespace tls::handshake::hello {
namespace {

/// What RFC 9846 demands of a ClientHello that ends in TLS 1.3, whatever is configured.
Result<void> check_form(const wire::ClientHello& m) {
  // RFC 9846 §4.2.2: legacy_version other than 0x0303 MUST abort with protocol_version. It chose no version before.
  if (m.legacy_version != ProtocolVersion::tls12)
    return fail(Code::wrong_legacy_version, "it is " + registered_name(m.legacy_version));
  // RFC 9846 §4.2.2: legacy_compression_methods MUST be exactly one zero byte.
  if (m.legacy_compression_methods.size() != 1 || m.legacy_compression_methods[0] != 0)
    return fail(Code::bad_compression);
  if (m.bad_psks) return m.bad_psks->fail();
  // RFC 9846 §9.2: without a PSK, signature_algorithms and supported_groups; supported_groups and key_share together.
  if (!m.pre_shared_key) {
    if (!m.signature_algorithms) return fail(Code::missing_extension, "signature_algorithms");
    if (!m.supported_groups) return fail(Code::missing_extension, "supported_groups");
  }
  if (m.supported_groups && !m.key_share) return fail(Code::missing_key_share);
  if (m.key_share && !m.supported_groups) return fail(Code::missing_extension, "supported_groups");
  // RFC 9846 §4.3.9: pre_shared_key without psk_key_exchange_modes: servers MUST abort the handshake.
  if (m.pre_shared_key && !m.psk_key_exchange_modes) return fail(Code::no_psk_key_exchange_mode);
  if (!m.key_share) return {};
  // RFC 9846 §4.3.8: each share is for an offered group, in the same order.
  auto at = m.supported_groups->begin();
  for (const wire::KeyShareEntry& share : *m.key_share) {
    at = std::find(at, m.supported_groups->end(), share.group);
    if (at == m.supported_groups->end())
      return fail(Code::wrong_group, "a key share is for a group that supported_groups lacks or has in another order");
    ++at;
  }
  return {};
}

/// The best common group for which there is a share; without any, the best common group.
Result<void> choose_group(const wire::ClientHello& m, const ServerSettings& s, Decision13& d) {
  const auto common = common_groups(m, s);
  if (common.empty())
    return fail(Code::no_shared_group,
                "offered: " + list_of_names(*m.supported_groups) + "; configured: " + list_of_names(s.groups));
  d.group = common.front();
  auto best = common.end();
  // One pass: there may be thousands of shares for groups that nobody knows.
  for (const wire::KeyShareEntry& share : *m.key_share) {
    const auto at = std::find_if(common.begin(), best, [&](const auto* group) { return group->id == share.group; });
    if (at == best) continue;
    best = at;
    d.group = *at;
    d.client_share.assign(share.key_exchange.begin(), share.key_exchange.end());
  }
  return {};
}

PskMode choose_psk_mode(const wire::ClientHello& m, const ServerSettings& s, const Decision13& d) {
  if (!m.pre_shared_key) return PskMode::none;
  if (d.group != nullptr && m.offers(wire::PskKeyExchangeMode::psk_dhe_ke)) return PskMode::with_exchange;
  if (s.psk_without_key_exchange && m.offers(wire::PskKeyExchangeMode::psk_ke)) return PskMode::without_exchange;
  return PskMode::none;
}

/// What a handshake with a certificate needs of the client, besides what every one does.
Result<void> prepare_certificate(const wire::ClientHello& m, const ServerSettings& s, Decision13& d) {
  if (m.supported_groups)
    if (auto ok = choose_group(m, s, d); !ok) return ok;
  if (!m.signature_algorithms || !m.supported_groups)
    return fail(Code::unknown_psk_identity, "the client can do no handshake with a certificate");
  d.credential = credential_request(m, ProtocolVersion::tls13);
  return {};
}

/// RFC 7507 §3: a client that fell back from a version that we have was made to: somebody is between us.
Result<void> check_fallback(const wire::ClientHello& m, const CommonSettings& s) {
  if (!m.cipher_suites.contains(wire::kFallbackScsv)) return {};
  ProtocolVersion highest =
      m.supported_versions ? ProtocolVersion{} : std::min(m.legacy_version, ProtocolVersion::tls12);
  if (m.supported_versions)
    for (ProtocolVersion v : *m.supported_versions)
      if (!wire::is_grease(static_cast<std::uint16_t>(v))) highest = std::max(highest, v);
  if (highest >= s.max_version) return {};
  return fail(Code::inappropriate_fallback, "the client fell back below " + std::string(name(s.max_version)));
}

}  // namespace

Result<ProtocolVersion> choose_version(const wire::ClientHello& m, const CommonSettings& s) {
  if (auto ok = check_fallback(m, s); !ok) return std::unexpected(std::move(ok.error()));
  auto ours = [&](ProtocolVersion v) { return v >= s.min_version && v <= s.max_version; };
  if (m.supported_versions) {
    // RFC 9846 §4.3.1: supported_versions alone decides, and in our order of preference: the newest first.
    for (ProtocolVersion v : {ProtocolVersion::tls13, ProtocolVersion::tls12})
      if (ours(v) && m.supported_versions->contains(v)) return v;
  } else if (m.legacy_version >= ProtocolVersion::tls12 && ours(ProtocolVersion::tls12)) {
    return ProtocolVersion::tls12;  // RFC 9846 §4.3.1: without it the server negotiates TLS 1.2 or below
  }
  std::string configured(name(s.min_version));
  if (s.min_version != s.max_version) configured += " to " + std::string(name(s.max_version));
  return fail(Code::unsupported_version, "the client does not offer " + configured + ", which is configured");
}

Result<Decision13> negotiate13(const wire::ClientHello& m, const ServerSettings& s) {
  if (auto ok = check_form(m); !ok) return std::unexpected(std::move(ok.error()));
  Decision13 d;
  auto suites = common_suites(m, s, ProtocolVersion::tls13);
  if (!suites) return std::unexpected(std::move(suites.error()));
  d.suites = std::move(*suites);
  d.suite = d.suites.front();
  if (auto ok = prepare_certificate(m, s, d); !ok) d.certificate_bar = std::move(ok.error());
  d.psk_mode = choose_psk_mode(m, s, d);
  if (d.certificate_bar && d.psk_mode == PskMode::none) return std::unexpected(std::move(*d.certificate_bar));
  auto alpn = choose_alpn(m, s);
  if (!alpn) return std::unexpected(std::move(alpn.error()));
  d.alpn = std::move(*alpn);
  d.server_name = server_name_of(m);
  d.peer_record_size_limit = m.record_size_limit.value_or(0);
  d.staples = {m.status_request, m.signed_certificate_timestamp};
  d.legacy_session_id = wire::ShortBytes<wire::kMaxSessionId>(m.legacy_session_id);
  d.client_random = m.random;
  d.takes_tickets = m.offers(wire::PskKeyExchangeMode::psk_dhe_ke) ||
                    (s.psk_without_key_exchange && m.offers(wire::PskKeyExchangeMode::psk_ke));
  d.ticket_request = m.ticket_request;
  d.early_data = m.early_data;
  return d;
}

crypto::Digest unchanging_part(const wire::ClientHello& m, const crypto::HashImpl& hash) {
  wire::ClientHello rest = m;
  rest.key_share.reset();
  rest.cookie.reset();
  rest.early_data = false;
  rest.pre_shared_key.reset();
  rest.padding.reset();
  ByteVector bytes;
  Writer w(bytes);
  rest.encode(w);
  return crypto::hash(hash, bytes);
}

}  // namespace tls::handshake::hello
