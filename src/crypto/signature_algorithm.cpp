#include "crypto/signature_algorithm.h"

#include "crypto/signature.h"

namespace tls::crypto {

SignatureAlgorithm algorithm_of(SignatureScheme scheme) noexcept {
  const SchemeHash hash = hash_of(scheme);
  const SchemeFacts* row = find_scheme(scheme);
  const KeyKind key = row != nullptr ? row->key : KeyKind::ed25519;
  if (curve_of(key)) return {SignatureKind::ecdsa, hash, hash, 0};
  if (key == KeyKind::ed25519) return {SignatureKind::ed25519, hash, hash, 0};
  if (!row->tls13_handshake) return {SignatureKind::rsa_pkcs1, hash, hash, 0};
  return {SignatureKind::rsa_pss, hash, hash, size(hash)};  // RFC 9846 §4.3.3: a salt as long as the hash
}

}  // namespace tls::crypto
