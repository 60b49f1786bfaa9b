// Name constraints on DNS names and addresses (RFC 5280 §4.2.1.10): the names on which a connection relies.
#pragma once

#include "base/limits.h"
#include "pki/certificate.h"
#include "tls/error.h"

namespace tls::pki {

/// Where the certificate stands whose names are checked.
enum class SubjectPosition : std::uint8_t { leaf, intermediate };
/// Comparisons of names with constraints that one verification of a chain may still make.
struct ConstraintBudget {
  std::size_t left = limits::kMaxNameComparisons;
};
/// Fails with bad_certificate where the constraints of `ca` cannot be used at all.
[[nodiscard]] Result<void> check_constraints_usable(const Certificate& ca);

/// Checks that `subject`'s DNS names and addresses are within the constraints of `issuer`, a CA above it in the path; a
/// CA without constraints allows all. Fails with bad_certificate. Cost is bounded by limits::kMaxNameComparisons.
[[nodiscard]] Result<void> check_name_constraints(const Certificate& issuer, const Certificate& subject,
                                                  SubjectPosition position, ConstraintBudget& budget);

/// RFC 5280 §4.2.1.10: "host.example.com" is within "example.com"; a constraint with a leading dot wants one label
/// more.
[[nodiscard]] bool dns_name_within(std::string_view name, std::string_view constraint) noexcept;

}  // namespace tls::pki
