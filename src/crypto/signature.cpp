#include "crypto/signature.h"

#include "crypto/botan/ecdsa.h"
#include "crypto/key_verifier.h"
#include "crypto/rsa_verifier.h"
#include "crypto/sodium/ed25519.h"

namespace tls::crypto {
namespace {

Result<KeyVerifierPtr> make_verifier(const SubjectPublicKey& spki, std::size_t min_rsa_bits) {
  switch (spki.algorithm.kind) {
    case KeyKind::rsa:
    case KeyKind::rsa_pss: {
      const auto numbers = read_rsa_public_key(spki.key, min_rsa_bits);
      if (!numbers) return std::unexpected(numbers.error());
      return rsa_verifier(*numbers);
    }
    case KeyKind::ecdsa_p256:
    case KeyKind::ecdsa_p384:
    case KeyKind::ecdsa_p521:
      return botan::ecdsa_verifier(spki.algorithm.kind, spki.key);
    case KeyKind::ed25519:
      return sodium::ed25519_verifier(spki.key);
  }
  return fail(Code::unsupported_certificate);
}

bool is_for(KeyKind key, SignatureKind signature) noexcept {
  switch (signature) {
    case SignatureKind::rsa_pkcs1:
      return key == KeyKind::rsa;
    case SignatureKind::rsa_pss:
      return key == KeyKind::rsa || key == KeyKind::rsa_pss;
    case SignatureKind::ecdsa:
      return curve_of(key).has_value();
    case SignatureKind::ed25519:
      break;
  }
  return key == KeyKind::ed25519;
}

}  // namespace

bool permits(const PssParameters& key, const SignatureAlgorithm& algorithm) noexcept {
  return algorithm.kind == SignatureKind::rsa_pss && algorithm.hash == key.hash &&
         algorithm.mgf1_hash == key.mgf1_hash && algorithm.salt >= key.salt;
}

struct PublicKey::Impl {
  KeyAlgorithm algorithm;
  KeyVerifierPtr verifier;
};

PublicKey::PublicKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;
PublicKey::~PublicKey() = default;

Result<PublicKey> PublicKey::from_spki(Bytes spki, std::size_t min_rsa_bits) {
  const auto parsed = read_spki(spki);
  if (!parsed) return std::unexpected(parsed.error());
  auto verifier = make_verifier(*parsed, min_rsa_bits);
  if (!verifier) return std::unexpected(std::move(verifier.error()));
  return PublicKey(std::make_unique<Impl>(Impl{parsed->algorithm, std::move(*verifier)}));
}

KeyKind PublicKey::kind() const noexcept { return impl_->algorithm.kind; }

Result<void> PublicKey::check_algorithm(const SignatureAlgorithm& algorithm) const {
  if (!is_for(kind(), algorithm.kind)) {
    // RFC 4055 §1.2: the owner of an id-RSASSA-PSS key limits it to RSASSA-PSS.
    const bool pss_only = kind() == KeyKind::rsa_pss && algorithm.kind == SignatureKind::rsa_pkcs1;
    return fail(Code::bad_certificate,
                describe(algorithm) + (pss_only ? ", but the issuer's key is for RSASSA-PSS alone"
                                                : ", but the issuer's key is of another kind"));
  }
  const auto& pss = impl_->algorithm.pss;
  if (pss && !permits(*pss, algorithm))
    return fail(Code::bad_certificate, describe(algorithm) + ", but the issuer's key is restricted to " +
                                           describe({SignatureKind::rsa_pss, pss->hash, pss->mgf1_hash, pss->salt}) +
                                           " or more");
  return {};
}

Result<void> PublicKey::verify_certificate(const SignatureAlgorithm& algorithm, Bytes tbs, Bytes signature) const {
  if (auto possible = check_algorithm(algorithm); !possible) return possible;
  if (!impl_->verifier->verify(algorithm, tbs, signature))
    return fail(Code::bad_certificate, "the signature (" + describe(algorithm) + ") does not verify");
  return {};
}

Result<void> PublicKey::verify_certificate_digest(const SignatureAlgorithm& algorithm, Bytes digest,
                                                  Bytes signature) const {
  if (auto possible = check_algorithm(algorithm); !possible) return possible;
  if (!impl_->verifier->verify_digest(algorithm, digest, signature))
    return fail(Code::bad_certificate, "the signature (" + describe(algorithm) + ") does not verify");
  return {};
}

bool PublicKey::allows(SignatureScheme scheme, ProtocolVersion version) const noexcept {
  const auto& pss = impl_->algorithm.pss;
  return fits(scheme, kind(), version) && (!pss || permits(*pss, algorithm_of(scheme)));
}

Result<void> PublicKey::verify(SignatureScheme scheme, Bytes message, Bytes signature, ProtocolVersion version) const {
  if (!fits(scheme, kind(), version))
    return fail(Code::wrong_signature_scheme, std::string(name(scheme)) + " does not fit the kind of key");
  if (!allows(scheme, version))
    return fail(Code::wrong_signature_scheme,
                std::string(name(scheme)) + " does not fit the parameters of the RSASSA-PSS key");
  if (!impl_->verifier->verify(algorithm_of(scheme), message, signature))
    return fail(Code::bad_signature, std::string(name(scheme)));
  return {};
}

}  // namespace tls::crypto
