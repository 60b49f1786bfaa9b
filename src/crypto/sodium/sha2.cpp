#include "crypto/sodium/sha2.h"

#include <sodium.h>

#include <algorithm>

#include "crypto/sha2_constants.h"

namespace tls::crypto::sodium {
namespace {

// libsodium's states are public structures: a chaining value, a count of bits and a block. With the count at zero,
// an update by whole blocks runs the compression function over exactly those blocks.

void compress_sha256(std::uint64_t* h, const std::uint8_t* blocks, std::size_t count) noexcept {
  crypto_hash_sha256_state state{};
  for (std::size_t i = 0; i < 8; ++i) state.state[i] = static_cast<std::uint32_t>(h[i]);
  crypto_hash_sha256_update(&state, blocks, count * 64);
  std::copy_n(state.state, 8, h);
  sodium_memzero(&state, sizeof state);
}

void compress_sha512(std::uint64_t* h, const std::uint8_t* blocks, std::size_t count) noexcept {
  crypto_hash_sha512_state state{};
  std::copy_n(h, 8, state.state);
  crypto_hash_sha512_update(&state, blocks, count * 128);
  std::copy_n(state.state, 8, h);
  sodium_memzero(&state, sizeof state);
}

}  // namespace

constinit const HashImpl kSha256 = {.name = "sha256-sodium",
                                    .id = HashId::sha256,
                                    .required = {},
                                    .digest_size = 32,
                                    .block_size = 64,
                                    .initial = kSha256Initial,
                                    .compress = compress_sha256};
constinit const HashImpl kSha384 = {.name = "sha384-sodium",
                                    .id = HashId::sha384,
                                    .required = {},
                                    .digest_size = 48,
                                    .block_size = 128,
                                    .initial = kSha384Initial,
                                    .compress = compress_sha512};

void sha512(std::initializer_list<Bytes> parts, std::span<std::uint8_t, 64> out) noexcept {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (const Bytes part : parts) crypto_hash_sha512_update(&state, part.data(), part.size());
  crypto_hash_sha512_final(&state, out.data());
}

}  // namespace tls::crypto::sodium
