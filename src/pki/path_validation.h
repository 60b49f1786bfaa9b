// Certification paths: RFC 5280 §6.1, twice. Our own checks run first, in words that a user can act on and with a
// bounded cost; then Botan validates the same path, signatures included. A path is valid when both agree.
#pragma once

#include <span>

#include "pki/policy.h"
#include "tls/environment.h"
#include "tls/error.h"

namespace tls::pki {

/// One certificate of a path, leaf first and the trusted root last. A path of one is a self-signed root that is its own
/// leaf.
using Path = std::span<const Certificate* const>;

/// Validates `path` for `role` at the wall time `now`; names of servers are not looked at. Fails with bad_certificate,
/// unsupported_certificate, certificate_expired, certificate_not_yet_valid or unknown_ca.
[[nodiscard]] Result<void> validate_path(Path path, Role role, Clock::Milliseconds now);

/// Verifies the signature of each certificate of `path` but the root with the key of the next. Nothing is thrown.
[[nodiscard]] Result<void> verify_signatures(Path path);

/// Signatures and RFC 5280 §6.1 by Botan alone, without a role. Nothing is thrown.
[[nodiscard]] Result<void> validate_with_botan(Path path, Clock::Milliseconds now);

}  // namespace tls::pki
