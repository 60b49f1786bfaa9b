// Certificates and signatures of TLS 1.2, the same for both roles (RFC 5246 §7.4.2, §7.4.3, §7.4.8; RFC 8422 §5).
#pragma once

#include <span>

#include "crypto/signature.h"
#include "handshake/authentication.h"
#include "handshake/secrets12.h"
#include "wire/certificate12.h"
#include "wire/certificate_verify.h"
#include "wire/server_key_exchange.h"

namespace tls::handshake {

/// Stores the peer's chain in `info` and parses it. Fails with no_certificate if the list is empty, and as take_peer()
/// does.
[[nodiscard]] Result<Peer> take_certificate(const wire::Certificate12& message, std::size_t min_rsa_bits,
                                            const crypto::HashImpl& sha256, ConnectionInfo& info);
/// Fails with bad_leaf_curve if an ECDSA key is not on one of our groups (RFC 8422 §5.1).
[[nodiscard]] Result<void> check_curve(const crypto::PublicKey& key, std::span<const NamedGroup> groups);

/// Returns the content that a ServerKeyExchange signs: both randoms and the parameters (RFC 8422 §5.4).
[[nodiscard]] std::vector<std::uint8_t> signed_parameters(const Agreed12& agreed,
                                                          const wire::ServerKeyExchange& message);
/// Checks a signature of the peer over `content`, with a scheme that we accept. Stores the scheme in `info`.
[[nodiscard]] Result<void> check_signature(SignatureScheme scheme, Bytes signature, Bytes content,
                                           const crypto::PublicKey& key, std::span<const SignatureScheme> accepted,
                                           ConnectionInfo& info);

/// Returns a complete Certificate message, with an empty list for a null credential. Stores in `info` what it holds.
[[nodiscard]] ByteVector encode_certificate12(Role sender, const Credential* credential, ConnectionInfo& info);

}  // namespace tls::handshake
