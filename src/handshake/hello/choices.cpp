#include "handshake/hello/choices.h"

#include <algorithm>
#include <type_traits>

#include "handshake/authentication.h"
#include "handshake/hello/offer.h"

namespace tls::handshake::hello {
namespace {

bool is_chacha(const crypto::SuiteFacts& suite) { return suite.aead == crypto::AeadId::chacha20_poly1305; }

template <class T>
bool has(const std::vector<T>& list, T value) {
  return std::ranges::find(list, value) != list.end();
}

/// What the client's list says of a stack that knows none of it.
std::string_view why_nothing_is_shared(ProtocolVersion version) {
  return version == ProtocolVersion::tls12
             ? "; TLS 1.2 is built with ECDHE and an AEAD only: suites with CBC or RC4, with RSA or static DH key "
               "exchange, export and null suites are not (RFC 9325 §4.1)"
             : "";
}

}  // namespace

Result<std::vector<const crypto::SuiteFacts*>> common_suites(const wire::ClientHello& m, const ServerSettings& s,
                                                             ProtocolVersion version) {
  std::vector<const crypto::SuiteFacts*> common;  // in the client's order
  for (CipherSuite id : m.cipher_suites) {
    const crypto::SuiteFacts* suite = crypto::find_suite(id);
    if (suite != nullptr && suite->version == version && has(s.cipher_suites, id) && !has(common, suite))
      common.push_back(suite);
  }
  if (common.empty())
    return fail(Code::no_shared_cipher, "offered: " + list_of_names(m.cipher_suites) +
                                            "; configured: " + list_of_names(s.cipher_suites) +
                                            std::string(why_nothing_is_shared(version)));
  // A client that puts ChaCha20 first has no AES instructions: its order wins.
  if (!s.prefer_server_order || is_chacha(*common.front())) return common;
  std::ranges::sort(common, {}, [&](const crypto::SuiteFacts* suite) {
    return std::ranges::find(s.cipher_suites, suite->id) - s.cipher_suites.begin();
  });
  return common;
}

std::vector<const crypto::GroupImpl*> common_groups(const wire::ClientHello& m, const ServerSettings& s) {
  std::vector<const crypto::GroupImpl*> common;
  if (s.prefer_server_order) {
    for (NamedGroup id : s.groups)
      if (m.supported_groups->contains(id)) common.push_back(crypto::find_group(id));
  } else {
    for (NamedGroup id : *m.supported_groups)
      if (const auto* group = crypto::find_group(id); has(s.groups, id) && !has(common, group)) common.push_back(group);
  }
  return common;
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

std::optional<std::string> server_name_of(const wire::ClientHello& m) {
  if (!m.server_name) return std::nullopt;
  std::string lower(*m.server_name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower.ends_with('.')) lower.pop_back();
  return lower;
}

session::Fingerprint session_binding(const std::optional<std::string>& server_name, ProtocolVersion version,
                                     const ServerSettings& settings) {
  const std::string_view name = server_name ? std::string_view(*server_name) : std::string_view();
  const std::string& policy = version == ProtocolVersion::tls12 ? settings.session_policy12 : settings.session_policy13;
  return session::fingerprint(settings.provider.hash(crypto::HashId::sha256), {as_bytes(name), as_bytes(policy)});
}

namespace {

/// The beginning of a list of the peer's.
template <class T, class List>
std::vector<T> beginning(const std::optional<List>& list) {
  std::vector<T> kept;
  if (!list) return kept;
  for (const auto& value : *list) {
    if (kept.size() == limits::kMaxNotedOffers) break;
    if constexpr (std::is_same_v<T, std::string>)
      kept.emplace_back(as_text(value.name));
    else
      kept.push_back(value);
  }
  return kept;
}

}  // namespace

ClientOffer offer_of(const wire::ClientHello& m) {
  ClientOffer offer;
  offer.versions = beginning<ProtocolVersion>(m.supported_versions);
  if (!m.supported_versions) offer.versions = {m.legacy_version};
  offer.suites = beginning<CipherSuite>(std::optional(m.cipher_suites));
  offer.groups = beginning<NamedGroup>(m.supported_groups);
  offer.signature_schemes = beginning<SignatureScheme>(m.signature_algorithms);
  offer.alpn = beginning<std::string>(m.alpn);
  return offer;
}

CredentialRequest credential_request(const wire::ClientHello& m, ProtocolVersion version) {
  CredentialRequest request;
  request.version = version;
  request.server_name = server_name_of(m).value_or("");
  request.signature_schemes.assign(m.signature_algorithms->begin(), m.signature_algorithms->end());
  if (m.signature_algorithms_cert)
    request.certificate_schemes.assign(m.signature_algorithms_cert->begin(), m.signature_algorithms_cert->end());
  request.authorities = keep_authorities(m.certificate_authorities);
  if (m.alpn)
    for (const wire::ProtocolName& protocol : *m.alpn) {
      if (request.alpn.size() == limits::kMaxOfferedProtocols) break;
      request.alpn.emplace_back(as_text(protocol.name));
    }
  return request;
}

}  // namespace tls::handshake::hello
