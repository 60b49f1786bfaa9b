// Block ciphers in CBC mode, in which files of private keys are encrypted. No suite of this stack has CBC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::crypto {

enum class CbcCipher : std::uint8_t { aes_128, aes_192, aes_256, des_ede3 };

/// Bytes.
[[nodiscard]] std::size_t key_size(CbcCipher cipher) noexcept;
[[nodiscard]] std::size_t block_size(CbcCipher cipher) noexcept;

/// Decrypts `data`, whole blocks, in place. `key` has key_size() bytes, `iv` block_size(). The padding stays. Fails
/// with internal_error when the library below does, with bad_key_file where it has no such cipher: Botan may lack DES.
/// Botan's DES looks up tables by secrets; its AES does not.
[[nodiscard]] Result<void> decrypt_cbc(CbcCipher cipher, Bytes key, Bytes iv, MutableBytes data);

/// How long `data`, whole blocks, is without its padding (RFC 8018 §6.1.1: n octets of value n, 1 to a block). Empty
/// when it is not padded so. Neither branches nor indexes on the bytes before that verdict.
[[nodiscard]] std::optional<std::size_t> unpadded_size(Bytes data, std::size_t block) noexcept;

}  // namespace tls::crypto
