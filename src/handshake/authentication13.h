// Certificate and CertificateVerify of TLS 1.3, the same for both roles (RFC 9846 §4.5).
#pragma once

#include <span>

#include "crypto/signature.h"
#include "handshake/authentication.h"
#include "handshake/running.h"
#include "wire/certificate.h"
#include "wire/certificate_verify.h"
#include "wire/entries.h"

namespace tls::handshake {

/// Returns the content that a CertificateVerify of `signer` signs (RFC 9846 §4.5.2).
[[nodiscard]] std::vector<std::uint8_t> signed_content(Role signer, Bytes transcript_hash);

/// Stores the peer's chain and staples in `info` and parses the chain. Fails if the list is empty, and as take_peer()
/// does.
[[nodiscard]] Result<Peer> take_certificate(const wire::Certificate& message, std::size_t min_rsa_bits,
                                            const crypto::HashImpl& sha256, ConnectionInfo& info);

/// Checks the peer's CertificateVerify, with the schemes that we accept. Stores the scheme in `info`.
[[nodiscard]] Result<void> check_certificate_verify(const wire::CertificateVerify& message, Role peer,
                                                    const crypto::PublicKey& key,
                                                    std::span<const SignatureScheme> accepted, Bytes transcript_hash,
                                                    ConnectionInfo& info);

/// Returns a complete Certificate message of the main handshake, with an empty list for a null credential. Stores in
/// `info` what it holds.
[[nodiscard]] ByteVector encode_certificate(Role sender, const Credential* credential, StapleWishes wishes,
                                            ConnectionInfo& info);

}  // namespace tls::handshake
