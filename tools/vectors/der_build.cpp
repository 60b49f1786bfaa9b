#include "vectors/der_build.h"

#include <algorithm>

namespace tls::vectors::der {
namespace {

const ByteVector& rsa_algorithm() {
  static const ByteVector der = unhex("300d 06092a864886f70d010101 0500");
  return der;
}

ByteVector ec_algorithm(std::string_view curve) {
  return sequence({unhex("06072a8648ce3d0201"), curve == "secp256r1"   ? unhex("06082a8648ce3d030107")
                                                : curve == "secp384r1" ? unhex("06052b81040022")
                                                                       : unhex("06052b81040023")});
}

ByteVector bit_string(ByteVector contents) {
  contents.insert(contents.begin(), 0);
  return element(0x03, contents);
}

ByteVector without_zeros(const ByteVector& number) {
  return {std::ranges::find_if(number, [](std::uint8_t b) { return b != 0; }), number.end()};
}

}  // namespace

ByteVector element(std::uint8_t tag, const ByteVector& contents) {
  ByteVector out = {tag};
  const std::size_t n = contents.size();
  if (n >= 0x80) {
    unsigned width = 1;
    while (n >> (8 * width) != 0) ++width;
    out.push_back(static_cast<std::uint8_t>(0x80 | width));
    for (unsigned i = width; i-- > 0;) out.push_back(static_cast<std::uint8_t>(n >> (8 * i)));
  } else {
    out.push_back(static_cast<std::uint8_t>(n));
  }
  out.insert(out.end(), contents.begin(), contents.end());
  return out;
}

ByteVector sequence(std::initializer_list<ByteVector> elements) {
  ByteVector contents;
  for (const ByteVector& e : elements) contents.insert(contents.end(), e.begin(), e.end());
  return element(0x30, contents);
}

ByteVector integer(const ByteVector& number) {
  ByteVector contents = without_zeros(number);
  if (contents.empty() || contents[0] >= 0x80) contents.insert(contents.begin(), 0);
  return element(0x02, contents);
}

ByteVector ecdsa_signature(const ByteVector& r, const ByteVector& s) { return sequence({integer(r), integer(s)}); }

ByteVector rsa_spki(const ByteVector& modulus, const ByteVector& exponent) {
  return sequence({rsa_algorithm(), bit_string(sequence({integer(modulus), integer(exponent)}))});
}
ByteVector ec_spki(std::string_view curve, const ByteVector& point) {
  return sequence({ec_algorithm(curve), bit_string(point)});
}
ByteVector ed25519_spki(const ByteVector& key) { return sequence({unhex("300506032b6570"), bit_string(key)}); }

ByteVector ec_pkcs8(std::string_view curve, const ByteVector& scalar) {
  return sequence(
      {unhex("020100"), ec_algorithm(curve), element(0x04, sequence({unhex("020101"), element(0x04, scalar)}))});
}
ByteVector ed25519_pkcs8(const ByteVector& seed) {
  return sequence({unhex("020100"), unhex("300506032b6570"), element(0x04, element(0x04, seed))});
}
ByteVector rsa_pkcs8(const ByteVector& rsa_private_key) {
  return sequence({unhex("020100"), rsa_algorithm(), element(0x04, rsa_private_key)});
}

ByteVector resized(const ByteVector& number, std::size_t size) {
  ByteVector out = without_zeros(number);
  if (out.size() > size) throw BadVector("a number of more than " + std::to_string(size) + " bytes");
  out.insert(out.begin(), size - out.size(), std::uint8_t{0});
  return out;
}

}  // namespace tls::vectors::der
