#include "crypto/rsa_public.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "base/limits.h"

namespace tls::crypto {
namespace {

__extension__ using Uint128 = unsigned __int128;
constexpr std::size_t kMaxLimbs = limits::kMaxRsaBits / 64;
static_assert(limits::kMaxRsaBits % 64 == 0 && limits::kMaxRsaExponentBits <= 64);

/// `limbs` are zero.
void load(std::uint64_t* limbs, Bytes big_endian) noexcept {
  for (std::size_t i = 0; i < big_endian.size(); ++i)
    limbs[i / 8] |= std::uint64_t{big_endian[big_endian.size() - 1 - i]} << 8 * (i % 8);
}

/// a >= b, both of `count` limbs.
bool at_least(const std::uint64_t* a, const std::uint64_t* b, std::size_t count) noexcept {
  for (std::size_t i = count; i-- > 0;)
    if (a[i] != b[i]) return a[i] > b[i];
  return true;
}

/// a -= b; what is borrowed in the end is dropped.
void subtract(std::uint64_t* a, const std::uint64_t* b, std::size_t count) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Uint128 difference = Uint128{a[i]} - b[i] - borrow;
    a[i] = static_cast<std::uint64_t>(difference);
    borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
  }
}

}  // namespace

RsaPublic::RsaPublic(const RsaNumbers& numbers) {
  const Bytes n = numbers.modulus;
  size_ = n.size();
  bits_ = 8 * (n.size() - 1) + static_cast<std::size_t>(std::bit_width(n[0]));
  const std::size_t count = (size_ + 7) / 8;
  assert(count <= kMaxLimbs && n.back() % 2 == 1 && numbers.exponent.size() <= 8);
  modulus_.resize(count);
  load(modulus_.data(), n);
  for (const std::uint8_t octet : numbers.exponent) exponent_ = exponent_ << 8 | octet;

  // Newton: each step doubles the bits of 1/n that are right, from the three of n itself.
  std::uint64_t inverse = modulus_[0];
  for (int right = 3; right < 64; right *= 2) inverse *= 2 - modulus_[0] * inverse;
  negative_inverse_ = 0 - inverse;

  // 2^(64 * count) is R. From the highest power of two below the modulus to 2^k * R by doubling, where
  // 64 * count = k * 2^s with k odd; then s squarings, each of which takes 2^i * R to 2^(2i) * R, end at R^2.
  const std::size_t squarings = static_cast<std::size_t>(std::countr_zero(64 * count));
  const std::size_t top = 64 * count, start = bits_ - 1, factor = top >> squarings;
  radix_squared_.resize(count);
  radix_squared_[start / 64] = std::uint64_t{1} << start % 64;
  for (std::size_t power = start; power < top + factor; ++power) twice(radix_squared_.data());
  for (std::size_t i = 0; i < squarings; ++i) multiply(radix_squared_.data(), radix_squared_.data());
}

void RsaPublic::twice(std::uint64_t* a) const noexcept {
  const std::size_t count = modulus_.size();
  const bool carry = a[count - 1] >> 63 != 0;
  for (std::size_t i = count; i-- > 1;) a[i] = a[i] << 1 | a[i - 1] >> 63;
  a[0] <<= 1;
  if (carry || at_least(a, modulus_.data(), count)) subtract(a, modulus_.data(), count);
}

// Finely integrated operand scanning: for each limb of b, a * limb and the multiple of the modulus that makes the
// lowest limb zero are added in one pass, and that limb is dropped. The sum stays below 2 * modulus.
void RsaPublic::multiply(std::uint64_t* a, const std::uint64_t* b) const noexcept {
  const std::size_t count = modulus_.size();
  const std::uint64_t* const n = modulus_.data();
  std::array<std::uint64_t, kMaxLimbs + 1> sum;
  std::fill_n(sum.begin(), count + 1, std::uint64_t{0});
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t limb = b[i];
    Uint128 product = Uint128{a[0]} * limb + sum[0];
    const std::uint64_t multiple = static_cast<std::uint64_t>(product) * negative_inverse_;
    Uint128 reduced = Uint128{multiple} * n[0] + static_cast<std::uint64_t>(product);
    for (std::size_t j = 1; j < count; ++j) {
      product = Uint128{a[j]} * limb + sum[j] + static_cast<std::uint64_t>(product >> 64);
      reduced =
          Uint128{multiple} * n[j] + static_cast<std::uint64_t>(product) + static_cast<std::uint64_t>(reduced >> 64);
      sum[j - 1] = static_cast<std::uint64_t>(reduced);
    }
    const Uint128 last = (product >> 64) + (reduced >> 64) + sum[count];
    sum[count - 1] = static_cast<std::uint64_t>(last);
    sum[count] = static_cast<std::uint64_t>(last >> 64);
  }
  if (sum[count] != 0 || at_least(sum.data(), n, count)) subtract(sum.data(), n, count);
  std::copy_n(sum.begin(), count, a);
}

bool RsaPublic::raise(Bytes signature, MutableBytes result) const noexcept {
  if (signature.size() != size_) return false;
  std::array<std::uint64_t, kMaxLimbs> base{}, one{1};
  load(base.data(), signature);
  if (at_least(base.data(), modulus_.data(), modulus_.size())) return false;  // RFC 8017 §5.2.2, step 1
  multiply(base.data(), radix_squared_.data());
  auto power = base;
  for (auto bit = static_cast<int>(std::bit_width(exponent_)) - 2; bit >= 0; --bit) {
    multiply(power.data(), power.data());
    if ((exponent_ >> bit & 1) != 0) multiply(power.data(), base.data());
  }
  multiply(power.data(), one.data());  // out of Montgomery's form
  for (std::size_t i = 0; i < size_; ++i)
    result[size_ - 1 - i] = static_cast<std::uint8_t>(power[i / 8] >> 8 * (i % 8));
  return true;
}

}  // namespace tls::crypto
