#include "crypto/software_key.h"

#include "crypto/botan/ecdsa.h"
#include "crypto/botan/rsa.h"
#include "crypto/der.h"
#include "crypto/sodium/ed25519.h"

namespace tls::crypto {

// RFC 5958 §2: OneAsymmetricKey is version, algorithm, key, and attributes and a public key that we do not need.
Result<std::shared_ptr<const SigningKey>> software_key(Bytes pkcs8, std::size_t min_rsa_bits) {
  DerReader outer(pkcs8);
  DerReader info(outer.take(der::kSequence).value);
  const Bytes version = info.take(der::kInteger).value;
  if (version.size() != 1 || version[0] > 1) info.fail();
  const auto algorithm = read_key_algorithm(info, Code::bad_key_file, Code::bad_key_file);
  if (!algorithm) return std::unexpected(algorithm.error());
  const Bytes key = info.take(der::kOctetString).value;
  if (!outer.done() || !info.ok()) return fail(Code::bad_key_file, "the private key is not the DER of PKCS#8");

  switch (algorithm->kind) {
    case KeyKind::rsa:
    case KeyKind::rsa_pss:
      return botan::rsa_signing_key(*algorithm, key, min_rsa_bits);
    case KeyKind::ecdsa_p256:
    case KeyKind::ecdsa_p384:
    case KeyKind::ecdsa_p521:
      return botan::ecdsa_signing_key(algorithm->kind, key);
    case KeyKind::ed25519: {
      DerReader inner(key);  // RFC 8410 §7: CurvePrivateKey is an OCTET STRING inside
      const Bytes seed = inner.take(der::kOctetString).value;
      if (!inner.done()) return fail(Code::bad_key_file, "the Ed25519 private key is not DER");
      return sodium::ed25519_signing_key(seed);
    }
  }
  return fail(Code::bad_key_file);
}

}  // namespace tls::crypto
