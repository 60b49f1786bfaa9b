// OpenSSL's libcrypto through EVP: contexts and algorithms are made once, a record costs what TLS 1.3 pays there.
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <stdexcept>

#include "bench/library.h"

namespace sallyport::race {
namespace {

void must(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL failed");
}

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  void operator()(EVP_MD* m) const { EVP_MD_free(m); }
  void operator()(EVP_CIPHER* c) const { EVP_CIPHER_free(c); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeContext>;

class OpensslAead final : public Aead {
 public:
  explicit OpensslAead(const AeadKeying& keying)
      : aad_(keying.aad), seals_(EVP_CIPHER_CTX_new()), opens_(EVP_CIPHER_CTX_new()) {
    const char* name = keying.id == AeadId::aes_128_gcm   ? "AES-128-GCM"
                       : keying.id == AeadId::aes_256_gcm ? "AES-256-GCM"
                                                          : "ChaCha20-Poly1305";
    const Owned<EVP_CIPHER> cipher(EVP_CIPHER_fetch(nullptr, name, nullptr));
    must(EVP_EncryptInit_ex2(seals_.get(), cipher.get(), keying.key.data(), nullptr, nullptr));
    must(EVP_DecryptInit_ex2(opens_.get(), cipher.get(), keying.key.data(), nullptr, nullptr));
  }
  void seal(Nonce nonce, Bytes in, MutableBytes out, std::size_t count) override {
    EVP_CIPHER_CTX* c = seals_.get();
    const int size = static_cast<int>(in.size());
    for (int n = 0; count != 0; --count, advance(nonce)) {
      must(EVP_EncryptInit_ex2(c, nullptr, nullptr, nonce.data(), nullptr));
      must(EVP_EncryptUpdate(c, nullptr, &n, aad_.data(), static_cast<int>(aad_.size())));
      must(EVP_EncryptUpdate(c, out.data(), &n, in.data(), size));
      must(EVP_EncryptFinal_ex(c, out.data() + n, &n));
      must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, out.data() + in.size()));
    }
  }
  void open(const Nonce& nonce, Bytes in, MutableBytes out, std::size_t count) override {
    EVP_CIPHER_CTX* c = opens_.get();
    const std::size_t size = in.size() - 16;
    auto* tag = const_cast<std::uint8_t*>(in.data() + size);  // the call only reads it
    for (int n = 0; count != 0; --count) {
      must(EVP_DecryptInit_ex2(c, nullptr, nullptr, nonce.data(), nullptr));
      must(EVP_DecryptUpdate(c, nullptr, &n, aad_.data(), static_cast<int>(aad_.size())));
      must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, tag));
      must(EVP_DecryptUpdate(c, out.data(), &n, in.data(), static_cast<int>(size)));
      must(EVP_DecryptFinal_ex(c, out.data() + n, &n));
    }
  }

 private:
  Bytes aad_;
  Owned<EVP_CIPHER_CTX> seals_, opens_;
};

class OpensslHash final : public Hasher {
 public:
  explicit OpensslHash(HashId id)
      : algorithm_(EVP_MD_fetch(nullptr, id == HashId::sha256 ? "SHA256" : "SHA384", nullptr)),
        context_(EVP_MD_CTX_new()) {}
  void digest(Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count) {
      must(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr));
      must(EVP_DigestUpdate(context_.get(), in.data(), in.size()));
      must(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr));
    }
  }

 private:
  Owned<EVP_MD> algorithm_;
  Owned<EVP_MD_CTX> context_;
};

}  // namespace

const Library kOpenssl = {
    "openssl", [] { return std::string(OpenSSL_version(OPENSSL_VERSION)); },
    [](const AeadKeying& keying) -> std::unique_ptr<Aead> { return std::make_unique<OpensslAead>(keying); },
    [](HashId id) -> std::unique_ptr<Hasher> { return std::make_unique<OpensslHash>(id); }};

}  // namespace sallyport::race
