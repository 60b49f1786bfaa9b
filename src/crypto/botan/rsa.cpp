#include "crypto/botan/rsa.h"

#include <botan/bigint.h>
#include <botan/rsa.h>

#include "crypto/botan/guard.h"
#include "crypto/botan/signer_pool.h"
#include "crypto/der.h"
#include "crypto/rsa_verifier.h"
#include "crypto/signature.h"

namespace tls::crypto::botan {
namespace {

Botan::BigInt number(Bytes big_endian) { return Botan::BigInt(big_endian.data(), big_endian.size()); }

std::string padding(SignatureScheme scheme) {
  const SignatureAlgorithm algorithm = algorithm_of(scheme);
  const std::string hash = botan_name(algorithm.hash);
  return algorithm.kind == SignatureKind::rsa_pkcs1 ? pkcs1_padding(hash) : pss_padding(hash, algorithm.salt);
}

class RsaKey final : public SigningKey {
 public:
  RsaKey(const KeyAlgorithm& algorithm, std::unique_ptr<const Botan::Private_Key> key)
      : algorithm_(algorithm), signers_(std::move(key), kPlainSignature) {}
  KeyKind kind() const noexcept override { return algorithm_.kind; }
  bool allows(SignatureScheme scheme) const noexcept override {
    return !algorithm_.pss || permits(*algorithm_.pss, algorithm_of(scheme));
  }
  Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random& random) const override {
    if (!fits(scheme, kind()) || !allows(scheme))
      return fail(Code::signing_failed, std::string(name(scheme)) + " does not fit the RSA key");
    RandomAdapter salt(random);
    return signers_.sign(padding(scheme), message, salt);
  }
  /// Signs and verifies once: whether the private exponent, which Botan does not compare, is the public key's.
  [[nodiscard]] bool answers(const RsaNumbers& public_key) const {
    constexpr auto kProbe = SignatureScheme::rsa_pss_rsae_sha256;
    constexpr std::string_view kMessage = "do these numbers belong together?";
    const auto signature = signers_.sign(padding(kProbe), as_bytes(kMessage), blinding_rng());
    return signature && rsa_verifier(public_key)->verify(algorithm_of(kProbe), as_bytes(kMessage), *signature);
  }

 private:
  KeyAlgorithm algorithm_;
  SignerPool signers_;
};

}  // namespace

Result<std::shared_ptr<const SigningKey>> rsa_signing_key(const KeyAlgorithm& algorithm, Bytes der,
                                                          std::size_t min_bits) {
  DerReader outer(der);
  DerReader fields(outer.take(der::kSequence).value);
  const Bytes version = fields.take(der::kInteger).value;
  if (version.size() != 1 || version[0] != 0) fields.fail();  // two primes
  const Bytes n = fields.positive_integer(), e = fields.positive_integer(), d = fields.positive_integer(),
              p = fields.positive_integer(), q = fields.positive_integer(), d1 = fields.positive_integer(),
              d2 = fields.positive_integer(), c = fields.positive_integer();
  if (!outer.done() || !fields.done()) return fail(Code::bad_key_file, "the RSAPrivateKey is not DER");
  if (auto good = check_rsa_numbers({n, e}, min_bits, Code::bad_key_file, Code::bad_key_file); !good)
    return std::unexpected(std::move(good).error());
  // Numbers longer than the modulus would take arithmetic that its size does not bound.
  for (const Bytes part : {d, p, q, d1, d2, c})
    if (part.size() > n.size()) return fail(Code::bad_key_file, "the numbers of the RSA key disagree");
  using Made = Result<std::shared_ptr<const SigningKey>>;
  return guarded(Code::bad_key_file, "the RSA private key", [&]() -> Made {
    // Botan's numbers wipe themselves. It makes d1, d2 and c anew from the others; those of the file must be the same.
    auto key = std::make_unique<const Botan::RSA_PrivateKey>(number(p), number(q), number(e), number(d), number(n));
    if (!key->check_key(blinding_rng(), false) || key->get_d1() != number(d1) || key->get_d2() != number(d2) ||
        key->get_c() != number(c))
      return fail(Code::bad_key_file, "the numbers of the RSA key disagree");
    auto made = std::make_shared<const RsaKey>(algorithm, std::move(key));
    if (!made->answers({n, e})) return fail(Code::bad_key_file, "the numbers of the RSA key disagree");
    return made;
  });
}

}  // namespace tls::crypto::botan
