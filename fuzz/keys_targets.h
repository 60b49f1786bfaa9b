// Fuzz targets of what a server and a key server read of each other.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is what a key server reads of a caller.
void key_request(Bytes input);
/// The input is what a caller reads of a key server.
void key_reply(Bytes input);

inline constexpr auto kKeysTargets = std::to_array<Target>({
    {"key_request", key_request},
    {"key_reply", key_reply},
});

}  // namespace tls::fuzz
