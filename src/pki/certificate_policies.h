// Certificate policies along a path (RFC 5280 §6.1), for who accepts any of them.
#pragma once

#include <span>

#include "pki/certificate.h"
#include "tls/error.h"

namespace tls::pki {

/// Checks policies along `path`, leaf first and the trust anchor last, whose own extensions do not count (§6.1.1 (d)).
/// The inputs of §6.1.1 are: user-initial-policy-set any-policy, nothing inhibited and no explicit policy required from
/// the start. A path is then refused where a certificate demands an explicit policy (policyConstraints) and no policy
/// is valid for the whole path, with anyPolicy, mappings and what inhibits them taken into account.
///
/// Fails with no_valid_policy, or with certificate_too_complex beyond limits::kMaxPolicies valid policies. Allocates
/// nothing where no explicit policy is demanded.
[[nodiscard]] Result<void> check_policies(std::span<const Certificate* const> path);

}  // namespace tls::pki
