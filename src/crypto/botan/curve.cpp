#include "crypto/botan/curve.h"

#include <botan/ecdh.h>
#include <botan/pubkey.h>

#include <algorithm>
#include <vector>

#include "crypto/botan/compat.h"

namespace tls::crypto::botan {

const Curve& Curve::p256() {
  static const Curve curve("secp256r1");
  return curve;
}

const Curve& Curve::p384() {
  static const Curve curve("secp384r1");
  return curve;
}

#if BOTAN_VERSION_MAJOR >= 3

// Version 3 hides its points, and the private key computes its public value again: the price of its stable interface.
void Curve::multiply_base(Bytes scalar, MutableBytes point) const {
  const Botan::ECDH_PrivateKey key(blinding_rng(), group_, Botan::BigInt(scalar.data(), scalar.size()));
  std::ranges::copy(key.public_value(), point.begin());
}

void Curve::multiply(Bytes scalar, Bytes point, MutableBytes x) const {
  const Botan::ECDH_PrivateKey key(blinding_rng(), group_, Botan::BigInt(scalar.data(), scalar.size()));
  const Botan::PK_Key_Agreement agreement(key, blinding_rng(), "Raw");
  std::ranges::copy(agreement.derive_key(x.size(), point.data(), point.size()).bits_of(), x.begin());
}

#else

void Curve::multiply_base(Bytes scalar, MutableBytes point) const {
  std::vector<Botan::BigInt> workspace;
  const Botan::BigInt k(scalar.data(), scalar.size());
  const Botan::PointGFp product = group_.blinded_base_point_multiply(k, blinding_rng(), workspace);
  std::ranges::copy(product.encode(Botan::PointGFp::UNCOMPRESSED), point.begin());
}

void Curve::multiply(Bytes scalar, Bytes point, MutableBytes x) const {
  std::vector<Botan::BigInt> workspace;
  const Botan::PointGFp base = group_.OS2ECP(point.data(), point.size());  // throws Illegal_Point off the curve
  const Botan::BigInt k(scalar.data(), scalar.size());
  const Botan::PointGFp product = group_.blinded_var_point_multiply(base, k, blinding_rng(), workspace);
  Botan::BigInt::encode_1363(x.data(), x.size(), product.get_affine_x());
}

#endif

}  // namespace tls::crypto::botan
