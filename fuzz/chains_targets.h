// Fuzz target of the verifier over chains that are made to order: what a fuzzer changes is who certifies what, and the
// signatures are good, so that everything behind them is reached.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is choices, two bytes each, for the generator of the differential test (tools/factory/chains): the shape
/// of a chain and what is changed in it. What is accepted is nothing that the standards refuse, and the leaf holds the
/// name that was asked for.
void generated_chain(Bytes input);

inline constexpr auto kChainsTargets = std::to_array<Target>({{"generated_chain", generated_chain}});

}  // namespace tls::fuzz
