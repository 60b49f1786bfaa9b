// RSA's public operation beside the simplest arithmetic there is: doubling, adding and subtracting.
#include "crypto/rsa_public.h"

#include <algorithm>
#include <bit>

#include <doctest/doctest.h>

#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;

namespace {

using Number = std::vector<std::uint8_t>;  // big-endian, all of one length

bool less(const Number& a, const Number& b) { return std::ranges::lexicographical_compare(a, b); }

/// a + b mod n; a, b < n.
Number add(const Number& a, const Number& b, const Number& n) {
  Number sum(a.size());
  unsigned carry = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    carry += a[i] + unsigned{b[i]};
    sum[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  if (carry == 0 && less(sum, n)) return sum;
  unsigned borrow = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    const unsigned difference = unsigned{sum[i]} - n[i] - borrow;
    sum[i] = static_cast<std::uint8_t>(difference);
    borrow = difference >> 8 & 1;
  }
  return sum;
}

Number multiply(const Number& a, const Number& b, const Number& n) {
  Number product(a.size());
  for (const std::uint8_t octet : a)
    for (int bit = 7; bit >= 0; --bit) {
      product = add(product, product, n);
      if ((octet >> bit & 1) != 0) product = add(product, b, n);
    }
  return product;
}

Number power(const Number& base, std::uint64_t exponent, const Number& n) {
  Number result = base;
  for (int bit = 62 - std::countl_zero(exponent); bit >= 0; --bit) {
    result = multiply(result, result, n);
    if ((exponent >> bit & 1) != 0) result = multiply(result, base, n);
  }
  return result;
}

Number exponent_octets(std::uint64_t e) {
  Number octets;
  for (int shift = 32; shift >= 0; shift -= 8)
    if (e >> shift != 0) octets.push_back(static_cast<std::uint8_t>(e >> shift));
  return octets;
}

/// What RsaPublic makes of it; empty when it refuses.
Number raise(const Number& n, std::uint64_t e, const Number& s) {
  const Number exponent = exponent_octets(e);
  const RsaPublic key({n, exponent});
  REQUIRE(key.modulus_size() == n.size());
  Number result(n.size());
  return key.raise(s, result) ? result : Number{};
}

Number random_modulus(std::size_t bits, test::SeededRandom& random) {
  Number n((bits + 7) / 8);
  random.fill(n);
  const auto top = static_cast<std::uint8_t>(1u << (bits - 1) % 8);
  n[0] = static_cast<std::uint8_t>((n[0] & (top - 1)) | top);
  n.back() |= 1;
  return n;
}

}  // namespace

TEST_CASE("the public operation is s^e mod n, whatever the size of the modulus") {
  test::SeededRandom random(11);
  for (const std::size_t bits : {65u, 127u, 128u, 129u, 1024u, 1025u, 2047u, 2048u, 2049u, 2111u, 3072u}) {
    CAPTURE(bits);
    const Number n = random_modulus(bits, random);
    CHECK(RsaPublic({n, exponent_octets(3)}).modulus_bits() == bits);
    Number s(n.size());
    random.fill(s);
    s[0] = 0;
    CHECK(raise(n, 3, s) == power(s, 3, n));
    if (bits <= 1025) CHECK(raise(n, 65537, s) == power(s, 65537, n));
    if (bits <= 129) CHECK(raise(n, 0x1FFFFFFFF, s) == power(s, 0x1FFFFFFFF, n));
  }
}

TEST_CASE("moduli of limbs that carry farthest: all ones, and almost a power of two") {
  for (const std::size_t size : {8u, 16u, 24u, 128u, 256u}) {
    CAPTURE(size);
    const Number ones(size, 0xFF);
    Number sparse(size), below(ones), s(size, 0xFF);
    sparse[0] = 0x80;
    sparse.back() = 1;
    below.back() = 0xFD;
    s.back() = 0xFC;
    for (const Number& n : {ones, below}) CHECK(raise(n, 17, s) == power(s, 17, n));
    s[0] = 0x7F;
    CHECK(raise(sparse, 17, s) == power(s, 17, sparse));
  }
}

TEST_CASE("nothing, one, and one less than the modulus; the modulus itself is too much") {
  test::SeededRandom random(12);
  for (const std::size_t bits : {2048u, 2049u, 8191u, 8192u}) {
    CAPTURE(bits);
    const Number n = random_modulus(bits, random);
    Number s(n.size());
    CHECK(raise(n, 65537, s) == s);
    s.back() = 1;
    CHECK(raise(n, 65537, s) == s);
    s = n;
    s.back() &= 0xFE;
    CHECK(raise(n, 65537, s) == s);  // -1 to an odd power
    CHECK(raise(n, 65537, n).empty());
    CHECK(raise(n, 65537, Number(n.size(), 0xFF)).empty());
    CHECK(raise(n, 65537, Number(n.size() - 1)).empty());
    CHECK(raise(n, 65537, Number(n.size() + 1)).empty());
  }
}
