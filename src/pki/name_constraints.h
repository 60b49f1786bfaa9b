// Name constraints (RFC 5280 §4.2.1.10): what an authority may issue for. docs/validation.md has the decisions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/limits.h"
#include "pki/certificate.h"
#include "tls/error.h"

namespace tls::pki {

/// Where a certificate stands in its path.
enum class SubjectPosition : std::uint8_t { leaf, intermediate };

struct ReadConstraints;

/// What is left of the cost that the checks of one verify() may have together, and the constraints that it has read.
struct ConstraintBudget {
  std::size_t comparisons = limits::kMaxNameComparisons;  ///< of a name with a constraint of its form
  /// Of names, which are read for each authority above them, and of constraints, which are read once.
  std::size_t octets = limits::kMaxConstraintOctets;
  /// What has been read, with the octets that it was read from: no certificate needs to outlive this.
  std::vector<std::shared_ptr<const ReadConstraints>> read = {};
};

/// Checks that all names of `subject` are within the constraints of `issuer`, an authority above it in the path; an
/// authority without constraints allows all, and a self-issued intermediate is exempt (RFC 5280 §6.1.3 (b)). Names are
/// those of subjectAltName, the subject, and the emailAddress in a subject without an e-mail address in subjectAltName;
/// the common name is none. A name that is malformed is refused by every authority with constraints on its form.
///
/// Fails with name_constraints_violated, with bad_certificate where the constraints cannot be used, and with
/// certificate_too_complex where `budget`, from which the cost is taken, does not suffice.
[[nodiscard]] Result<void> check_name_constraints(const Certificate& issuer, const Certificate& subject,
                                                  SubjectPosition position, ConstraintBudget& budget);

/// Checks that the name constraints of an authority, if it has any, are well-formed and can be enforced. Fails with
/// bad_certificate. For trust anchors, so that it is said when they are loaded.
[[nodiscard]] Result<void> check_constraints_usable(const Certificate& issuer);

}  // namespace tls::pki
