// RSA's public operation (RFC 8017 §5.2.2). All its numbers are public: it takes as long as they make it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "crypto/spki.h"

namespace tls::crypto {

/// A modulus and an exponent, ready for use. Immutable: may be shared between threads.
/// By Montgomery's multiplication, for what a provider prepares for a private key (division in constant time) takes ten
/// times as long as the operation itself, and most keys of a chain are used once.
class RsaPublic {
 public:
  /// `numbers` as read_rsa_public_key() gives them: the modulus is odd and has at most kMaxRsaBits, the exponent at
  /// most kMaxRsaExponentBits.
  explicit RsaPublic(const RsaNumbers& numbers);
  [[nodiscard]] std::size_t modulus_bits() const noexcept { return bits_; }
  [[nodiscard]] std::size_t modulus_size() const noexcept { return size_; }  ///< bytes
  /// RSAVP1: result = signature^exponent mod modulus; `result` has modulus_size() bytes. False when the signature does
  /// not have as many, or is not less than the modulus. Does not allocate.
  [[nodiscard]] bool raise(Bytes signature, MutableBytes result) const noexcept;

 private:
  using Limbs = std::vector<std::uint64_t>;  // least significant first
  /// a = a * b / 2^(64 * limbs) mod modulus; a, b < modulus.
  void multiply(std::uint64_t* a, const std::uint64_t* b) const noexcept;
  /// a = 2 * a mod modulus.
  void twice(std::uint64_t* a) const noexcept;

  Limbs modulus_;
  std::uint64_t negative_inverse_ = 0;  // -1 / modulus mod 2^64
  Limbs radix_squared_;                 // 2^(128 * limbs) mod modulus
  std::uint64_t exponent_ = 0;
  std::size_t bits_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tls::crypto
