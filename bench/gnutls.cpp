// GnuTLS's crypto interface.
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <stdexcept>

#include "bench/library.h"

namespace sallyport::race {
namespace {

void must(int result) {
  if (result != 0) throw std::runtime_error(std::string("GnuTLS: ") + gnutls_strerror(result));
}

class GnutlsAead final : public Aead {
 public:
  explicit GnutlsAead(const AeadKeying& keying) : aad_(keying.aad) {
    const gnutls_cipher_algorithm_t algorithm = keying.id == AeadId::aes_128_gcm   ? GNUTLS_CIPHER_AES_128_GCM
                                                : keying.id == AeadId::aes_256_gcm ? GNUTLS_CIPHER_AES_256_GCM
                                                                                   : GNUTLS_CIPHER_CHACHA20_POLY1305;
    const gnutls_datum_t key{const_cast<unsigned char*>(keying.key.data()), static_cast<unsigned>(keying.key.size())};
    must(gnutls_aead_cipher_init(&handle_, algorithm, &key));
  }
  ~GnutlsAead() override { gnutls_aead_cipher_deinit(handle_); }
  GnutlsAead(const GnutlsAead&) = delete;
  GnutlsAead& operator=(const GnutlsAead&) = delete;

  void seal(Nonce nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count, advance(nonce)) {
      std::size_t size = out.size();
      must(gnutls_aead_cipher_encrypt(handle_, nonce.data(), nonce.size(), aad_.data(), aad_.size(), 16, in.data(),
                                      in.size(), out.data(), &size));
    }
  }
  void open(const Nonce& nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count) {
      std::size_t size = out.size();
      must(gnutls_aead_cipher_decrypt(handle_, nonce.data(), nonce.size(), aad_.data(), aad_.size(), 16, in.data(),
                                      in.size(), out.data(), &size));
    }
  }

 private:
  Bytes aad_;
  gnutls_aead_cipher_hd_t handle_ = nullptr;
};

class GnutlsHash final : public Hasher {
 public:
  explicit GnutlsHash(HashId id) {
    must(gnutls_hash_init(&handle_, id == HashId::sha256 ? GNUTLS_DIG_SHA256 : GNUTLS_DIG_SHA384));
  }
  ~GnutlsHash() override { gnutls_hash_deinit(handle_, nullptr); }
  GnutlsHash(const GnutlsHash&) = delete;
  GnutlsHash& operator=(const GnutlsHash&) = delete;

  void digest(Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count) {
      must(gnutls_hash(handle_, in.data(), in.size()));
      gnutls_hash_output(handle_, out.data());
    }
  }

 private:
  gnutls_hash_hd_t handle_ = nullptr;
};

}  // namespace

const Library kGnutls = {
    "gnutls", [] { return "GnuTLS " + std::string(gnutls_check_version(nullptr)); },
    [](const AeadKeying& keying) -> std::unique_ptr<Aead> { return std::make_unique<GnutlsAead>(keying); },
    [](HashId id) -> std::unique_ptr<Hasher> { return std::make_unique<GnutlsHash>(id); }};

}  // namespace sallyport::race
