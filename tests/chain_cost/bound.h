// What a chain may cost, in one place for chain_cost and the fuzz target of that name.
#pragma once

#include <cstdint>

namespace tls::test {

/// Instructions of one verify() of a Certificate message of 128 KiB, beside the verification of signatures.
inline constexpr std::uint64_t kMostInstructions = 20'000'000;

}  // namespace tls::test
