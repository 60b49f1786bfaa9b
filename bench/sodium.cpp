// libsodium: AES-256-GCM where the CPU has AES-NI, ChaCha20-Poly1305, SHA-256.
#include <sodium.h>

#include <stdexcept>

#include "bench/library.h"

namespace sallyport::race {
namespace {

void must(int result) {
  if (result != 0) throw std::runtime_error("libsodium failed");
}

class SodiumGcm final : public Aead {
 public:
  explicit SodiumGcm(const AeadKeying& keying) : aad_(keying.aad) {
    must(crypto_aead_aes256gcm_beforenm(&state_, keying.key.data()));
  }
  void seal(Nonce nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count, advance(nonce))
      must(crypto_aead_aes256gcm_encrypt_afternm(out.data(), nullptr, in.data(), in.size(), aad_.data(), aad_.size(),
                                                 nullptr, nonce.data(), &state_));
  }
  void open(const Nonce& nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count)
      must(crypto_aead_aes256gcm_decrypt_afternm(out.data(), nullptr, nullptr, in.data(), in.size(), aad_.data(),
                                                 aad_.size(), nonce.data(), &state_));
  }

 private:
  Bytes aad_;
  crypto_aead_aes256gcm_state state_;
};

class SodiumChaCha final : public Aead {
 public:
  explicit SodiumChaCha(const AeadKeying& keying) : keying_(keying) {}
  void seal(Nonce nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count, advance(nonce))
      must(crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, in.data(), in.size(), keying_.aad.data(),
                                                     keying_.aad.size(), nullptr, nonce.data(), keying_.key.data()));
  }
  void open(const Nonce& nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count)
      must(crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, in.data(), in.size(),
                                                     keying_.aad.data(), keying_.aad.size(), nonce.data(),
                                                     keying_.key.data()));
  }

 private:
  AeadKeying keying_;
};

class SodiumSha256 final : public Hasher {
 public:
  void digest(Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count) must(crypto_hash_sha256(out.data(), in.data(), in.size()));
  }
};

std::unique_ptr<Aead> sodium_aead(const AeadKeying& keying) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  if (keying.id == AeadId::chacha20_poly1305) return std::make_unique<SodiumChaCha>(keying);
  if (keying.id == AeadId::aes_256_gcm && crypto_aead_aes256gcm_is_available() == 1)
    return std::make_unique<SodiumGcm>(keying);
  return nullptr;
}

std::unique_ptr<Hasher> sodium_hash(HashId id) {
  return id == HashId::sha256 ? std::make_unique<SodiumSha256>() : nullptr;
}

}  // namespace

const Library kSodium = {"libsodium", [] { return "libsodium " + std::string(sodium_version_string()); }, sodium_aead,
                         sodium_hash};

}  // namespace sallyport::race
