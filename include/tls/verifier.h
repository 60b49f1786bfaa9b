// Whom we talk to: verification of the peer's certificate chain.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/certificate_chain.h"
#include "tls/credentials.h"
#include "tls/crl.h"
#include "tls/identity.h"
#include "tls/verification_memory.h"

namespace tls {

namespace pki {
class PeerChain;
}

/// What a peer has to show of the revocation of its certificates: OCSP responses that it staples to them (RFC 6066 §8,
/// RFC 9846 §4.5.1.1).
enum class StaplePolicy : std::uint8_t {
  ignore,      ///< staples are not looked at, and a certificate's demand for one (RFC 7633) does not count
  if_present,  ///< a staple must be good where there is one, and where the leaf demands it (must-staple) there is one
  require,     ///< there must be one for the leaf, and it must be good; but for a leaf with noRevAvail (RFC 9608)
};

/// A chain to be verified. It owns, or shares, all that it holds.
struct ChainToVerify {
  bool peer_is_server = true;
  std::string server_name;                  ///< the host name or address to match; empty for client certificates
  CertificateChain chain;                   ///< DER, leaf first
  std::vector<std::uint8_t> ocsp_response;  ///< as stapled to the leaf, DER; empty: none
  /// As stapled to the certificates behind the leaf, in their order (TLS 1.3); an empty one, or none at the end: none.
  std::vector<std::vector<std::uint8_t>> issuer_ocsp_responses = {};
  StaplePolicy staples = StaplePolicy::if_present;
  Clock::Milliseconds now{};  ///< wall time
  /// For the stack itself: `chain` as the handshake parsed it, so that the verifiers of this header need not parse it
  /// again. Null, or made of another chain: they parse.
  std::shared_ptr<const pki::PeerChain> parsed = nullptr;
};

/// A chain that is trusted.
struct ChainAccepted {
  /// Wall time after which it is not: the first notAfter of the certificates that were relied on. A session that the
  /// chain authenticates ends with it. A verifier that does not say: no end.
  Clock::Milliseconds not_after = Clock::Milliseconds::max();
  std::optional<StapleInfo> staple = {};  ///< what a staple of the leaf said, if it was judged
  std::optional<CrlInfo> crl = {};        ///< the CRL that was asked about the leaf, if there was a current one
};

/// What a session keeps of the peer that it belongs to.
struct ResumedPeer {
  bool peer_is_server = true;
  CertificateChain certificates = {};                      ///< DER, leaf first: all that was kept; may be empty
  std::shared_ptr<const CertificateSummary> summary = {};  ///< instead of certificates; null: there is none
  Clock::Milliseconds now{};                               ///< wall time
};

/// Decides whether a chain is trusted for a name. Shared by connections and threads; verify() must be thread-safe.
class ChainVerifier : public Identified {
 public:
  /// A refusal is an Error with one of: bad_certificate, unsupported_certificate, bad_certificate_signature,
  /// weak_certificate_signature, certificate_purpose, unknown_critical_extension, issuer_not_an_authority,
  /// path_too_long, no_valid_policy, name_constraints_violated, certificate_too_complex, certificate_revoked,
  /// revocation_unknown, certificate_expired, certificate_not_yet_valid, unknown_ca, name_mismatch,
  /// certificate_refused. Empty: the verdict comes later. What it throws fails the connection with provider_failed: see
  /// Connection.
  virtual Answer<ChainAccepted> verify(const ChainToVerify& chain) const = 0;

  /// Whether a session that verify() has let be made may go on now: what has changed since, such as a list of revoked
  /// certificates. Asked whenever a session, by whatever way, is about to be resumed or offered: it must be cheap, and
  /// looks at nothing that has to be waited for. False: a server makes a full handshake, in which verify() says why; a
  /// client drops the session and does not offer it. The default: true. What it throws fails the connection.
  // test: handshake: a revoked serial resumes by no way: the client's, at a server whose CRL was exchanged
  // test: handshake: a revoked serial resumes by no way: the server's, whose session the client drops
  [[nodiscard]] virtual bool may_resume(const ResumedPeer& peer) const;
};

/// What trust_pem() does with certificates that are no roots, which is: that another authority has issued.
enum class OtherCertificates : std::uint8_t {
  refuse,         ///< fails with bad_key_file
  build_paths_of  ///< keeps them as intermediates: they complete a chain that was sent without, and are not trusted
};

/// RFC 5280 path validation and RFC 9525 names against these roots: PEM or DER, one or more certificates. Roots are
/// self-issued: whoever trusts an intermediate or a leaf escapes what its issuer wrote. A self-signed leaf is its own
/// root and can be trusted as one. Fails with bad_key_file, naming block and line, for a certificate that cannot be
/// read or could not be used whatever a peer sends (a weak key, an unknown critical extension). Revocation is known
/// from staples, as ChainToVerify::staples has it (bad_staple, certificate_revoked), and from what with_crls() adds.
/// docs/certificate-files.md and docs/validation.md say what is read and how it is judged.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> trust_pem(
    std::string_view roots, OtherCertificates others = OtherCertificates::refuse);
/// The same, but every certificate of the text is trusted, an intermediate or a leaf, too: what its issuers say of it
/// (constraints, their own validity, revocation) is given up. For pinned leaves and partial chains.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> trust_pem_ignoring_issuers(std::string_view certificates);
/// The same as trust_pem() against the operating system's roots: what SSL_CERT_FILE and SSL_CERT_DIR name, else
/// Debian's /etc/ssl/certs/ca-certificates.crt. Entries that cannot be read or used are left out; `warnings`, where
/// given, tells of each. Fails with bad_key_file when no root is left.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> trust_system(std::vector<std::string>* warnings = nullptr);
/// A verifier that judges as `verifier`, one of those above, and looks into `crls` besides, for chains and for what
/// sessions keep of them. The roots are shared and not parsed again: to make one for newer CRLs takes no more than an
/// allocation. Its identity names the roots and the policy, not the CRLs, so that sessions outlive an exchange of
/// these. Of one that was made with CRLs these are replaced. Fails with bad_config for a verifier of another making.
// test: pki: a verifier with CRLs: its identity names the policy and not the CRLs
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> with_crls(
    const std::shared_ptr<const ChainVerifier>& verifier, CrlSet crls, CrlPolicy policy = CrlPolicy::if_present);
/// A verifier that decides as `verifier`, one of those above, and remembers in `memory`, which may be shared by
/// several: with it a chain that was accepted costs no signatures again, without it (VerificationMemory::off())
/// everything is verified each time. The verdicts are the same, and so is the identity. Each verifier of trust_pem()
/// and its kind has a memory of VerificationMemory::kDefaultBytes of its own, which those that with_crls() makes of it
/// share. To keep what is known of signatures when anchors or CRLs are read anew, hand the memory on; verdicts of the
/// old ones do not count for the new. Fails with bad_config for a verifier of another making.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> with_memory(
    const std::shared_ptr<const ChainVerifier>& verifier, VerificationMemory memory);
/// Accepts every chain. For tests and diagnosis: a connection that uses it has no peer authentication.
[[nodiscard]] std::shared_ptr<const ChainVerifier> trust_anyone_insecurely();

}  // namespace tls
