// Name constraints on DNS names and addresses (RFC 5280 §4.2.1.10): the names on which a connection relies.
#pragma once

#include "pki/certificate.h"
#include "tls/error.h"

namespace tls::pki {

/// Checks that `subject`'s DNS names and addresses are within the constraints of `issuer`, a CA above it in the path; a
/// CA without constraints allows all. Fails with bad_certificate. Cost is bounded by limits::kMaxNameComparisons.
[[nodiscard]] Result<void> check_name_constraints(const Certificate& issuer, const Certificate& subject);

/// RFC 5280 §4.2.1.10: "host.example.com" is within "example.com"; a constraint with a leading dot wants one label
/// more.
[[nodiscard]] bool dns_name_within(std::string_view name, std::string_view constraint) noexcept;

}  // namespace tls::pki
