// Scalar multiplication on the NIST curves by Botan: version 2 by its points, version 3 (from 3.6) by its affine
// points.
#pragma once

#include <botan/bigint.h>
#include <botan/ec_group.h>

#include "tls/bytes.h"

namespace tls::crypto::botan {

/// A curve of prime order with cofactor 1. One of each for the process; safe to share between threads.
class Curve {
 public:
  static const Curve& p256();
  static const Curve& p384();
  static const Curve& p521();

  [[nodiscard]] const Botan::EC_Group& group() const noexcept { return group_; }
  /// point = scalar * G, uncompressed. The scalar is in range and secret. Throws only when memory is out.
  void multiply_base(Bytes scalar, MutableBytes point) const;
  /// The x-coordinate of scalar * point. Throws when `point` (uncompressed) is not on the curve.
  void multiply(Bytes scalar, Bytes point, MutableBytes x) const;

 private:
  explicit Curve(const char* name);
  Botan::EC_Group group_;
};

}  // namespace tls::crypto::botan
