// Whom we talk to: verification of the peer's certificate chain.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/certificate_chain.h"
#include "tls/credentials.h"
#include "tls/identity.h"

namespace tls {

namespace pki {
class PeerChain;
}

/// A chain to be verified. It owns, or shares, all that it holds.
struct ChainToVerify {
  bool peer_is_server = true;
  std::string server_name;                  ///< the host name or address to match; empty for client certificates
  CertificateChain chain;                   ///< DER, leaf first
  std::vector<std::uint8_t> ocsp_response;  ///< as stapled; empty: none
  Clock::Milliseconds now{};                ///< wall time
  /// For the stack itself: `chain` as the handshake parsed it, so that the verifiers of this header need not parse it
  /// again. Null, or made of another chain: they parse.
  std::shared_ptr<const pki::PeerChain> parsed = nullptr;
};

/// A chain that is trusted.
struct ChainAccepted {
  /// Wall time after which it is not: the first notAfter of the certificates that were relied on. A session that the
  /// chain authenticates ends with it. A verifier that does not say: never.
  Clock::Milliseconds not_after = Clock::Milliseconds::max();
};

/// Decides whether a chain is trusted for a name. Shared by connections and threads; verify() must be thread-safe.
class ChainVerifier : public Identified {
 public:
  /// A refusal is an Error with one of: bad_certificate, unsupported_certificate, bad_certificate_signature,
  /// weak_certificate_signature, certificate_purpose, unknown_critical_extension, issuer_not_an_authority,
  /// path_too_long, name_constraints_violated, certificate_too_complex, certificate_revoked, certificate_expired,
  /// certificate_not_yet_valid, unknown_ca, name_mismatch, certificate_refused. Empty: the verdict comes later.
  virtual Answer<ChainAccepted> verify(const ChainToVerify& chain) const = 0;
};

/// RFC 5280 path validation (our own checks, then Botan's) and RFC 9525 names against these roots: PEM, one or more
/// certificates. Roots only: a certificate that another authority issued is refused with bad_key_file, since whoever
/// trusts an intermediate or a leaf escapes what its issuer wrote. A self-signed leaf is its own root and can be
/// trusted as one. Revocation is known from stapled responses only.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> trust_pem(std::string_view roots_pem);
/// The same against the operating system's roots: the file that SSL_CERT_FILE names, else Debian's
/// /etc/ssl/certs/ca-certificates.crt. Entries that cannot be roots are left out. Fails with bad_key_file.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> trust_system();
/// Accepts every chain. For tests and diagnosis: a connection that uses it has no peer authentication.
[[nodiscard]] std::shared_ptr<const ChainVerifier> trust_anyone_insecurely();

}  // namespace tls
