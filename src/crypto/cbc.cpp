#include "crypto/cbc.h"

namespace tls::crypto {

std::size_t key_size(CbcCipher cipher) noexcept {
  switch (cipher) {
    case CbcCipher::aes_128:
      return 16;
    case CbcCipher::aes_192:
    case CbcCipher::des_ede3:
      return 24;
    case CbcCipher::aes_256:
      break;
  }
  return 32;
}

std::size_t block_size(CbcCipher cipher) noexcept { return cipher == CbcCipher::des_ede3 ? 8 : 16; }

std::optional<std::size_t> unpadded_size(Bytes data, std::size_t block) noexcept {
  if (data.size() < block) return std::nullopt;
  const std::uint32_t n = data.back();
  const auto below = [](std::uint32_t a, std::uint32_t b) { return (a - b) >> 31; };  // 1 where a < b; both are small
  std::uint32_t bad = below(n, 1) | below(static_cast<std::uint32_t>(block), n);
  for (std::uint32_t i = 0; i < block; ++i) {
    const std::uint32_t in_padding = 0 - below(i, n);
    bad |= in_padding & (data[data.size() - 1 - i] ^ n);
  }
  if (bad != 0) return std::nullopt;
  return data.size() - n;
}

}  // namespace tls::crypto
