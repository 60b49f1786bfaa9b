#include "crypto/botan/ecdsa.h"

#include <botan/ecdsa.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>

#include "crypto/botan/curve.h"
#include "crypto/botan/guard.h"
#include "crypto/botan/signer_pool.h"
#include "crypto/der.h"
#include "crypto/message_digest.h"
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

/// The key of a certificate, from the numbers of its point: uncompressed, of the right size.
Botan::ECDSA_PublicKey public_key(KeyKind kind, Bytes point) {
  const std::size_t size = field_size(kind);
  return {curve(kind).group(), curve(kind).point(point.subspan(1, size), point.last(size))};
}

/// ECDSA-Sig-Value (RFC 5480 Appendix A) as r and s, each of `size` bytes (IEEE 1363). False when it is not DER, or a
/// number is not positive or too long: whether it is less than the order, Botan checks.
bool plain_signature(Bytes der, std::size_t size, MutableBytes plain) noexcept {
  DerReader outer(der);
  DerReader numbers(outer.take(der::kSequence).value);
  const Bytes r = numbers.positive_integer(), s = numbers.positive_integer();
  if (!outer.done() || !numbers.done() || r.size() > size || s.size() > size) return false;
  std::ranges::fill(plain, std::uint8_t{0});
  std::ranges::copy(r, plain.begin() + static_cast<std::ptrdiff_t>(size - r.size()));
  std::ranges::copy(s, plain.begin() + static_cast<std::ptrdiff_t>(2 * size - s.size()));
  return true;
}

class EcdsaVerifier final : public KeyVerifier {
 public:
  EcdsaVerifier(KeyKind kind, Bytes point) : size_(field_size(kind)), key_(public_key(kind, point)) {}
  ~EcdsaVerifier() override { delete idle_.load(); }
  EcdsaVerifier(const EcdsaVerifier&) = delete;
  EcdsaVerifier& operator=(const EcdsaVerifier&) = delete;

  bool verify(const SignatureAlgorithm& algorithm, Bytes message, Bytes signature) const override {
    const MessageDigest digest = message_digest(algorithm.hash, {message});
    return verify_digest(algorithm, digest.bytes(), signature);
  }
  bool verify_digest(const SignatureAlgorithm& algorithm, Bytes digest, Bytes signature) const override {
    std::array<std::uint8_t, std::size_t{2} * 66> buffer;
    const MutableBytes plain = MutableBytes(buffer).first(2 * size_);
    if (algorithm.kind != SignatureKind::ecdsa || !plain_signature(signature, size_, plain)) return false;
    const auto verdict = guarded(Code::bad_signature, "ECDSA", [&]() -> Result<bool> {
      auto verifier = take();  // not given back when it throws: its state is not known then
      const bool good = verifier->verify_message(digest.data(), digest.size(), plain.data(), plain.size());
      give_back(std::move(verifier));
      return good;
    });
    if (!verdict && verdict.error().code() == Code::out_of_memory) throw std::bad_alloc();
    return verdict.value_or(false);
  }

 private:
  // Botan's verifiers hold multiples of the point, a tenth of what a signature costs, and serve one thread at a time.
  // One is kept for the next signature; who finds none makes one.
  std::unique_ptr<Botan::PK_Verifier> take() const {
    if (auto* idle = idle_.exchange(nullptr)) return std::unique_ptr<Botan::PK_Verifier>(idle);
    return std::make_unique<Botan::PK_Verifier>(key_, kDigestAlone, kPlainSignature);
  }
  void give_back(std::unique_ptr<Botan::PK_Verifier> verifier) const { delete idle_.exchange(verifier.release()); }

  std::size_t size_;  // bytes of r and of s: those of the order are those of the field on all three curves
  Botan::ECDSA_PublicKey key_;
  mutable std::atomic<Botan::PK_Verifier*> idle_ = nullptr;
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
    auto key = curve(kind).private_key(scalar);
    if (!key) return fail(Code::bad_key_file, "the scalar of the ECDSA key is out of range");
    return std::make_shared<const EcdsaKey>(kind, std::move(key));
  });
}

}  // namespace tls::crypto::botan
