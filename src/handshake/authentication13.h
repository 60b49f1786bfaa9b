// Certificate and CertificateVerify of TLS 1.3, the same for both roles (RFC 9846 §4.5).
#pragma once

#include <optional>
#include <span>

#include "base/writer.h"
#include "crypto/signature.h"
#include "handshake/running.h"
#include "wire/certificate.h"
#include "wire/certificate_verify.h"
#include "wire/entries.h"

namespace tls::handshake {

enum class Role : std::uint8_t { client, server };

/// What a CertificateVerify of `signer` signs (RFC 9846 §4.5.2).
[[nodiscard]] std::vector<std::uint8_t> signed_content(Role signer, Bytes transcript_hash);

/// Takes the peer's chain and staples into info and returns the leaf's key. Fails when the list is empty or the leaf
/// may not sign.
[[nodiscard]] Result<crypto::PublicKey> take_certificate(const wire::Certificate& message, std::size_t min_rsa_bits,
                                                         ConnectionInfo& info);

/// Checks the peer's CertificateVerify against schemes that we accept; notes the scheme in info.
[[nodiscard]] Result<void> check_certificate_verify(const wire::CertificateVerify& message, Role peer,
                                                    const crypto::PublicKey& key,
                                                    std::span<const SignatureScheme> accepted, Bytes transcript_hash,
                                                    ConnectionInfo& info);

/// The names of a certificate_authorities, which outlive their message: at most limits::kMaxAuthorities. They are a
/// wish, and a name of one byte would cost us twenty times what it cost the peer.
[[nodiscard]] std::vector<std::vector<std::uint8_t>> keep_authorities(
    const std::optional<wire::DistinguishedNameList>& names);

/// What of a credential the peer wants to see beside the chain.
struct StapleWishes {
  bool ocsp = false;
  bool scts = false;
};
/// A whole Certificate message; an empty list for a null credential.
[[nodiscard]] ByteVector encode_certificate(const Credential* credential, Bytes request_context, StapleWishes wishes);
[[nodiscard]] ByteVector encode_certificate_verify(SignatureScheme scheme, Bytes signature);
[[nodiscard]] ByteVector encode_finished(Bytes verify_data);

/// The first scheme of the credential's key that the peer accepts and TLS 1.3 allows.
[[nodiscard]] std::optional<SignatureScheme> choose_scheme(const Credential& credential,
                                                           std::span<const SignatureScheme> peer_accepts);

}  // namespace tls::handshake
