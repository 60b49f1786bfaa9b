// What both versions share where they authenticate.
#pragma once

#include <optional>
#include <vector>

#include "base/writer.h"
#include "crypto/hash.h"
#include "crypto/signature.h"
#include "pki/peer_chain.h"
#include "tls/credentials.h"
#include "tls/environment.h"
#include "tls/info.h"
#include "tls/verifier.h"
#include "wire/entries.h"

namespace tls::handshake {

enum class Role : std::uint8_t { client, server };

/// What of a credential the peer wants to see beside the chain.
struct StapleWishes {
  bool ocsp = false;
  bool scts = false;
};

/// The names of a certificate_authorities, which outlive their message: at most limits::kMaxAuthorities. They are a
/// wish, and a name of one byte would cost us twenty times what it cost the peer.
[[nodiscard]] std::vector<std::vector<std::uint8_t>> keep_authorities(
    const std::optional<wire::DistinguishedNameList>& names);

/// A peer that has shown certificates and proven nothing yet.
struct Peer {
  pki::PeerChainPtr chain;
  crypto::PublicKey key;                                       ///< of the leaf
  std::vector<std::vector<std::uint8_t>> issuer_staples = {};  ///< see ChainToVerify::issuer_ocsp_responses
};
/// Notes in `info` the certificates that the peer sent, and parses them: the one time in a handshake. Fails with
/// bad_certificate or unsupported_certificate when the leaf cannot be parsed or may not sign.
[[nodiscard]] Result<Peer> take_peer(CertificateChain certificates, std::size_t min_rsa_bits,
                                     const crypto::HashImpl& sha256, ConnectionInfo& info);

/// What a client asks its verifier of the chain in `info`, which the server has shown now (`parsed` is that chain).
[[nodiscard]] ChainToVerify chain_of_server(const ConnectionInfo& info, pki::PeerChainPtr parsed,
                                            const std::string& name, StaplePolicy staples, const Clock& clock);
/// The same of the chain that it has shown when the session was made. Staples are left aside: they were judged then.
[[nodiscard]] ChainToVerify chain_of_resumed_server(const ConnectionInfo& info, const std::string& name,
                                                    const Clock& clock);
/// What a server asks its verifier of the chain in `info`.
[[nodiscard]] ChainToVerify chain_of_client(const ConnectionInfo& info, pki::PeerChainPtr parsed, StaplePolicy staples,
                                            const Clock& clock);

/// Notes in `info` that a client has been asked for a certificate, and by what it may sign and who may have issued it.
void note_wish(std::vector<SignatureScheme> schemes, std::vector<std::vector<std::uint8_t>> authorities,
               ConnectionInfo& info);
/// Notes in `info` that our Certificate message holds so many certificates.
void note_sent(Role sender, std::size_t certificates, ConnectionInfo& info) noexcept;
/// Notes in a server's `info` that the client has answered with so many.
void note_answer(std::size_t certificates, ConnectionInfo& info) noexcept;

/// Whole messages, header included.
[[nodiscard]] ByteVector encode_certificate_verify(SignatureScheme scheme, Bytes signature);
[[nodiscard]] ByteVector encode_finished(Bytes verify_data);

}  // namespace tls::handshake
