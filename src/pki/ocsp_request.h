// OCSP requests (RFC 6960 §4.1.1), and where they go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pki/certificate.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// An OCSPRequest about `certificate`, which `issuer` has issued, in the profile of RFC 5019 §2.1: one CertID, by
/// SHA-1, without extensions and without a signature. Fails with provider_failed when the library below does.
[[nodiscard]] Result<std::vector<std::uint8_t>> ocsp_request(const Certificate& certificate, const Certificate& issuer);

/// The URIs under which authorityInfoAccess (RFC 5280 §4.2.2.1) says that OCSP is spoken, in its order; none where
/// there is no such extension. Fails with bad_certificate when it is malformed.
[[nodiscard]] Result<std::vector<std::string>> ocsp_responders(const Certificate& certificate);

}  // namespace tls::pki
