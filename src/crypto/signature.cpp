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

}  // namespace

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

Result<void> PublicKey::verify(SignatureScheme scheme, Bytes message, Bytes signature, ProtocolVersion version) const {
  if (!fits(scheme, kind(), version))
    return fail(Code::wrong_signature_scheme, std::string(name(scheme)) + " does not fit the kind of key");
  // RFC 9846 §4.3.3: parameters of an id-RSASSA-PSS key must be those of the scheme.
  if (impl_->algorithm.pss_hash && *impl_->algorithm.pss_hash != hash_of(scheme))
    return fail(Code::wrong_signature_scheme,
                std::string(name(scheme)) + " does not fit the parameters of the RSASSA-PSS key");
  if (!impl_->verifier->verify(algorithm_of(scheme), message, signature))
    return fail(Code::bad_signature, std::string(name(scheme)));
  return {};
}

}  // namespace tls::crypto
