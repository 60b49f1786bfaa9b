// The keystream of ChaCha20 (RFC 8439), for randomness alone: records have kernels of their own (crypto/kernels).
#pragma once

#include <cstdint>
#include <span>

#include "tls/bytes.h"

namespace tls {

inline constexpr std::size_t kChaCha20Key = 32;        // bytes
inline constexpr std::size_t kChaCha20Batch = 4 * 64;  // bytes that are computed at a time

/// Writes the keystream of `key` with a zero nonce, from block 0 on. The size of `out` is a multiple of kChaCha20Batch.
/// Without branches and look-ups that depend on the key. Leaves nothing of the key in memory but `key` itself.
void chacha20_keystream(std::span<const std::uint8_t, kChaCha20Key> key, MutableBytes out) noexcept;

}  // namespace tls
