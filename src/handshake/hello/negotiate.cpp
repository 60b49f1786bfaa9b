#include "handshake/hello/negotiate.h"

#include <algorithm>

#include "handshake/hello/offer.h"

namespace tls::handshake::hello {
namespace {

/// What RFC 9846 demands of a ClientHello that ends in TLS 1.3, whatever is configured.
Result<void> check_form(const wire::ClientHello& m) {
  // RFC 9846 §4.2.2: legacy_version other than 0x0303 MUST abort with protocol_version. It chose no version before.
  if (m.legacy_version != ProtocolVersion::tls12)
    return fail(Code::wrong_legacy_version, "it is " + std::to_string(static_cast<int>(m.legacy_version)));
  // RFC 9846 §4.2.2: legacy_compression_methods MUST be exactly one zero byte.
  if (m.legacy_compression_methods.size() != 1 || m.legacy_compression_methods[0] != 0)
    return fail(Code::bad_compression);
  // RFC 9846 §9.2: without a PSK, signature_algorithms and supported_groups; supported_groups and key_share together.
  if (!m.signature_algorithms) return fail(Code::missing_extension, "signature_algorithms");
  if (!m.supported_groups) return fail(Code::missing_extension, "supported_groups");
  if (!m.key_share) return fail(Code::missing_key_share);
  // RFC 9846 §4.3.9: pre_shared_key without psk_key_exchange_modes: servers MUST abort the handshake.
  if (m.pre_shared_key && !m.psk_key_exchange_modes) return fail(Code::missing_extension, "psk_key_exchange_modes");
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

bool is_chacha(const crypto::SuiteFacts& suite) { return suite.aead == crypto::AeadId::chacha20_poly1305; }

const crypto::SuiteFacts* usable_suite(CipherSuite id, const ServerSettings& s) {
  const crypto::SuiteFacts* suite = crypto::find_suite(id);
  if (suite == nullptr || suite->version != ProtocolVersion::tls13) return nullptr;
  return std::ranges::find(s.cipher_suites, id) == s.cipher_suites.end() ? nullptr : suite;
}

Result<const crypto::SuiteFacts*> choose_suite(const wire::ClientHello& m, const ServerSettings& s) {
  const crypto::SuiteFacts* clients_first = nullptr;
  for (CipherSuite id : m.cipher_suites)
    if ((clients_first = usable_suite(id, s)) != nullptr) break;
  if (clients_first == nullptr)
    return fail(Code::no_shared_cipher,
                "offered: " + list_of_names(m.cipher_suites) + "; configured: " + list_of_names(s.cipher_suites));
  // A client that puts ChaCha20 first has no AES instructions: its order wins.
  if (!s.prefer_server_order || is_chacha(*clients_first)) return clients_first;
  for (CipherSuite id : s.cipher_suites)
    if (usable_suite(id, s) != nullptr && m.cipher_suites.contains(id)) return crypto::find_suite(id);
  return clients_first;
}

/// The best common group for which there is a share; without any, the best common group.
Result<void> choose_group(const wire::ClientHello& m, const ServerSettings& s, Decision13& d) {
  std::vector<NamedGroup> common;
  if (s.prefer_server_order) {
    for (NamedGroup id : s.groups)
      if (m.supported_groups->contains(id)) common.push_back(id);
  } else {
    for (NamedGroup id : *m.supported_groups)
      if (std::ranges::find(s.groups, id) != s.groups.end()) common.push_back(id);
  }
  if (common.empty())
    return fail(Code::no_shared_group,
                "offered: " + list_of_names(*m.supported_groups) + "; configured: " + list_of_names(s.groups));
  d.group = crypto::find_group(common.front());
  for (NamedGroup id : common) {
    for (const wire::KeyShareEntry& share : *m.key_share) {
      if (share.group != id) continue;
      d.group = crypto::find_group(id);
      d.client_share.assign(share.key_exchange.begin(), share.key_exchange.end());
      return {};
    }
  }
  return {};
}

Result<std::string> choose_alpn(const wire::ClientHello& m, const ServerSettings& s) {
  if (!m.alpn || s.alpn.empty()) return std::string();
  for (const std::string& ours : s.alpn)
    for (const wire::ProtocolName& theirs : *m.alpn)
      if (as_text(theirs.name) == ours) return ours;
  if (!s.require_alpn) return std::string();
  std::string configured;
  for (const std::string& ours : s.alpn) configured += (configured.empty() ? "" : ", ") + ours;
  return fail(Code::no_application_protocol, "configured: " + configured);
}

/// A name in the form in which credentials are looked up: lower case, no trailing dot.
std::string normal_name(std::string_view name) {
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower.ends_with('.')) lower.pop_back();
  return lower;
}

CredentialRequest credential_request(const wire::ClientHello& m, const Decision13& d) {
  CredentialRequest request;
  request.server_name = d.server_name.value_or("");
  request.signature_schemes.assign(m.signature_algorithms->begin(), m.signature_algorithms->end());
  if (m.signature_algorithms_cert)
    request.certificate_schemes.assign(m.signature_algorithms_cert->begin(), m.signature_algorithms_cert->end());
  request.authorities = keep_authorities(m.certificate_authorities);
  return request;
}

}  // namespace

Result<ProtocolVersion> choose_version(const wire::ClientHello& m, const CommonSettings& s) {
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
  auto suite = choose_suite(m, s);
  if (!suite) return std::unexpected(std::move(suite.error()));
  d.suite = *suite;
  if (auto ok = choose_group(m, s, d); !ok) return std::unexpected(std::move(ok.error()));
  auto alpn = choose_alpn(m, s);
  if (!alpn) return std::unexpected(std::move(alpn.error()));
  d.alpn = std::move(*alpn);
  if (m.server_name) d.server_name = normal_name(*m.server_name);
  d.peer_record_size_limit = m.record_size_limit.value_or(0);
  d.staples = {m.status_request, m.signed_certificate_timestamp};
  d.legacy_session_id = wire::ShortBytes<wire::kMaxSessionId>(m.legacy_session_id);
  d.client_random = m.random;
  d.credential = credential_request(m, d);
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
