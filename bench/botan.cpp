// Botan, in place in a buffer of its own: the only way it has.
#include <botan/aead.h>
#include <botan/hash.h>
#if __has_include(<botan/cpuid.h>)
#include <botan/cpuid.h>
#endif
#include <botan/version.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "bench/library.h"

namespace sallyport::race {
namespace {

#if BOTAN_VERSION_MAJOR >= 3
constexpr auto kSeals = Botan::Cipher_Dir::Encryption, kOpens = Botan::Cipher_Dir::Decryption;
#else
constexpr auto kSeals = Botan::ENCRYPTION, kOpens = Botan::DECRYPTION;
#endif

/// What Botan 3 does by itself when it starts: forgets the features named in BOTAN_CLEAR_CPUID.
void forget_features() {
#if BOTAN_VERSION_MAJOR < 3
  const char* names = std::getenv("BOTAN_CLEAR_CPUID");
  std::istringstream words(names == nullptr ? "" : names);
  for (std::string name; std::getline(words, name, ',');)
    for (const Botan::CPUID::CPUID_bits bit : Botan::CPUID::bit_from_string(name)) Botan::CPUID::clear_cpuid_bit(bit);
#endif
}

class BotanAead final : public Aead {
 public:
  explicit BotanAead(const AeadKeying& keying) : aad_(keying.aad) {
    forget_features();
    const char* name = keying.id == AeadId::aes_128_gcm   ? "AES-128/GCM"
                       : keying.id == AeadId::aes_256_gcm ? "AES-256/GCM"
                                                          : "ChaCha20Poly1305";
    seals_ = Botan::AEAD_Mode::create_or_throw(name, kSeals);
    opens_ = Botan::AEAD_Mode::create_or_throw(name, kOpens);
    seals_->set_key(keying.key.data(), keying.key.size());
    opens_->set_key(keying.key.data(), keying.key.size());
  }
  void seal(Nonce nonce, Bytes in, MutableBytes out, std::size_t count) override {
    buffer_.assign(in.begin(), in.end());
    for (; count != 0; --count, advance(nonce)) {
      buffer_.resize(in.size());  // what was sealed is sealed again: its speed does not depend on what it is
      set_aad(*seals_);
      seals_->start(nonce.data(), nonce.size());
      seals_->finish(buffer_);
    }
    std::ranges::copy(buffer_, out.begin());
  }
  void open(const Nonce& nonce, Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count) {
      buffer_.assign(in.begin(), in.end());
      set_aad(*opens_);
      opens_->start(nonce.data(), nonce.size());
      opens_->finish(buffer_);  // throws when the tag is wrong
    }
    std::ranges::copy(buffer_, out.begin());
  }

 private:
  void set_aad(Botan::AEAD_Mode& mode) {
#if BOTAN_VERSION_MAJOR >= 3
    mode.set_associated_data(aad_);
#else
    mode.set_associated_data(aad_.data(), aad_.size());
#endif
  }
  Bytes aad_;
  std::unique_ptr<Botan::AEAD_Mode> seals_, opens_;
  Botan::secure_vector<std::uint8_t> buffer_;
};

class BotanHash final : public Hasher {
 public:
  explicit BotanHash(HashId id)
      : hash_(Botan::HashFunction::create_or_throw(id == HashId::sha256 ? "SHA-256" : "SHA-384")) {}
  void digest(Bytes in, MutableBytes out, std::size_t count) override {
    for (; count != 0; --count) {
      hash_->update(in.data(), in.size());
      hash_->final(out.data());
    }
  }

 private:
  std::unique_ptr<Botan::HashFunction> hash_;
};

}  // namespace

const Library kBotan = {
    "botan", [] { return "Botan " + Botan::short_version_string(); },
    [](const AeadKeying& keying) -> std::unique_ptr<Aead> { return std::make_unique<BotanAead>(keying); },
    [](HashId id) -> std::unique_ptr<Hasher> { return std::make_unique<BotanHash>(id); }};

}  // namespace sallyport::race
