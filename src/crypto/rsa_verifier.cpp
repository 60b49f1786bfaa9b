#include "crypto/rsa_verifier.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "crypto/message_digest.h"
#include "crypto/rsa_public.h"

namespace tls::crypto {
namespace {

/// DigestInfo up to the digest (RFC 8017 §9.2, note 1).
Bytes digest_info(SchemeHash hash) noexcept {
  static constexpr std::uint8_t kSha256[] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                             0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
  static constexpr std::uint8_t kSha384[] = {0x30, 0x41, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                             0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30};
  static constexpr std::uint8_t kSha512[] = {0x30, 0x51, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                             0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40};
  if (hash == SchemeHash::sha256) return kSha256;
  return hash == SchemeHash::sha384 ? Bytes(kSha384) : Bytes(kSha512);
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2): the one encoding of the digest there is, compared and never parsed.
bool is_pkcs1(Bytes encoded, SchemeHash hash, Bytes digest) noexcept {
  const Bytes info = digest_info(hash);
  constexpr std::size_t kFrame = 11;  // 00 01, eight FF at least, 00
  if (encoded.size() < info.size() + digest.size() + kFrame) return false;
  const std::size_t padding = encoded.size() - info.size() - digest.size() - 3;
  return encoded[0] == 0x00 && encoded[1] == 0x01 &&
         std::ranges::all_of(encoded.subspan(2, padding), [](std::uint8_t b) { return b == 0xFF; }) &&
         encoded[2 + padding] == 0x00 && std::ranges::equal(encoded.subspan(3 + padding, info.size()), info) &&
         std::ranges::equal(encoded.last(digest.size()), digest);
}

/// Removes the mask that MGF1 (RFC 8017 B.2.1) makes of `seed`.
void unmask(MutableBytes data, SchemeHash hash, Bytes seed) noexcept {
  for (std::size_t at = 0, counter = 0; at < data.size(); ++counter) {
    const std::array<std::uint8_t, 4> octets = {
        static_cast<std::uint8_t>(counter >> 24), static_cast<std::uint8_t>(counter >> 16),
        static_cast<std::uint8_t>(counter >> 8), static_cast<std::uint8_t>(counter)};
    const MessageDigest mask = message_digest(hash, {seed, octets});
    for (std::size_t i = 0; i < mask.bytes().size() && at < data.size(); ++i, ++at) data[at] ^= mask.bytes()[i];
  }
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2); the steps are its own. `encoded` is as long as the modulus and is overwritten.
bool is_pss(MutableBytes encoded, std::size_t modulus_bits, const SignatureAlgorithm& algorithm,
            Bytes digest) noexcept {
  const std::size_t bits = modulus_bits - 1, length = (bits + 7) / 8;
  if (encoded.size() > length) {  // §8.1.2, step 2c: the integer has at most `length` octets
    if (encoded[0] != 0) return false;
    encoded = encoded.subspan(1);
  }
  if (length < 2 + digest.size() || length - 2 - digest.size() < algorithm.salt) return false;  // 3
  if (encoded.back() != 0xBC) return false;                                                     // 4
  const MutableBytes block = encoded.first(length - digest.size() - 1);                         // 5
  const Bytes hash = encoded.subspan(block.size(), digest.size());
  const std::size_t unused = 8 * length - bits;
  if (block[0] >> (8 - unused) != 0) return false;              // 6
  unmask(block, algorithm.mgf1_hash, hash);                     // 7, 8
  block[0] &= static_cast<std::uint8_t>(0xFF >> unused);        // 9
  const std::size_t zeros = block.size() - algorithm.salt - 1;  // 10
  if (!std::ranges::all_of(block.first(zeros), [](std::uint8_t b) { return b == 0; }) || block[zeros] != 0x01)
    return false;
  constexpr std::array<std::uint8_t, 8> kEightZeros{};  // 12
  const MessageDigest again = message_digest(algorithm.hash, {kEightZeros, digest, block.last(algorithm.salt)});
  return std::ranges::equal(again.bytes(), hash);  // 14
}

class RsaVerifier final : public KeyVerifier {
 public:
  explicit RsaVerifier(const RsaNumbers& numbers) : key_(numbers) {}
  bool verify(const SignatureAlgorithm& algorithm, Bytes message, Bytes signature) const noexcept override {
    const MessageDigest digest = message_digest(algorithm.hash, {message});
    return verify_digest(algorithm, digest.bytes(), signature);
  }
  bool verify_digest(const SignatureAlgorithm& algorithm, Bytes digest, Bytes signature) const noexcept override {
    if (algorithm.kind != SignatureKind::rsa_pkcs1 && algorithm.kind != SignatureKind::rsa_pss) return false;
    std::array<std::uint8_t, limits::kMaxRsaBits / 8> buffer;
    const MutableBytes encoded = MutableBytes(buffer).first(key_.modulus_size());
    if (!key_.raise(signature, encoded)) return false;  // RFC 8017 §8.1.2, §8.2.2, steps 1 and 2
    return algorithm.kind == SignatureKind::rsa_pkcs1 ? is_pkcs1(encoded, algorithm.hash, digest)
                                                      : is_pss(encoded, key_.modulus_bits(), algorithm, digest);
  }

 private:
  RsaPublic key_;
};

}  // namespace

KeyVerifierPtr rsa_verifier(const RsaNumbers& numbers) { return std::make_unique<const RsaVerifier>(numbers); }

}  // namespace tls::crypto
