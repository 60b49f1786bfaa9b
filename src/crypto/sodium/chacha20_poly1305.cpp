#include "crypto/sodium/chacha20_poly1305.h"

#include <sodium.h>

#include <cstring>

namespace tls::crypto::sodium {
namespace {

struct State {
  std::uint8_t key[crypto_aead_chacha20poly1305_ietf_KEYBYTES];
};

void init(void* state, const std::uint8_t* key) noexcept {
  std::memcpy(static_cast<State*>(state)->key, key, sizeof State::key);
}

void seal(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) noexcept {
  const std::uint8_t* source = in.data();
  const std::size_t size = in.size() + extra.size();
  if (!extra.empty()) {  // libsodium reads one piece: put the two together where they are going to be encrypted
    if (!in.empty() && in.data() != out) std::memcpy(out, in.data(), in.size());
    std::memcpy(out + in.size(), extra.data(), extra.size());
    source = out;
  }
  crypto_aead_chacha20poly1305_ietf_encrypt(out, nullptr, source, size, aad.data(), aad.size(), nullptr, nonce,
                                            static_cast<State*>(state)->key);
}

bool open(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, std::uint8_t* out) noexcept {
  const std::size_t size = in.size() - kAeadTag;
  const bool authentic =
      crypto_aead_chacha20poly1305_ietf_decrypt(out, nullptr, nullptr, in.data(), in.size(), aad.data(), aad.size(),
                                                nonce, static_cast<State*>(state)->key) == 0;
  if (!authentic && size != 0) std::memset(out, 0, size);
  return authentic;
}

void wipe_state(void* state) noexcept { sodium_memzero(state, sizeof(State)); }

}  // namespace

constinit const AeadImpl kChaCha20Poly1305 = {
    .name = "chacha20-poly1305-sodium",
    .id = AeadId::chacha20_poly1305,
    .required = {},
    .state_size = sizeof(State),
    .state_align = alignof(std::max_align_t),
    .init = init,
    .seal = seal,
    .open = open,
    .wipe = wipe_state,
};

}  // namespace tls::crypto::sodium
