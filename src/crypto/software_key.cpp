#include "crypto/software_key.h"

#include "crypto/botan/ecdsa.h"
#include "crypto/botan/rsa.h"
#include "crypto/der.h"
#include "crypto/sodium/ed25519.h"

namespace tls::crypto {

// RFC 5958 §2: OneAsymmetricKey is version, algorithm, key, and attributes and a public key that we do not need.
Result<std::shared_ptr<const SigningKey>> software_key(Bytes pkcs8, std::size_t min_rsa_bits) {
  Reader outer(pkcs8);
  Reader info(der::element(outer, der::kSequence));
  const Bytes version = der::element(info, der::kInteger);
  if (version.size() != 1 || version[0] > 1) info.fail();
  const auto algorithm = read_key_algorithm(info, Code::bad_key_file, Code::bad_key_file);
  if (!algorithm) return std::unexpected(algorithm.error());
  const Bytes key = der::element(info, der::kOctetString);
  if (!outer.done() || !info.ok()) return fail(Code::bad_key_file, "the private key is not the DER of PKCS#8");

  switch (algorithm->kind) {
    case KeyKind::rsa:
    case KeyKind::rsa_pss:
      return botan::rsa_signing_key(*algorithm, key, min_rsa_bits);
    case KeyKind::ecdsa_p256:
    case KeyKind::ecdsa_p384:
      return botan::ecdsa_signing_key(algorithm->kind, key);
    case KeyKind::ed25519: {
      Reader inner(key);  // RFC 8410 §7: CurvePrivateKey is an OCTET STRING inside
      const Bytes seed = der::element(inner, der::kOctetString);
      if (!inner.done()) return fail(Code::bad_key_file, "the Ed25519 private key is not DER");
      return sodium::ed25519_signing_key(seed);
    }
  }
  return fail(Code::bad_key_file);
}

}  // namespace tls::crypto
