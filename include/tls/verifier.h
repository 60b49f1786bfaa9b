// Verification of the peer's certificate chain.
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

/// What a peer must prove about the revocation of its certificates by stapling OCSP responses to them (RFC 6066 §8, RFC
/// 9846 §4.5.1.1).
enum class StaplePolicy : std::uint8_t {
  /// Staples are not checked, and a certificate's demand for one (RFC 7633) has no effect.
  ignore,
  /// If there is a staple, it must be good. If the leaf demands one (must-staple), there must be one.
  if_present,
  /// The leaf must have a staple, and it must be good. Exception: a leaf with noRevAvail (RFC 9608).
  require,
};

/// A chain to be verified. Owns or shares everything that it holds.
struct ChainToVerify {
  bool peer_is_server = true;
  std::string server_name;                  ///< the host name or address to match; empty for client certificates
  CertificateChain chain;                   ///< DER, leaf first
  std::vector<std::uint8_t> ocsp_response;  ///< the staple of the leaf, DER; empty: none
  /// TLS 1.3: the staples of the certificates after the leaf, in their order. An empty or missing element means that
  /// the certificate has none.
  std::vector<std::vector<std::uint8_t>> issuer_ocsp_responses = {};
  StaplePolicy staples = StaplePolicy::if_present;
  Clock::Milliseconds now{};  ///< wall time
  /// Internal to the stack: the parsed form of `chain` from the handshake, so that the verifiers of this header need
  /// not parse it again. If it is null, or was made from another chain, they parse `chain`.
  std::shared_ptr<const pki::PeerChain> parsed = nullptr;
};

/// The result for a chain that is trusted.
struct ChainAccepted {
  /// Wall time at which the trust expires: the earliest notAfter of the certificates that the verifier relied on and,
  /// if the leaf must have a staple, not later than the expiry of the staple (RFC 9846 §4.7.1). A session that the
  /// chain authenticates expires then, too. Default, for a verifier that reports none: no expiry.
  Clock::Milliseconds not_after = Clock::Milliseconds::max();
  std::optional<StapleInfo> staple = {};  ///< the statements of the leaf's staple, if the verifier judged one
  std::optional<CrlInfo> crl = {};        ///< the current CRL that was checked for the leaf, if there was one
};

/// The facts that a session keeps about its peer.
struct ResumedPeer {
  bool peer_is_server = true;
  CertificateChain certificates = {};  ///< DER, leaf first: all that the session keeps; may be empty
  std::shared_ptr<const CertificateSummary> summary = {};  ///< in place of certificates; null: none
  Clock::Milliseconds now{};                               ///< wall time
};

/// Decides whether a chain is trusted for a name. Shared by connections and threads, so verify() must be thread-safe.
class ChainVerifier : public Identified {
 public:
  /// Returns ChainAccepted if the chain is trusted. Otherwise fails with one of: bad_certificate,
  /// unsupported_certificate, bad_certificate_signature, weak_certificate_signature, certificate_purpose,
  /// unknown_critical_extension, issuer_not_an_authority, path_too_long, no_valid_policy, name_constraints_violated,
  /// certificate_too_complex, certificate_revoked, revocation_unknown, bad_staple, certificate_expired,
  /// certificate_not_yet_valid, unknown_ca, name_mismatch, certificate_refused. An empty Answer means that the verdict
  /// comes later. If it throws, the connection fails with provider_failed: see Connection.
  virtual Answer<ChainAccepted> verify(const ChainToVerify& chain) const = 0;

  /// Returns whether a session that verify() allowed may still be resumed, given what has changed since, such as a
  /// revocation list. Called before every resumption and before every offer of a session, by Session ID or by ticket,
  /// so it must be fast and must not wait for anything. If it returns false, a server makes a full handshake, in which
  /// verify() reports the reason; a client drops the session and does not offer it. Default: true. If it throws, the
  /// connection fails.
  // test: handshake: a revoked serial resumes by no way: the client's, at a server whose CRL was exchanged
  // test: handshake: a revoked serial resumes by no way: the server's, whose session the client drops
  [[nodiscard]] virtual bool may_resume(const ResumedPeer& peer) const;
};

/// How trust_pem() treats certificates that are not roots, that is, not self-issued.
enum class OtherCertificates : std::uint8_t {
  refuse,         ///< fails with bad_key_file
  build_paths_of  ///< keeps them as intermediates: they complete chains that were sent without them, and are not
                  ///< trusted
};

/// Returns a verifier for RFC 5280 path validation and RFC 9525 names with `roots` as trust anchors: one or more
/// certificates, PEM or DER. Roots must be self-issued, because trust in an intermediate or a leaf would bypass the
/// restrictions of its issuer. A self-signed leaf is its own root, and can be trusted as one. Revocation is known from
/// staples according to ChainToVerify::staples (bad_staple, certificate_revoked), and from the CRLs that with_crls()
/// adds.
/// Fails with bad_key_file, and names block and line, for a certificate that cannot be read, or that would be unusable
/// whatever a peer sends (a weak key, an unknown critical extension). docs/certificate-files.md and docs/validation.md
/// describe which files are read and how chains are judged.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> trust_pem(
    std::string_view roots, OtherCertificates others = OtherCertificates::refuse);
/// Does the same but trusts every certificate of the text, intermediates and leaves included. The statements of their
/// issuers (constraints, the issuers' own validity, revocation) then have no effect. For pinned leaves and partial
/// chains.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> trust_pem_ignoring_issuers(std::string_view certificates);
/// Does the same as trust_pem() with the operating system's roots: the files that SSL_CERT_FILE and SSL_CERT_DIR name,
/// or else Debian's /etc/ssl/certs/ca-certificates.crt. Skips entries that cannot be read or used, and adds a line
/// about each to `warnings` unless that is null. Fails with bad_key_file if no root is left.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> trust_system(std::vector<std::string>* warnings = nullptr);
/// Returns a verifier that judges as `verifier` does and also checks `crls`, for chains and for the peers of sessions.
/// `verifier` must come from a function of this header except trust_anyone_insecurely(); otherwise the call fails with
/// bad_config. The roots are shared and not parsed again, so a verifier for newer CRLs costs no more than an
/// allocation. The CRLs replace those that `verifier` has. The identity covers the roots and the policy but not the
/// CRLs, so sessions survive a replacement of the CRLs.
// test: pki: a verifier with CRLs: its identity names the policy and not the CRLs
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> with_crls(
    const std::shared_ptr<const ChainVerifier>& verifier, CrlSet crls, CrlPolicy policy = CrlPolicy::if_present);
/// Returns a verifier that judges as `verifier` does and remembers verifications in `memory`, which several verifiers
/// may share. `verifier` must come from a function of this header except trust_anyone_insecurely(); otherwise the call
/// fails with bad_config. With a memory, a chain that was accepted before costs no signature verifications; without one
/// (VerificationMemory::off()), every chain is verified in full. Verdicts and identity are the same.
/// By default every verifier from trust_pem(), trust_pem_ignoring_issuers() and trust_system() has a memory of its own,
/// of VerificationMemory::kDefaultBytes. Verifiers that with_crls() makes from it share that memory. To keep the
/// verified signatures when anchors or CRLs are reloaded, pass the memory on. Verdicts under the old anchors or CRLs
/// have no effect under the new ones.
[[nodiscard]] Result<std::shared_ptr<const ChainVerifier>> with_memory(
    const std::shared_ptr<const ChainVerifier>& verifier, VerificationMemory memory);
/// Returns a verifier that accepts every chain. For tests and diagnosis: connections that use it have no peer
/// authentication.
[[nodiscard]] std::shared_ptr<const ChainVerifier> trust_anyone_insecurely();

}  // namespace tls
