#include "crypto/botan/nist_groups.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "crypto/botan/compat.h"
#include "crypto/botan/curve.h"
#include "crypto/botan/guard.h"

namespace tls::crypto::botan {
namespace {

// The orders of the base points (SEC 2 v2 §2.4.2, §2.5.1, §2.6.1).
constexpr std::array<std::uint8_t, 32> kOrder256 = {0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF,
                                                    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17,
                                                    0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
constexpr std::array<std::uint8_t, 48> kOrder384 = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC7, 0x63, 0x4D, 0x81, 0xF4, 0x37, 0x2D, 0xDF,
    0x58, 0x1A, 0x0D, 0xB2, 0x48, 0xB0, 0xA7, 0x7A, 0xEC, 0xEC, 0x19, 0x6A, 0xCC, 0xC5, 0x29, 0x73};

constexpr std::array<std::uint8_t, 66> kOrder521 = {
    0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFA,
    0x51, 0x86, 0x87, 0x83, 0xBF, 0x2F, 0x96, 0x6B, 0x7F, 0xCC, 0x01, 0x48, 0xF7, 0x09, 0xA5, 0xD0, 0x3B,
    0xB5, 0xC9, 0xB8, 0x89, 0x9C, 0x47, 0xAE, 0xBB, 0x6F, 0xB7, 0x1E, 0x91, 0x38, 0x64, 0x09};

/// 0 < scalar < order, both big-endian and of one length. The time does not depend on the scalar.
bool in_range(Bytes scalar, Bytes order) noexcept {
  unsigned borrow = 0, any = 0;
  for (std::size_t i = scalar.size(); i-- > 0;) {
    borrow = (unsigned{scalar[i]} - order[i] - borrow) >> 8 & 1;
    any |= scalar[i];
  }
  return (borrow & (any + 0xFF) >> 8) != 0;
}

Result<KeySharePrivate> generate(const Curve& curve, Bytes order, Random& random, MutableBytes share) {
  assert(share.size() == 2 * order.size() + 1);
  return guarded(Code::internal_error, "key share", [&]() -> Result<KeySharePrivate> {
    KeySharePrivate key;
    const MutableBytes scalar = key.fill(order.size());
    do {
      random.fill(scalar);
      scalar[0] &= order[0];  // bits above those of the order: seven of secp521r1, none of the others
    } while (!in_range(scalar, order));  // 2^-32 of all draws for secp256r1, fewer for the others
    curve.multiply_base(scalar, share);
    return key;
  });
}

Result<SharedSecret> finish(const Curve& curve, std::string_view name, std::size_t size, KeySharePrivate&& key,
                            Bytes share) {
  const KeySharePrivate used = std::move(key);
  if (share.size() != 2 * size + 1) return wrong_share_size(name, 2 * size + 1, share.size());
  // RFC 9846 §4.3.8.2: the uncompressed form alone.
  if (share[0] != 0x04) return fail(Code::bad_key_share, "the point is not in uncompressed form");
  return guarded(Code::bad_key_share, name, [&]() -> Result<SharedSecret> {
    SharedSecret secret;
    curve.multiply(used.expose(), share, secret.fill(size));  // throws when the point is not on the curve
    return secret;
  });
}

}  // namespace

Result<KeySharePrivate> p256_generate(Random& random, MutableBytes share) {
  return generate(Curve::p256(), kOrder256, random, share);
}
Result<SharedSecret> p256_finish(KeySharePrivate&& key, Bytes share) {
  return finish(Curve::p256(), "secp256r1", kOrder256.size(), std::move(key), share);
}
Result<KeySharePrivate> p384_generate(Random& random, MutableBytes share) {
  return generate(Curve::p384(), kOrder384, random, share);
}
Result<SharedSecret> p384_finish(KeySharePrivate&& key, Bytes share) {
  return finish(Curve::p384(), "secp384r1", kOrder384.size(), std::move(key), share);
}

Result<KeySharePrivate> p521_generate(Random& random, MutableBytes share) {
  return generate(Curve::p521(), kOrder521, random, share);
}
Result<SharedSecret> p521_finish(KeySharePrivate&& key, Bytes share) {
  return finish(Curve::p521(), "secp521r1", kOrder521.size(), std::move(key), share);
}

}  // namespace tls::crypto::botan
