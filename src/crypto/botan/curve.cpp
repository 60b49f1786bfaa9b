#include "crypto/botan/curve.h"

#include <botan/ecdsa.h>
#include <botan/exceptn.h>

#include <algorithm>
#include <vector>

#include "crypto/botan/compat.h"
#if BOTAN_VERSION_MAJOR >= 3
#include <botan/ec_scalar.h>

#include "tls/secret_bytes.h"
#endif

namespace tls::crypto::botan {

const Curve& Curve::p256() {
  static const Curve curve("secp256r1");
  return curve;
}

const Curve& Curve::p384() {
  static const Curve curve("secp384r1");
  return curve;
}

const Curve& Curve::p521() {
  static const Curve curve("secp521r1");
  return curve;
}

#if BOTAN_VERSION_MAJOR >= 3

namespace {

Botan::EC_Scalar scalar_of(const Botan::EC_Group& group, Bytes scalar) {
  auto value = Botan::EC_Scalar::deserialize(group, scalar);
  if (!value) throw Botan::Invalid_Argument("the scalar is out of range");
  return std::move(*value);
}

}  // namespace

Curve::Curve(const char* name) : group_(Botan::EC_Group::from_name(name)) {}

Point Curve::point(Bytes x, Bytes y) const {
  auto point = Point::from_bigint_xy(group_, Botan::BigInt(x), Botan::BigInt(y));  // none off the curve
  if (!point) throw Botan::Invalid_Argument("the point is not on the curve");
  return std::move(*point);
}

void Curve::multiply_base(Bytes scalar, MutableBytes point) const {
  std::vector<Botan::BigInt> workspace;
  Botan::EC_AffinePoint::g_mul(scalar_of(group_, scalar), blinding_rng(), workspace).serialize_uncompressed_to(point);
}

void Curve::multiply(Bytes scalar, Bytes point, MutableBytes x) const {
  std::vector<Botan::BigInt> workspace;
  const auto base = Botan::EC_AffinePoint::deserialize(group_, point);  // none off the curve
  if (!base) throw Botan::Invalid_Argument("the point is not on the curve");
  std::ranges::copy(base->mul_x_only(scalar_of(group_, scalar), blinding_rng(), workspace), x.begin());
}

// Not by a BigInt: EC_Scalar::from_bigint() of Botan 3.7 leaves the scalar in memory that it frees.
std::unique_ptr<const Botan::Private_Key> Curve::private_key(Bytes scalar) const {
  const std::size_t size = group_.get_order_bytes();
  const Bytes excess = scalar.first(scalar.size() - std::min(scalar.size(), size));
  if (std::ranges::any_of(excess, [](std::uint8_t b) { return b != 0; })) return nullptr;
  SecretBytes whole;
  const MutableBytes to = whole.extend(size);
  std::ranges::copy_backward(scalar.subspan(excess.size()), to.end());
  auto value = Botan::EC_Scalar::deserialize(group_, whole.expose());
  if (!value || value->is_zero()) return nullptr;
  return std::make_unique<const Botan::ECDSA_PrivateKey>(group_, std::move(*value));
}

#else

Curve::Curve(const char* name) : group_(name) {}

Point Curve::point(Bytes x, Bytes y) const {
  const Point point = group_.point(Botan::BigInt(x.data(), x.size()), Botan::BigInt(y.data(), y.size()));
  if (!point.on_the_curve()) throw Botan::Invalid_Argument("the point is not on the curve");
  return point;
}

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

std::unique_ptr<const Botan::Private_Key> Curve::private_key(Bytes scalar) const {
  const Botan::BigInt x(scalar.data(), scalar.size());
  if (x.is_zero() || x >= group_.get_order()) return nullptr;
  return std::make_unique<const Botan::ECDSA_PrivateKey>(blinding_rng(), group_, x);
}

#endif

}  // namespace tls::crypto::botan
