// The portable ChaCha20-Poly1305, beside which all others are held, against libsodium.
#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>

#include "crypto_kernels/aes_gcm_kernels.h"

using namespace tls;
using namespace tls::crypto;
using namespace tls::test;

TEST_CASE("ChaCha20-Poly1305: the portable kernel gives what libsodium gives, for every length up to 1300") {
  SeededRandom random(7539);
  for (std::size_t size = 0; size <= 1300; ++size) {
    CAPTURE(size);
    const auto key = random_bytes(random, 32), nonce = random_bytes(random, kAeadNonce),
               aad = random_bytes(random, size % 40);
    auto text = random_bytes(random, size);
    if (size % 5 == 0) std::ranges::fill(text, std::uint8_t{0xff});
    std::vector<std::uint8_t> expected(size + kAeadTag), sealed(size + kAeadTag), opened(size);
    REQUIRE(crypto_aead_chacha20poly1305_ietf_encrypt(expected.data(), nullptr, text.data(), text.size(), aad.data(),
                                                      aad.size(), nullptr, nonce.data(), key.data()) == 0);
    KernelKey portable(kChaCha20Poly1305Portable, key);
    portable.seal(nonce, aad, Bytes(text).first(size / 2), Bytes(text).subspan(size / 2), sealed.data());
    REQUIRE(sealed == expected);
    REQUIRE(portable.open(nonce, aad, expected, opened.data()));
    REQUIRE(opened == text);
  }
}
