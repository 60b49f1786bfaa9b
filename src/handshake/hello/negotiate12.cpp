// What a ClientHello that ends in TLS 1.2 comes to.
#include <algorithm>

#include "crypto/signature.h"
#include "handshake/hello/choices.h"
#include "handshake/hello/negotiate.h"
#include "handshake/hello/offer.h"

namespace tls::handshake::hello {
namespace {

constexpr std::uint8_t kUncompressed = 0;  // ECPointFormat (RFC 8422 §5.1.2)
constexpr std::size_t kMaxPoint = 255;     // opaque point<1..2^8-1> (RFC 8422 §5.4)
constexpr std::uint8_t kNoCompression = 0;

bool contains(Bytes list, std::uint8_t value) { return std::ranges::find(list, value) != list.end(); }

Result<void> check_form(const wire::ClientHello& m, const ServerSettings& s) {
  // RFC 5246 §7.4.1.2: the vector MUST contain CompressionMethod.null.
  if (!contains(m.legacy_compression_methods, kNoCompression))
    return fail(Code::bad_compression, "the client offers compression only");
  // RFC 8422 §5.1.2: a list without uncompressed is illegal_parameter.
  if (m.ec_point_formats && !contains(*m.ec_point_formats, kUncompressed)) return fail(Code::bad_point_formats);
  // RFC 5746 §3.6: in an initial handshake renegotiated_connection is empty.
  if (m.renegotiation_info && !m.renegotiation_info->empty()) return fail(Code::renegotiation_mismatch);
  // RFC 7627 §5.2: a server that does not want legacy clients aborts.
  if (!m.extended_main_secret && s.extended_main_secret == Require::always)
    return fail(Code::no_extended_main_secret,
                "the client does not offer extended_main_secret (RFC 7627), which "
                "extended_main_secret(Require::if_offered) would do without");
  return {};
}

Result<const crypto::GroupImpl*> choose_group(const wire::ClientHello& m, const ServerSettings& s) {
  std::vector<const crypto::GroupImpl*> common;
  if (m.supported_groups) {
    common = common_groups(m, s);
  } else {
    // RFC 8422 §5.1: without supported_groups any curve will do; the one that everybody has, if it may be.
    for (NamedGroup id : s.groups)
      common.insert(id == NamedGroup::secp256r1 ? common.begin() : common.end(), crypto::find_group(id));
  }
  const auto group = std::ranges::find_if(common, [](const auto* candidate) { return has_points(*candidate); });
  if (group != common.end()) return *group;
  return fail(Code::no_shared_group,
              "offered: " + (m.supported_groups ? list_of_names(*m.supported_groups) : std::string("any")) +
                  "; configured: " + list_of_names(s.groups));
}

/// Schemes of keys that none of the suites authenticates with are no choice.
void keep_usable_schemes(Decision12& d) {
  std::erase_if(d.credential.signature_schemes, [&](SignatureScheme scheme) {
    const crypto::SchemeFacts* facts = crypto::find_scheme(scheme);
    return facts == nullptr || std::ranges::none_of(d.suites, [&](const crypto::SuiteFacts* suite) {
             return authenticates(suite->auth, facts->key);
           });
  });
}

}  // namespace

bool has_points(const crypto::GroupImpl& group) noexcept {
  return group.client_share_size == group.server_share_size && group.client_share_size <= kMaxPoint;
}

bool authenticates(crypto::SuiteAuth auth, KeyKind key) noexcept {
  // RFC 8422 §5.3: Ed25519 goes with ECDHE_ECDSA; RFC 9846 §4.3.3: RSASSA-PSS keys with ECDHE_RSA.
  const bool rsa = key == KeyKind::rsa || key == KeyKind::rsa_pss;
  return auth == (rsa ? crypto::SuiteAuth::rsa : crypto::SuiteAuth::ecdsa);
}

Result<Common12> negotiate12(const wire::ClientHello& m, const ServerSettings& s) {
  if (auto ok = check_form(m, s); !ok) return std::unexpected(std::move(ok.error()));
  Common12 d;
  auto suites = common_suites(m, s, ProtocolVersion::tls12);
  if (!suites) return std::unexpected(std::move(suites.error()));
  d.suites = std::move(*suites);
  auto alpn = choose_alpn(m, s);
  if (!alpn) return std::unexpected(std::move(alpn.error()));
  d.alpn = std::move(*alpn);
  d.server_name = server_name_of(m);
  d.peer_record_size_limit = m.record_size_limit.value_or(0);
  d.client_random = m.random;
  d.extended_main_secret = m.extended_main_secret;
  // RFC 5746 §3.6: by the extension or by the signalling suite.
  d.renegotiation_info = m.renegotiation_info || m.cipher_suites.contains(wire::kEmptyRenegotiationInfoScsv);
  d.point_formats = m.ec_point_formats.has_value();
  d.session_ticket = m.session_ticket.has_value();
  // RFC 9846 §4.2.3: a server that has TLS 1.3 MUST mark its random when it negotiates TLS 1.2.
  d.mark_downgrade = s.max_version >= ProtocolVersion::tls13;
  d.session_id = wire::ShortBytes<wire::kMaxSessionId>(m.legacy_session_id);
  return d;
}

Result<Decision12> negotiate12_in_full(Common12&& common, const wire::ClientHello& m, const ServerSettings& s) {
  // RFC 9155 §2: clients MUST send signature_algorithms; without it they mean SHA-1.
  if (!m.signature_algorithms)
    return fail(Code::no_shared_signature_scheme,
                "the client sent no signature_algorithms, which in TLS 1.2 means SHA-1: no longer allowed");
  Decision12 d{std::move(common), {}, {}, {}};
  auto group = choose_group(m, s);
  if (!group) return std::unexpected(std::move(group.error()));
  d.group = *group;
  d.credential = credential_request(m, ProtocolVersion::tls12);
  if (m.supported_groups) d.credential.curves.emplace(m.supported_groups->begin(), m.supported_groups->end());
  d.staples = {m.status_request, m.signed_certificate_timestamp};
  keep_usable_schemes(d);
  return d;
}

std::optional<SuiteAndScheme> suite_for(const Decision12& d, const Credential& credential) {
  const KeyKind key = credential.key->kind();
  // RFC 8422 §5.1: the curve of the certificate is one that the client offers, too.
  const auto curve = crypto::curve_of(key);
  const auto& curves = d.credential.curves;
  if (curve && curves && std::ranges::find(*curves, *curve) == curves->end()) return std::nullopt;
  const auto scheme = scheme_for(credential, d.credential.signature_schemes, ProtocolVersion::tls12);
  if (!scheme) return std::nullopt;
  for (const crypto::SuiteFacts* suite : d.suites)
    if (authenticates(suite->auth, key)) return SuiteAndScheme{suite, *scheme};
  return std::nullopt;
}

}  // namespace tls::handshake::hello
