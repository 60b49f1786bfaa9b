#include "handshake/authentication.h"

#include "base/limits.h"
#include "wire/certificate_verify.h"
#include "wire/finished.h"
#include "wire/message.h"

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

ChainToVerify chain_of_server(const ConnectionInfo& info, const std::string& name, const Clock& clock) {
  return {.peer_is_server = true,
          .server_name = name,
          .chain = info.peer_certificates,
          .ocsp_response = info.ocsp_response,
          .now = clock.wall()};
}

ByteVector encode_certificate_verify(SignatureScheme scheme, Bytes signature) {
  return wire::handshake_message(wire::CertificateVerify{.algorithm = scheme, .signature = signature});
}

ByteVector encode_finished(Bytes verify_data) { return wire::handshake_message(wire::Finished{verify_data}); }

}  // namespace tls::handshake
