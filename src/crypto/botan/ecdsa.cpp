#include "crypto/botan/ecdsa.h"

#include <botan/ecdsa.h>

#include <algorithm>

#include "crypto/botan/curve.h"
#include "crypto/botan/guard.h"
#include "crypto/botan/signer_pool.h"
#include "crypto/der.h"
#include "crypto/signature.h"

namespace tls::crypto::botan {
namespace {

const Curve& curve(KeyKind kind) {
  if (kind == KeyKind::ecdsa_p256) return Curve::p256();
  return kind == KeyKind::ecdsa_p384 ? Curve::p384() : Curve::p521();
}
std::size_t field_size(KeyKind kind) noexcept {
  if (kind == KeyKind::ecdsa_p256) return 32;
  return kind == KeyKind::ecdsa_p384 ? 48 : 66;
}

/// The key of a certificate, through the one constructor that both versions of Botan have: it checks the point.
Botan::ECDSA_PublicKey public_key(KeyKind kind, Bytes point) {
  const Botan::AlgorithmIdentifier algorithm(Botan::OID("1.2.840.10045.2.1"), named_curve(curve(kind).group()));
  return Botan::ECDSA_PublicKey(algorithm, std::vector<std::uint8_t>(point.begin(), point.end()));
}

class EcdsaVerifier final : public KeyVerifier {
 public:
  EcdsaVerifier(KeyKind kind, Bytes point) : key_(public_key(kind, point)) {}
  bool verify(SignatureScheme scheme, Bytes message, Bytes signature) const noexcept override {
    return guarded(Code::bad_signature, "ECDSA",
                   [&]() -> Result<bool> {  // what is not canonical DER throws
                     Botan::PK_Verifier verifier(key_, ecdsa_padding(botan_name(hash_of(scheme))), kDerSignature);
                     return verifier.verify_message(message.data(), message.size(), signature.data(), signature.size());
                   })
        .value_or(false);
  }

 private:
  Botan::ECDSA_PublicKey key_;
};

class EcdsaKey final : public SigningKey {
 public:
  EcdsaKey(KeyKind kind, std::unique_ptr<const Botan::Private_Key> key)
      : kind_(kind), signers_(std::move(key), kDerSignature) {}
  KeyKind kind() const noexcept override { return kind_; }
  Answer<std::vector<std::uint8_t>> sign(SignatureScheme scheme, Bytes message, Random& random) const override {
    if (!fits(scheme, kind_,
              ProtocolVersion::tls12))  // whether the hash must be the curve's own is the handshake's rule
      return fail(Code::signing_failed, std::string(name(scheme)) + " is not an ECDSA scheme");
    const std::string padding = ecdsa_padding(botan_name(hash_of(scheme)));
#if defined(BOTAN_HAS_RFC6979_GENERATOR)
    // RFC 6979: the nonce comes from the key and the message. What is drawn blinds, and is not to be replayed.
    static_cast<void>(random);
    return signers_.sign(padding, message, blinding_rng());
#else
    RandomAdapter nonce(random);
    return signers_.sign(padding, message, nonce);
#endif
  }

 private:
  KeyKind kind_;
  SignerPool signers_;
};

}  // namespace

Result<KeyVerifierPtr> ecdsa_verifier(KeyKind kind, Bytes point) {
  if (point.size() != 2 * field_size(kind) + 1 || point[0] != 0x04)
    return fail(Code::unsupported_certificate, "the point of the ECDSA key is not in uncompressed form");
  return guarded(Code::bad_certificate, "the ECDSA public key",
                 [&]() -> Result<KeyVerifierPtr> { return std::make_unique<const EcdsaVerifier>(kind, point); });
}

Result<std::shared_ptr<const SigningKey>> ecdsa_signing_key(KeyKind kind, Bytes der) {
  DerReader outer(der);
  DerReader fields(outer.take(der::kSequence).value);
  const Bytes version = fields.take(der::kInteger).value, scalar = fields.take(der::kOctetString).value;
  if (!outer.done() || !fields.ok() || version.size() != 1 || version[0] != 1)
    return fail(Code::bad_key_file, "the ECPrivateKey is not DER");
  using Made = Result<std::shared_ptr<const SigningKey>>;
  return guarded(Code::bad_key_file, "the ECDSA private key", [&]() -> Made {
    const Botan::EC_Group& group = curve(kind).group();
    const Botan::BigInt x(scalar.data(), scalar.size());
    if (x.is_zero() || x >= group.get_order())
      return fail(Code::bad_key_file, "the scalar of the ECDSA key is out of range");
    return std::make_shared<const EcdsaKey>(kind,
                                            std::make_unique<const Botan::ECDSA_PrivateKey>(blinding_rng(), group, x));
  });
}

}  // namespace tls::crypto::botan
