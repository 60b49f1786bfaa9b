#include "crypto/sodium/ed25519.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "crypto/sodium/start.h"
#include "tls/secret.h"

namespace tls::crypto::sodium {
namespace {

class Verifier final : public KeyVerifier {
 public:
  explicit Verifier(Bytes key) { std::ranges::copy(key, key_.begin()); }
  bool verify(const SignatureAlgorithm& algorithm, Bytes message, Bytes signature) const noexcept override {
    return algorithm.kind == SignatureKind::ed25519 && signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key_.data()) == 0;
  }
  bool verify_digest(const SignatureAlgorithm&, Bytes, Bytes) const noexcept override { return false; }

 private:
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> key_;
};

class Ed25519Key final : public SigningKey {
 public:
  explicit Ed25519Key(Bytes seed) {
    std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_key;
    crypto_sign_seed_keypair(public_key.data(), key_.fill(crypto_sign_SECRETKEYBYTES).data(), seed.data());
  }
  KeyKind kind() const noexcept override { return KeyKind::ed25519; }
  // RFC 8032 §5.1.6: the nonce comes from the key and the message; nothing is drawn.
  Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random&) const override {
    if (scheme != SignatureScheme::ed25519)
      return fail(Code::signing_failed, std::string(name(scheme)) + " does not fit an Ed25519 key");
    std::vector<std::uint8_t> signature(crypto_sign_BYTES);
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), key_.expose().data());
    return signature;
  }

 private:
  struct Role;
  Secret<Role, crypto_sign_SECRETKEYBYTES> key_;
};

}  // namespace

Result<KeyVerifierPtr> ed25519_verifier(Bytes key) {
  if (key.size() != crypto_sign_PUBLICKEYBYTES)
    return fail(Code::bad_certificate, "an Ed25519 key has 32 bytes, not " + std::to_string(key.size()));
  start();
  return std::make_unique<const Verifier>(key);
}

Result<std::shared_ptr<const SigningKey>> ed25519_signing_key(Bytes seed) {
  if (seed.size() != crypto_sign_SEEDBYTES)
    return fail(Code::bad_key_file, "an Ed25519 private key has 32 bytes, not " + std::to_string(seed.size()));
  start();
  return std::make_shared<const Ed25519Key>(seed);
}

}  // namespace tls::crypto::sodium
