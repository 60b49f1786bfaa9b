#include "handshake/authentication13.h"

#include <algorithm>
#include <string_view>

#include "base/limits.h"
#include "handshake/hello/offer.h"
#include "wire/message.h"

namespace tls::handshake {

std::vector<std::uint8_t> signed_content(Role signer, Bytes transcript_hash) {
  // RFC 9846 §4.5.2: 64 spaces, the context string, a zero byte, the transcript hash.
  constexpr std::string_view kServer = "TLS 1.3, server CertificateVerify",
                             kClient = "TLS 1.3, client CertificateVerify";
  std::vector<std::uint8_t> content(64, 0x20);
  const Bytes context = as_bytes(signer == Role::server ? kServer : kClient);
  content.insert(content.end(), context.begin(), context.end());
  content.push_back(0);
  content.insert(content.end(), transcript_hash.begin(), transcript_hash.end());
  return content;
}

namespace {

/// RFC 9846 §4.5.1.1: every CertificateEntry may bear one. Empty up to the last that does.
std::vector<std::vector<std::uint8_t>> staples_behind_leaf(const wire::Certificate& m) {
  std::vector<std::vector<std::uint8_t>> staples;
  std::size_t at = 0;
  for (const wire::CertificateEntry& entry : m.certificate_list) {
    if (at++ == 0 || !entry.status_request) continue;
    staples.resize(at - 1);
    staples.back().assign(entry.status_request->begin(), entry.status_request->end());
  }
  return staples;
}

}  // namespace

Result<Peer> take_certificate(const wire::Certificate& m, std::size_t min_rsa_bits, const crypto::HashImpl& sha256,
                              ConnectionInfo& info) {
  // RFC 9846 §4.5.1: the context is empty in the main handshake.
  if (!m.certificate_request_context.empty())
    return fail(Code::illegal_parameter, "certificate_request_context is not empty");
  // RFC 9846 §4.5.1.4: an empty list from the server MUST abort with decode_error.
  if (m.certificate_list.empty()) return fail(Code::no_certificate);
  const wire::CertificateEntry& leaf = m.certificate_list[0];
  if (leaf.status_request) info.ocsp_response.assign(leaf.status_request->begin(), leaf.status_request->end());
  if (leaf.signed_certificate_timestamp)
    info.signed_certificate_timestamps.assign(leaf.signed_certificate_timestamp->begin(),
                                              leaf.signed_certificate_timestamp->end());
  std::vector<Bytes> certificates;
  certificates.reserve(m.certificate_list.size());
  for (const wire::CertificateEntry& entry : m.certificate_list) certificates.push_back(entry.cert_data);
  auto peer = take_peer(CertificateChain(certificates), min_rsa_bits, sha256, info);
  if (peer) peer->issuer_staples = staples_behind_leaf(m);
  return peer;
}

Result<void> check_certificate_verify(const wire::CertificateVerify& m, Role peer, const crypto::PublicKey& key,
                                      std::span<const SignatureScheme> accepted, Bytes transcript_hash,
                                      ConnectionInfo& info) {
  const crypto::SchemeFacts* facts = crypto::find_scheme(m.algorithm);
  // RFC 9846 §4.5.2: one of the schemes that we offered, and none of those that are for certificates only.
  if (facts == nullptr || !facts->tls13_handshake || std::ranges::find(accepted, m.algorithm) == accepted.end())
    return fail(Code::wrong_signature_scheme, "the peer signed with " +
                                                  hello::list_of_names(std::span(&m.algorithm, 1)) + ", accepted are " +
                                                  hello::list_of_names(accepted));
  const auto content = signed_content(peer, transcript_hash);
  if (auto ok = key.verify(m.algorithm, content, m.signature); !ok) return ok;
  info.signature_scheme = m.algorithm;
  return {};
}

ByteVector encode_certificate(Role sender, const Credential* credential, StapleWishes wishes, ConnectionInfo& info) {
  wire::Certificate message;
  const auto add = [&](const std::vector<std::vector<std::uint8_t>>& certificates) {
    for (const auto& der : certificates) {
      wire::CertificateEntry entry;
      entry.cert_data = Bytes(der);
      const bool leaf = message.certificate_list.empty();
      if (leaf && wishes.ocsp && !credential->ocsp_response.empty())
        entry.status_request = Bytes(credential->ocsp_response);
      if (leaf && wishes.scts && !credential->signed_certificate_timestamps.empty())
        entry.signed_certificate_timestamp = Bytes(credential->signed_certificate_timestamps);
      if (!message.certificate_list.push_back(entry)) break;  // load_credential() refuses longer chains
    }
  };
  if (credential != nullptr) {
    add(credential->chain);
    add(credential->alternatives);  // RFC 9846 §4.5.1: behind the line; TLS 1.2 has no place for them
  }
  note_sent(sender, message.certificate_list.size(), info);
  return wire::handshake_message(message);
}

}  // namespace tls::handshake
