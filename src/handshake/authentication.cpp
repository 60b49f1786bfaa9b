#include "handshake/authentication.h"

#include <algorithm>

#include "base/limits.h"
#include "pki/leaf.h"
#include "tls/operation.h"
#include "wire/certificate_verify.h"
#include "wire/finished.h"
#include "wire/message.h"

namespace tls {

HandshakeToSign SignatureRequest::parts() const& noexcept {
  constexpr std::size_t kBeforeHash = 64 + 33 + 1;  // RFC 9846 §4.5.2: spaces, the context string, a zero byte
  constexpr std::size_t kRandom = 32;
  const Bytes whole(message);
  HandshakeToSign p;
  p.by_server = by_server;
  p.version = version;
  p.scheme = scheme;
  p.message = whole;
  if (version == ProtocolVersion::tls13) {
    p.transcript_hash = whole.subspan(std::min(kBeforeHash, whole.size()));
  } else if (by_server && whole.size() > 2 * kRandom) {
    p.client_random = whole.first(kRandom);
    p.server_random = whole.subspan(kRandom, kRandom);
    p.parameters = whole.subspan(2 * kRandom);
  }
  return p;
}

}  // namespace tls

namespace tls::handshake {

std::vector<std::vector<std::uint8_t>> keep_authorities(const std::optional<wire::DistinguishedNameList>& names) {
  std::vector<std::vector<std::uint8_t>> kept;
  if (!names) return kept;
  for (const wire::DistinguishedName& authority : *names) {
    if (kept.size() == limits::kMaxAuthorities) break;
    kept.emplace_back(authority.name.begin(), authority.name.end());
  }
  return kept;
}

Result<Peer> take_peer(CertificateChain certificates, std::size_t min_rsa_bits, const crypto::HashImpl& sha256,
                       ConnectionInfo& info) {
  info.peer_identity = PeerIdentity::chain;
  info.peer_certificates = std::move(certificates);
  const crypto::Digest digest = crypto::hash(sha256, info.peer_certificates.front());
  const Bytes hash = digest.bytes();
  info.peer_certificate_sha256.assign(hash.begin(), hash.end());
  auto chain = pki::PeerChain::parse(info.peer_certificates);
  if (!chain) return std::unexpected(std::move(chain).error());
  auto key = pki::leaf_public_key((*chain)->leaf(), min_rsa_bits);
  if (!key) return std::unexpected(std::move(key).error());
  return Peer{std::move(*chain), std::move(*key)};
}

ChainToVerify chain_of_server(const ConnectionInfo& info, pki::PeerChainPtr parsed, const std::string& name,
                              StaplePolicy staples, const Clock& clock) {
  return {.peer_is_server = true,
          .server_name = name,
          .chain = info.peer_certificates,
          .ocsp_response = info.ocsp_response,
          .staples = staples,
          .now = clock.wall(),
          .parsed = std::move(parsed)};
}

ChainToVerify chain_of_resumed_server(const ConnectionInfo& info, const std::string& name, const Clock& clock) {
  return {.peer_is_server = true,
          .server_name = name,
          .chain = info.peer_certificates,
          .ocsp_response = info.ocsp_response,
          .staples = StaplePolicy::ignore,
          .now = clock.wall()};
}

ChainToVerify chain_of_client(const ConnectionInfo& info, pki::PeerChainPtr parsed, StaplePolicy staples,
                              const Clock& clock) {
  return {.peer_is_server = false,
          .server_name = {},
          .chain = info.peer_certificates,
          .ocsp_response = info.ocsp_response,
          .staples = staples,
          .now = clock.wall(),
          .parsed = std::move(parsed)};
}

void note_wish(std::vector<SignatureScheme> schemes, std::vector<std::vector<std::uint8_t>> authorities,
               ConnectionInfo& info) {
  info.client_certificate = ClientCertificate::requested;
  info.certificate_wish =
      std::make_shared<const CertificateWish>(CertificateWish{std::move(schemes), std::move(authorities)});
}

void note_answer(std::size_t certificates, ConnectionInfo& info) noexcept {
  info.client_certificate = certificates == 0 ? ClientCertificate::empty : ClientCertificate::sent;
}

void note_sent(Role sender, std::size_t certificates, ConnectionInfo& info) noexcept {
  info.certificates_sent = certificates;
  if (sender == Role::client) note_answer(certificates, info);
}

ByteVector encode_certificate_verify(SignatureScheme scheme, Bytes signature) {
  return wire::handshake_message(wire::CertificateVerify{.algorithm = scheme, .signature = signature});
}

ByteVector encode_finished(Bytes verify_data) { return wire::handshake_message(wire::Finished{verify_data}); }

}  // namespace tls::handshake
