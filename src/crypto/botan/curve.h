// Scalar multiplication on the NIST curves by Botan: version 2 by its points, version 3 (from 3.6) by its affine
// points.
#pragma once

#include <botan/bigint.h>
#include <botan/ec_group.h>
#include <botan/pk_keys.h>
#include <botan/version.h>

#include <memory>
#if BOTAN_VERSION_MAJOR >= 3
#include <botan/ec_apoint.h>
#else
#include <botan/point_gfp.h>
#endif

#include "tls/bytes.h"

namespace tls::crypto::botan {

#if BOTAN_VERSION_MAJOR >= 3
using Point = Botan::EC_AffinePoint;
#else
using Point = Botan::PointGFp;
#endif

/// A curve of prime order with cofactor 1. One of each for the process; safe to share between threads.
class Curve {
 public:
  static const Curve& p256();
  static const Curve& p384();
  static const Curve& p521();

  [[nodiscard]] const Botan::EC_Group& group() const noexcept { return group_; }
  /// The point with these coordinates (big-endian). Throws when it is not on the curve. Since the cofactor is 1, what
  /// is on the curve has the right order; infinity has no coordinates.
  [[nodiscard]] Point point(Bytes x, Bytes y) const;
  /// point = scalar * G, uncompressed. The scalar is in range and secret. Throws only when memory is out.
  void multiply_base(Bytes scalar, MutableBytes point) const;
  /// The x-coordinate of scalar * point. Throws when `point` (uncompressed) is not on the curve.
  void multiply(Bytes scalar, Bytes point, MutableBytes x) const;
  /// The ECDSA key of a scalar: big-endian, of any length. Null if it is zero or not below the order.
  [[nodiscard]] std::unique_ptr<const Botan::Private_Key> private_key(Bytes scalar) const;

 private:
  explicit Curve(const char* name);
  Botan::EC_Group group_;
};

}  // namespace tls::crypto::botan
