#include "handshake/authentication12.h"

#include <algorithm>

#include "handshake/hello/offer.h"
#include "wire/message.h"

namespace tls::handshake {

Result<Peer> take_certificate(const wire::Certificate12& m, std::size_t min_rsa_bits, const crypto::HashImpl& sha256,
                              ConnectionInfo& info) {
  // RFC 5246 §7.4.2: the server's list holds its certificate at least.
  if (m.certificate_list.empty()) return fail(Code::no_certificate);
  const std::vector<Bytes> certificates(m.certificate_list.begin(), m.certificate_list.end());
  return take_peer(CertificateChain(certificates), min_rsa_bits, sha256, info);
}

Result<void> check_curve(const crypto::PublicKey& key, std::span<const NamedGroup> groups) {
  const auto curve = crypto::curve_of(key.kind());
  if (!curve || std::ranges::find(groups, *curve) != groups.end()) return {};
  return fail(Code::bad_leaf_curve,
              "it is on " + std::string(name(*curve)) + ", offered were " + hello::list_of_names(groups));
}

std::vector<std::uint8_t> signed_parameters(const Agreed12& agreed, const wire::ServerKeyExchange& m) {
  ByteVector content(agreed.client_random.begin(), agreed.client_random.end());
  Writer w(content);
  w.bytes(agreed.server_random);
  m.encode_params(w);
  return content;
}

Result<void> check_signature(SignatureScheme scheme, Bytes signature, Bytes content, const crypto::PublicKey& key,
                             std::span<const SignatureScheme> accepted, ConnectionInfo& info) {
  // RFC 5246 §7.4.3: it MUST be one of the pairs in signature_algorithms.
  if (std::ranges::find(accepted, scheme) == accepted.end())
    return fail(Code::wrong_signature_scheme, "the peer signed with " + hello::list_of_names(std::span(&scheme, 1)) +
                                                  ", accepted are " + hello::list_of_names(accepted));
  if (auto ok = key.verify(scheme, content, signature, ProtocolVersion::tls12); !ok) return ok;
  info.signature_scheme = scheme;
  return {};
}

ByteVector encode_certificate12(Role sender, const Credential* credential, ConnectionInfo& info) {
  wire::Certificate12 message;
  if (credential != nullptr)
    for (const auto& der : credential->chain)
      if (!message.certificate_list.push_back(Bytes(der))) break;  // make_credential() refuses longer chains
  note_sent(sender, message.certificate_list.size(), info);
  return wire::handshake_message(message);
}

}  // namespace tls::handshake
