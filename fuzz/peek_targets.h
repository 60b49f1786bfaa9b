// Fuzz target of the ClientHello that is looked at before there is a configuration.
#pragma once

#include <array>
#include <vector>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is the size of the pieces (one byte) and what a client sends. Whatever the pieces, the answer is the same,
/// and an Error is that of a server's connection over the same bytes.
void peek(Bytes input);

/// Inputs: ClientHellos of our own client, whole and in fragments.
std::vector<std::vector<std::uint8_t>> peek_seeds();

inline constexpr auto kPeekTargets = std::to_array<Target>({{"peek", peek}});

}  // namespace tls::fuzz
