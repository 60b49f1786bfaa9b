// The extensions of a certificate (RFC 5280 §4.2) that are understood here.
#pragma once

#include "pki/certificate.h"
#include "tls/error.h"

namespace tls::pki {

/// Parses the contents of the [3] that holds Extensions into `out`, whose subject is there already, for errors. Fails
/// with bad_certificate, or with certificate_too_complex where a limit decided; the detail names the extension.
///
/// Understood are keyUsage, extKeyUsage, basicConstraints, subjectAltName, both key identifiers, nameConstraints,
/// certificatePolicies (with the qualifiers of RFC 5280), policyMappings, policyConstraints and inhibitAnyPolicy;
/// cRLDistributionPoints is noted for crl_scope.h. Another extension is skipped, and noted if it is
/// critical.
[[nodiscard]] Result<void> parse_extensions(Bytes contents, Certificate& out);

}  // namespace tls::pki
