// RFC 5280 §6.1 on one path: every rule but the signatures, which the search verifies (path_search.h).
#pragma once

#include <span>

#include "pki/moment.h"
#include "pki/name_constraints.h"
#include "pki/policy.h"
#include "tls/environment.h"
#include "tls/error.h"

namespace tls::pki {

/// One certificate of a path, leaf first and the trust anchor last. A path of one is a leaf that is its own anchor.
using Path = std::span<const Certificate* const>;

/// What a certificate does in a path. A trusted leaf is its own anchor.
enum class Position : std::uint8_t { leaf, intermediate, anchor, trusted_leaf };

/// What one certificate must satisfy in its place, whatever the rest of the path: critical extensions, key, signature
/// algorithm, validity at `now`, that an issuer is an authority for `role`, and that a leaf may be
/// used for it. Cost does not depend on the certificate's size. Fails with unknown_critical_extension,
/// unsupported_certificate, bad_certificate, weak_certificate_signature, certificate_expired,
/// certificate_not_yet_valid, issuer_not_an_authority or certificate_purpose.
[[nodiscard]] Result<void> check_in_place(const Certificate& certificate, Position position, Role role,
                                          const Moment& now);

/// RFC 5280 §6.1.4 (l), (m): how many authorities that are not self-issued may follow below each one. Fails with
/// path_too_long.
[[nodiscard]] Result<void> check_path_lengths(Path path);

/// RFC 5280 §6.1.3 (b), (c), §6.1.4 (g): the names of every certificate are within the constraints of all above it.
/// Costs the product of two lists that whoever made the certificates chose, up to what `budget` has left: to be asked
/// for paths whose signatures have been verified. Fails as check_name_constraints() does.
[[nodiscard]] Result<void> check_constraints(Path path, ConstraintBudget& budget);

/// The last moment at which every certificate of the path is valid: wall time.
[[nodiscard]] Clock::Milliseconds valid_until(Path path) noexcept;

}  // namespace tls::pki
