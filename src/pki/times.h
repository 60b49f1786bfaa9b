// Times as certificates, CRLs and OCSP responses write them.
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/der.h"

namespace tls::pki {

/// RFC 5280 §4.1.2.5: UTCTime YYMMDDHHMMSSZ or GeneralizedTime YYYYMMDDHHMMSSZ, without fractions and offsets. Seconds
/// since 1970-01-01T00:00:00Z; nullopt for all else.
[[nodiscard]] std::optional<std::int64_t> parse_time(const crypto::DerElement& element);

}  // namespace tls::pki
