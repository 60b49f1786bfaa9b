// Fuzz target of the connection, over a small handshake of its own: any records in any order, the user's calls between
// them, in pieces of any size.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is the permissions (one byte), the size of the pieces (one byte) and commands, four bytes each: what to
/// do, content type, length, fill.
void connection(Bytes input);

inline constexpr auto kConnectionTargets = std::to_array<Target>({{"connection", connection}});

}  // namespace tls::fuzz
