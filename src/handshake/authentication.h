// The parts of authentication that both versions share.
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

/// The parts of a credential, besides the chain, that the peer asks for.
struct StapleWishes {
  bool ocsp = false;
  bool scts = false;
};

/// Returns copies of the names of a certificate_authorities, which outlive the message: at most
/// limits::kMaxAuthorities. They are a wish only, and a name of one byte would cost us twenty times what it cost the
/// peer.
[[nodiscard]] std::vector<std::vector<std::uint8_t>> keep_authorities(
    const std::optional<wire::DistinguishedNameList>& names);

/// A peer that has sent certificates and has not yet proven anything.
struct Peer {
  pki::PeerChainPtr chain;
  crypto::PublicKey key;                                       ///< of the leaf
  std::vector<std::vector<std::uint8_t>> issuer_staples = {};  ///< see ChainToVerify::issuer_ocsp_responses
};
/// Stores the certificates that the peer sent in `info` and parses them, which happens once in a handshake. Fails with
/// bad_certificate or unsupported_certificate if the leaf cannot be parsed or must not sign.
[[nodiscard]] Result<Peer> take_peer(CertificateChain certificates, std::size_t min_rsa_bits,
                                     const crypto::HashImpl& sha256, ConnectionInfo& info);

/// Returns the client's question to its verifier about the chain in `info`, which the server has just sent. `parsed` is
/// that chain.
[[nodiscard]] ChainToVerify chain_of_server(const ConnectionInfo& info, pki::PeerChainPtr parsed,
                                            const std::string& name, StaplePolicy staples, const Clock& clock);
/// Returns the client's question about the chain that the server sent when the session was made. Staples are not
/// included, because they were judged then.
[[nodiscard]] ChainToVerify chain_of_resumed_server(const ConnectionInfo& info, const std::string& name,
                                                    const Clock& clock);
/// Returns the server's question to its verifier about the chain in `info`.
[[nodiscard]] ChainToVerify chain_of_client(const ConnectionInfo& info, pki::PeerChainPtr parsed, StaplePolicy staples,
                                            const Clock& clock);

/// Stores in `info` that a client was asked for a certificate, the signature schemes that it may use, and the
/// authorities that may have issued it.
void note_wish(std::vector<SignatureScheme> schemes, std::vector<std::vector<std::uint8_t>> authorities,
               ConnectionInfo& info);
/// Stores in `info` how many certificates our Certificate message holds.
void note_sent(Role sender, std::size_t certificates, ConnectionInfo& info) noexcept;
/// Stores in a server's `info` how many certificates the client has answered with.
void note_answer(std::size_t certificates, ConnectionInfo& info) noexcept;

/// Return complete messages with their header.
[[nodiscard]] ByteVector encode_certificate_verify(SignatureScheme scheme, Bytes signature);
[[nodiscard]] ByteVector encode_finished(Bytes verify_data);

}  // namespace tls::handshake
