// Whether a CRL tells of a certificate: its issuingDistributionPoint beside the certificate's cRLDistributionPoints
// (RFC 5280 §4.2.1.13, §5.2.5, §6.3.3 (b)).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pki/certificate.h"
#include "pki/crl_reader.h"

namespace tls::pki {

/// The reasons (ReasonFlags) for which `certificate` would be on a CRL of `scope`, by its own issuer; nothing: that CRL
/// does not tell of it. No reason at all: the certificate's distribution points cannot be read, or have more than
/// limits::kMaxDistributionNames names, so that the CRL may revoke it and cannot vouch for it.
[[nodiscard]] std::optional<std::uint16_t> reasons_told(const CrlScope& scope, const Certificate& certificate);

/// The GeneralName (a directoryName, its whole element) of a distribution point that is named by `relative`, attributes
/// of an RDN, below the Name `issuer` (RFC 5280 §4.2.1.13); nothing: that is no Name.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> point_below(Bytes issuer, Bytes relative);

/// ReasonFlags, contents octets of the BIT STRING; nothing: malformed, or no reason.
[[nodiscard]] std::optional<std::uint16_t> read_reasons(Bytes bits);

}  // namespace tls::pki
