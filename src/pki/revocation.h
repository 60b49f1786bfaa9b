// What CRLs say of the certificates of a path (RFC 5280 §6.3), and of what a session keeps of one.
#pragma once

#include <cstdint>
#include <optional>

#include "pki/anchors.h"
#include "pki/crl_store.h"
#include "pki/path_validation.h"
#include "tls/crl.h"
#include "tls/verifier.h"

namespace tls::pki {

/// CRLs, and what they decide.
struct CrlQuestion {
  const CrlStore* crls = nullptr;  ///< null: there are none, and nothing is asked
  CrlPolicy policy = CrlPolicy::if_present;
};

/// A CRL that was asked about a leaf and does not revoke it. Seconds since 1970.
struct CrlCoverage {
  std::int64_t this_update = 0, next_update = 0;
};

/// Judges the certificates of paths in one verify(), at `now`, which outlives it.
class RevocationCheck {
 public:
  RevocationCheck(const CrlQuestion& question, const Moment& now) : question_(question), now_(now) {}
  RevocationCheck(const CrlQuestion& question, const Moment&& now) = delete;

  /// Every certificate of `path` but its anchor, from the anchor down. The signatures on them have been verified;
  /// `anchor_key` is the anchor's key, null for a leaf that is its own anchor. A CRL counts when its issuer is the
  /// certificate's (name, and key identifier where both have one), may sign CRLs (keyUsage), has signed it, and when
  /// its scope holds the certificate; of one scope the newest that is signed. Gives the CRL of the leaf, where it is
  /// current and all reasons are covered.
  ///
  /// Fails with certificate_revoked, with revocation_unknown where the policy demands a current CRL and there is none,
  /// and with certificate_too_complex where a CRL revokes whose signature would be more than the
  /// limits::kMaxCrlVerifications in all calls; another such CRL does not count. Of a leaf that is its own anchor and
  /// self-issued nothing is asked, as of a leaf with noRevAvail (RFC 9608 §4).
  [[nodiscard]] Result<std::optional<CrlCoverage>> check(Path path, const crypto::PublicKey* anchor_key);
  /// Some CRL was passed over because verifying it would have been one too many.
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }

 private:
  struct Asked;
  Result<std::optional<CrlCoverage>> check_one(const Certificate& subject, const Certificate& issuer,
                                               const crypto::PublicKey* issuer_key, bool due);
  Result<void> ask(const CrlGroup& group, const Certificate& subject, const Certificate& issuer, std::uint16_t reasons,
                   Asked& asked);
  enum class Signed : std::uint8_t { yes, no, unknown };  ///< unknown: that would be one verification too many
  Result<Signed> is_signed(const Crl& crl, const Certificate& issuer, Asked& asked);

  const CrlQuestion question_;
  const Moment& now_;
  std::size_t verifications_ = 0;
  bool gave_up_ = false;
};

/// Whether a session may go on whose peer is `peer`, by the CRLs alone: none of the certificates that it keeps is
/// revoked, and where the policy demands CRLs there is a current one. All are asked about that are no anchors, whether
/// the path led through them or not. The issuers' keys may not be at hand, so that a CRL counts here unless keys were
/// tried and none has signed it, or the key that has signed it has signed a newer one: that a session ends costs a full
/// handshake and no more. Of a leaf or a summary alone nothing is known of its issuers, and by a CRL for authorities
/// alone or for distribution points a summary may be revoked, and is not vouched for. Without certificates: false.
[[nodiscard]] bool session_may_go_on(const CrlQuestion& question, const Anchors& anchors, const ResumedPeer& peer);

}  // namespace tls::pki
