// The search for a certification path: from a peer's leaf to a trust anchor, at a bounded cost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pki/anchors.h"
#include "pki/path_validation.h"
#include "pki/peer_chain.h"
#include "pki/revocation.h"
#include "pki/verification_store.h"

namespace tls::pki {

/// One way from the leaf that was tried, for people who ask why a chain is refused.
struct TriedPath {
  std::vector<const Certificate*> path;  ///< leaf first; they belong to the chain and to the anchors
  bool anchored = false;                 ///< the last one is a trust anchor; else no issuer of it is known
  std::optional<Error> refusal;          ///< none: the path is valid
};

/// What a search did. Filled where one is given to find_path().
struct SearchReport {
  std::vector<TriedPath> paths;   ///< in the order of the search
  std::size_t steps = 0;          ///< certificates that were visited, of limits::kMaxPathSteps
  std::size_t verifications = 0;  ///< signatures that were verified, of limits::kMaxVerifications
};

/// A valid path.
struct FoundPath {
  std::vector<const Certificate*> path;  ///< leaf first, anchor last; they belong to the chain and to the anchors
  const crypto::PublicKey* anchor_key = nullptr;  ///< the anchor's; null: the leaf is its own anchor
  Clock::Milliseconds until{};                    ///< how long it is valid: wall time
  std::optional<CrlCoverage> crl = {};            ///< of the leaf, where a current CRL was asked
  std::vector<MemoryKey> signatures = {};         ///< on the path, all of them verified; none without a memory
  /// The verdict follows from the question alone. False: a CRL was passed over because its signature would have been
  /// one too many, which another search may yet verify.
  bool repeatable = true;
};

/// Looks for a path from the leaf of `chain` to one of `anchors` that is valid for `role` at `now`; names of servers
/// are not looked at.
///
/// Every certificate that was sent is first judged as an issuer (check_in_place()): those that pass are tried before
/// those that do not. The search goes depth first from the leaf upwards, by names and key identifiers alone. Where it
/// meets an anchor, check_in_place() and check_path_lengths() come first, then the signatures, from the anchor down,
/// then the policies, the name constraints (their lists are compared only where an authority has vouched for them),
/// and last the CRLs of `crls`. A pair of certificate and issuer key is verified at most once. Bounded by
/// limits::kMaxPathSteps, kMaxPathLength, kMaxVerifications and kMaxNameComparisons: a peer that sends a maze is
/// refused.
///
/// Signatures that `memory` knows are not verified again; they count as if they were, so that it changes no verdict.
/// What the path tells of its signatures is for whoever has accepted it to remember.
///
/// Fails as check_in_place(), check_path_lengths(), check_policies() (no_valid_policy), check_constraints() and
/// RevocationCheck::check() do, with
/// bad_certificate_signature, as PublicKey::from_spki() where an issuer's key cannot be used, with
/// certificate_too_complex where a limit ended the search, with path_too_long where kMaxPathLength did, or with
/// unknown_ca when no path leads to an anchor. Of several paths that fail the error tells of the first whose signatures
/// verify, else of the first.
[[nodiscard]] Result<FoundPath> find_path(const Anchors& anchors, const PeerChain& chain, Role role, const Moment& now,
                                          SearchReport* report = nullptr, const CrlQuestion& crls = {},
                                          VerificationStore* memory = nullptr);

}  // namespace tls::pki
