// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): places in tables that nobody can
// choose who does not know the key.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "tls/bytes.h"

namespace tls::session {

using SipKey = std::array<std::uint8_t, 16>;

/// 64 bits: what the paper defines, read as a number.
[[nodiscard]] std::uint64_t siphash64(const SipKey& key, Bytes message) noexcept;

/// 128 bits, as the authors' code has it (SipHash-128): the first word and the second.
[[nodiscard]] std::array<std::uint64_t, 2> siphash128(const SipKey& key, Bytes message) noexcept;

}  // namespace tls::session
