// Fuzz targets that look for inputs which cost much.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is a recipe: certificates, each of pieces with a kind and a number, rightly signed and up to 128 KiB in
/// all. Verifying the chain must stay within a bound, beside the verification of signatures.
void chain_cost(Bytes input);

inline constexpr auto kCostTargets = std::to_array<Target>({{"chain_cost", chain_cost}});

}  // namespace tls::fuzz
