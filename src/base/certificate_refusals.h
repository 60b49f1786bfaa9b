// The error codes that reject the peer's certificate, for code that treats all of them alike.
#pragma once

#include <algorithm>

#include "tls/error.h"

namespace tls {

/// The codes that a verifier of trust_pem() or trust_system() can return.
inline constexpr Code kVerifierRefusals[] = {
    Code::bad_certificate,
    Code::unsupported_certificate,
    Code::bad_certificate_signature,
    Code::weak_certificate_signature,
    Code::certificate_purpose,
    Code::unknown_critical_extension,
    Code::issuer_not_an_authority,
    Code::path_too_long,
    Code::no_valid_policy,
    Code::name_constraints_violated,
    Code::certificate_too_complex,
    Code::certificate_expired,
    Code::certificate_not_yet_valid,
    Code::unknown_ca,
    Code::name_mismatch,
    Code::certificate_revoked,
    Code::revocation_unknown,
    Code::bad_staple,
};

/// The codes of other parties that reject a certificate, which is the application.
inline constexpr Code kOtherRefusals[] = {Code::certificate_refused};

/// Returns true if the error means that the peer's certificate was rejected.
[[nodiscard]] constexpr bool refuses_certificate(Code code) noexcept {
  return std::ranges::find(kVerifierRefusals, code) != std::end(kVerifierRefusals) ||
         std::ranges::find(kOtherRefusals, code) != std::end(kOtherRefusals);
}

}  // namespace tls
