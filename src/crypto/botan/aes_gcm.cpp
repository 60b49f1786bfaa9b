#include "crypto/botan/aes_gcm.h"

#include <cstring>
#include <memory>
#include <new>

#include "crypto/botan/compat.h"
#include "tls/secret.h"

namespace tls::crypto::botan {
namespace {

/// A Botan mode works in one direction; it is made when that direction is first used.
struct State {
  std::uint8_t key[kMaxAeadKey];
  std::unique_ptr<Botan::AEAD_Mode> encryption, decryption;
};

template <std::size_t KeySize>
Botan::AEAD_Mode& mode(State& s, std::unique_ptr<Botan::AEAD_Mode>& slot, Botan::Cipher_Dir direction) {
  if (!slot) {
    slot = Botan::AEAD_Mode::create_or_throw(KeySize == 16 ? "AES-128/GCM(16)" : "AES-256/GCM(16)", direction);
    slot->set_key(s.key, KeySize);
  }
  return *slot;
}

/// Runs the whole blocks of `data` in place, as many as Botan likes at once, and returns how many bytes that were.
std::size_t process_blocks(Botan::AEAD_Mode& aead, std::uint8_t* data, std::size_t size) {
  const std::size_t blocks = size / aead.update_granularity() * aead.update_granularity();
  return blocks == 0 ? 0 : aead.process(data, blocks);
}

template <std::size_t KeySize>
void init(void* state, const std::uint8_t* key) noexcept {
  auto* s = new (state) State;
  std::memcpy(s->key, key, KeySize);
}

// A failed allocation inside Botan ends the process here: nothing may be sent that was not sealed.
template <std::size_t KeySize>
void seal(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, Bytes extra, std::uint8_t* out) noexcept {
  auto& s = *static_cast<State*>(state);
  const std::size_t size = in.size() + extra.size();
  if (!in.empty() && in.data() != out) std::memcpy(out, in.data(), in.size());
  if (!extra.empty()) std::memcpy(out + in.size(), extra.data(), extra.size());
  Botan::AEAD_Mode& aead = mode<KeySize>(s, s.encryption, kEncrypt);
  aead.set_associated_data(aad.data(), aad.size());
  aead.start(nonce, kAeadNonce);
  const std::size_t done = process_blocks(aead, out, size);
  Botan::secure_vector<std::uint8_t> last(out + done, out + size);
  aead.finish(last);
  std::memcpy(out + done, last.data(), last.size());
}

template <std::size_t KeySize>
bool open(void* state, const std::uint8_t* nonce, Bytes aad, Bytes in, std::uint8_t* out) noexcept {
  auto& s = *static_cast<State*>(state);
  const std::size_t size = in.size() - kAeadTag;
  try {
    Botan::AEAD_Mode& aead = mode<KeySize>(s, s.decryption, kDecrypt);
    aead.set_associated_data(aad.data(), aad.size());
    aead.start(nonce, kAeadNonce);
    if (size != 0 && in.data() != out) std::memcpy(out, in.data(), size);
    const std::size_t done = process_blocks(aead, out, size);
    Botan::secure_vector<std::uint8_t> last(out + done, out + size);
    const Bytes tag = in.last(kAeadTag);
    last.insert(last.end(), tag.begin(), tag.end());
    aead.finish(last);
    if (!last.empty()) std::memcpy(out + done, last.data(), last.size());
    return true;
  } catch (...) {  // Botan's answer to a wrong tag
    if (s.decryption) s.decryption->reset();
    if (size != 0) std::memset(out, 0, size);
    return false;
  }
}

void wipe_state(void* state) noexcept {
  auto* s = static_cast<State*>(state);
  wipe(s->key);
  s->~State();  // Botan overwrites what its modes hold
}

template <std::size_t KeySize>
constexpr AeadImpl row(std::string_view name, AeadId id) {
  return {.name = name,
          .id = id,
          .required = {},
          .state_size = sizeof(State),
          .state_align = alignof(State),
          .init = init<KeySize>,
          .seal = seal<KeySize>,
          .open = open<KeySize>,
          .wipe = wipe_state};
}
static_assert(sizeof(State) <= kMaxAeadState);

}  // namespace

constinit const AeadImpl kAes128Gcm = row<16>("aes-128-gcm-botan", AeadId::aes_128_gcm);
constinit const AeadImpl kAes256Gcm = row<32>("aes-256-gcm-botan", AeadId::aes_256_gcm);

}  // namespace tls::crypto::botan
