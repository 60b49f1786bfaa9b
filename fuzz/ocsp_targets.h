// Fuzz targets of what responders answer over HTTP.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is what a responder sends until it closes; it is read whole and octet by octet.
void ocsp_http(Bytes input);
/// The input is the URL of a responder, a line feed, and a Location.
void ocsp_url(Bytes input);

inline constexpr auto kOcspTargets = std::to_array<Target>({
    {"ocsp_http", ocsp_http},
    {"ocsp_url", ocsp_url},
});

}  // namespace tls::fuzz
