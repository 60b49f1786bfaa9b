#include "crypto/cbc.h"

#include <botan/block_cipher.h>

#include <algorithm>
#include <array>
#include <vector>

#include "crypto/botan/guard.h"
#include "tls/secret_bytes.h"

namespace tls::crypto {
namespace {

const char* botan_name(CbcCipher cipher) noexcept {
  switch (cipher) {
    case CbcCipher::aes_128:
      return "AES-128";
    case CbcCipher::aes_192:
      return "AES-192";
    case CbcCipher::aes_256:
      return "AES-256";
    case CbcCipher::des_ede3:
      break;
  }
  return "TripleDES";
}

}  // namespace

// Botan's own mode throws at a wrong padding; here the chaining is done by hand, and nothing is decided.
Result<void> decrypt_cbc(CbcCipher cipher, Bytes key, Bytes iv, MutableBytes data) {
  return botan::guarded(Code::internal_error, "decryption", [&]() -> Result<void> {
    const auto block_cipher = Botan::BlockCipher::create(botan_name(cipher));
    if (!block_cipher) return fail(Code::bad_key_file, "this build's Botan has no " + std::string(botan_name(cipher)));
    block_cipher->set_key(key.data(), key.size());
    const std::size_t block = block_size(cipher);
    // The ciphertext, in front of it the IV: what each block was combined with.
    std::vector<std::uint8_t> before(iv.begin(), iv.end());
    before.insert(before.end(), data.begin(), data.end());
    block_cipher->decrypt_n(data.data(), data.data(), data.size() / block);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(data[i] ^ before[i]);
    return {};
  });
}

}  // namespace tls::crypto
