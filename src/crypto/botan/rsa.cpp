#include "crypto/botan/rsa.h"

#include <botan/bigint.h>
#include <botan/rsa.h>

#include "crypto/botan/guard.h"
#include "crypto/botan/signer_pool.h"
#include "crypto/der.h"
#include "crypto/signature.h"

namespace tls::crypto::botan {
namespace {

Botan::BigInt number(Bytes big_endian) { return Botan::BigInt(big_endian.data(), big_endian.size()); }

bool is_pkcs1(SignatureScheme scheme) noexcept {
  const SchemeFacts* row = find_scheme(scheme);
  return row != nullptr && row->key == KeyKind::rsa && !row->tls13_handshake;
}

std::string padding(SignatureScheme scheme) {
  const SchemeHash hash = hash_of(scheme);
  return is_pkcs1(scheme) ? pkcs1_padding(botan_name(hash)) : pss_padding(botan_name(hash), size(hash));
}

class RsaVerifier final : public KeyVerifier {
 public:
  explicit RsaVerifier(const RsaNumbers& numbers)
      : key_(number(numbers.modulus), number(numbers.exponent)), modulus_size_(numbers.modulus.size()) {}
  bool verify(SignatureScheme scheme, Bytes message, Bytes signature) const noexcept override {
    if (signature.size() != modulus_size_) return false;  // RFC 8017 §8.1.2, §8.2.2, step 1
    return guarded(Code::bad_signature, "RSA",
                   [&]() -> Result<bool> {
                     Botan::PK_Verifier verifier(key_, padding(scheme));
                     return verifier.verify_message(message.data(), message.size(), signature.data(), signature.size());
                   })
        .value_or(false);
  }

 private:
  Botan::RSA_PublicKey key_;
  std::size_t modulus_size_;
};

class RsaKey final : public SigningKey {
 public:
  RsaKey(const KeyAlgorithm& algorithm, std::unique_ptr<const Botan::Private_Key> key)
      : algorithm_(algorithm), signers_(std::move(key), kPlainSignature) {}
  KeyKind kind() const noexcept override { return algorithm_.kind; }
  Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random& random) const override {
    if (!fits(scheme, kind()) || (algorithm_.pss_hash && *algorithm_.pss_hash != hash_of(scheme)))
      return fail(Code::signing_failed, std::string(name(scheme)) + " does not fit the RSA key");
    RandomAdapter salt(random);
    return signers_.sign(padding(scheme), message, salt);
  }

 private:
  KeyAlgorithm algorithm_;
  SignerPool signers_;
};

}  // namespace

Result<KeyVerifierPtr> rsa_verifier(const RsaNumbers& numbers) {
  return guarded(Code::bad_certificate, "the RSA public key",
                 [&]() -> Result<KeyVerifierPtr> { return std::make_unique<const RsaVerifier>(numbers); });
}

Result<std::shared_ptr<const SigningKey>> rsa_signing_key(const KeyAlgorithm& algorithm, Bytes der,
                                                          std::size_t min_bits) {
  DerReader outer(der);
  DerReader numbers(outer.take(der::kSequence).value);
  if (numbers.take(der::kInteger).value.size() != 1) numbers.fail();  // version
  const Bytes modulus = numbers.positive_integer();
  if (!outer.done() || !numbers.ok()) return fail(Code::bad_key_file, "the RSAPrivateKey is not DER");
  if (auto size = check_rsa_size(modulus, min_bits, Code::bad_key_file); !size) return std::unexpected(size.error());
  using Made = Result<std::shared_ptr<const SigningKey>>;
  return guarded(Code::bad_key_file, "the RSA private key", [&]() -> Made {
    const Botan::AlgorithmIdentifier identifier("RSA", Botan::AlgorithmIdentifier::USE_NULL_PARAM);
    auto key = std::make_unique<const Botan::RSA_PrivateKey>(
        identifier, Botan::secure_vector<std::uint8_t>(der.begin(), der.end()));
    if (!key->check_key(blinding_rng(), false)) return fail(Code::bad_key_file, "the numbers of the RSA key disagree");
    return std::make_shared<const RsaKey>(algorithm, std::move(key));
  });
}

}  // namespace tls::crypto::botan
