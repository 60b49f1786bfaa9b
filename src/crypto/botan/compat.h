// What Botan 2.19 and Botan 3 spell differently, in one place. Included by this folder and by tools/factory alone.
#pragma once

#include <botan/aead.h>
#include <botan/ec_group.h>
#include <botan/pk_keys.h>
#include <botan/rng.h>
#include <botan/system_rng.h>
#include <botan/version.h>

#include <span>
#include <string>
#include <vector>

#include "crypto/signature_algorithm.h"

namespace tls::crypto::botan {

#if BOTAN_VERSION_MAJOR >= 3
inline constexpr auto kEncrypt = Botan::Cipher_Dir::Encryption;
inline constexpr auto kDecrypt = Botan::Cipher_Dir::Decryption;
inline constexpr auto kDerSignature = Botan::Signature_Format::DerSequence;
inline constexpr auto kPlainSignature = Botan::Signature_Format::Standard;
#else
inline constexpr auto kEncrypt = Botan::ENCRYPTION;
inline constexpr auto kDecrypt = Botan::DECRYPTION;
inline constexpr auto kDerSignature = Botan::DER_SEQUENCE;
inline constexpr auto kPlainSignature = Botan::IEEE_1363;
#endif

/// Botan's name of a hash, which is ours.
inline std::string botan_name(SchemeHash hash) { return std::string(name(hash)); }

/// The names of paddings; `hash` as Botan spells it.
inline std::string ecdsa_padding(const std::string& hash) {
#if BOTAN_VERSION_MAJOR >= 3
  return hash;
#else
  return "EMSA1(" + hash + ")";
#endif
}
/// The digest is given instead of the message.
inline constexpr const char* kDigestAlone = "Raw";
inline std::string pkcs1_padding(const std::string& hash) { return "EMSA3(" + hash + ")"; }
inline std::string pss_padding(const std::string& hash, std::size_t salt) {
  return "PSSR(" + hash + ",MGF1," + std::to_string(salt) + ")";
}

/// Botan's generator interface over ours: salts and nonces come from where the caller says.
class RandomAdapter final : public Botan::RandomNumberGenerator {
 public:
  explicit RandomAdapter(Random& random) : random_(random) {}
  bool accepts_input() const override { return false; }
  std::string name() const override { return "tls::Random"; }
  void clear() override {}
  bool is_seeded() const override { return true; }
#if BOTAN_VERSION_MAJOR >= 3
 private:
  void fill_bytes_with_input(std::span<std::uint8_t> output, std::span<const std::uint8_t>) override {
    random_.fill(output);
  }
#else
  void add_entropy(const std::uint8_t[], std::size_t) override {}
  void randomize(std::uint8_t output[], std::size_t length) override { random_.fill({output, length}); }

 private:
#endif
  Random& random_;
};

/// What blinds: the system's generator, which lives as long as the process and is safe to share between threads.
inline Botan::RandomNumberGenerator& blinding_rng() { return Botan::system_rng(); }

}  // namespace tls::crypto::botan
