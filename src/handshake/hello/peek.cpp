#include "handshake/hello/peek.h"

#include <algorithm>

#include "base/limits.h"
#include "handshake/hello/choices.h"
#include "handshake/running.h"
#include "handshake/table.h"
#include "wire/message.h"

namespace tls::handshake::hello {
namespace {

template <class T, class List>
std::vector<T> owned(const std::optional<List>& list) {
  return list ? std::vector<T>(list->begin(), list->end()) : std::vector<T>();
}

/// RFC 9846 §4.3.1: supported_versions alone decides, where it is there.
std::vector<ProtocolVersion> versions_of(const wire::ClientHello& m) {
  if (!m.supported_versions) return {m.legacy_version};
  return owned<ProtocolVersion>(m.supported_versions);
}

}  // namespace

Result<std::size_t> max_first_message(std::uint8_t type) {
  if (static_cast<On>(type) != On::client_hello)
    return fail(Code::unexpected_message, describe(type) + " before ClientHello");
  return limits::kMaxHandshakeMessage;
}

Result<wire::ClientHello> read_first_message(Bytes message) {
  if (static_cast<On>(message[0]) != On::client_hello)
    return fail(Code::unexpected_message, describe(message[0]) + " before ClientHello");
  return wire::ClientHello::parse(wire::message_body(message));
}

ClientHelloFacts facts_of(const wire::ClientHello& m) {
  ClientHelloFacts facts;
  facts.server_name = server_name_of(m).value_or("");
  if (m.alpn) facts.alpn = ProtocolNames(m.alpn->bytes());
  facts.versions = versions_of(m);
  facts.suites.assign(m.cipher_suites.begin(), m.cipher_suites.end());
  facts.groups = owned<NamedGroup>(m.supported_groups);
  if (m.key_share)
    for (const wire::KeyShareEntry& share : *m.key_share) facts.key_shares.push_back(share.group);
  facts.signature_schemes = owned<SignatureScheme>(m.signature_algorithms);
  facts.certificate_schemes = owned<SignatureScheme>(m.signature_algorithms_cert);
  const bool offers13 = std::ranges::find(facts.versions, ProtocolVersion::tls13) != facts.versions.end();
  facts.resumes = m.pre_shared_key || (m.session_ticket && !m.session_ticket->empty()) ||
                  (!offers13 && !m.legacy_session_id.empty());
  facts.early_data = m.early_data;
  return facts;
}

}  // namespace tls::handshake::hello
