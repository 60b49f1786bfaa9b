// The initial chaining values of SHA-256 and SHA-384 (FIPS 180-4 §5.3.3, §5.3.4), for every row of the hash table.
#pragma once

#include <array>
#include <cstdint>

namespace tls::crypto {

inline constexpr std::array<std::uint64_t, 8> kSha256Initial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
inline constexpr std::array<std::uint64_t, 8> kSha384Initial = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4};

}  // namespace tls::crypto
