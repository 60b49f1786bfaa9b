#include "crypto/spki.h"

#include <algorithm>
#include <bit>

#include "base/limits.h"
#include "crypto/der.h"

namespace tls::crypto {
namespace {

// Object identifiers, as the contents of their DER.
constexpr std::uint8_t kRsaEncryption[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};  // RFC 8017
constexpr std::uint8_t kRsaPss[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A};         // RFC 8017
constexpr std::uint8_t kEcPublicKey[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};                // RFC 5480
constexpr std::uint8_t kSecp256r1[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};            // RFC 5480
constexpr std::uint8_t kSecp384r1[] = {0x2B, 0x81, 0x04, 0x00, 0x22};                              // RFC 5480
constexpr std::uint8_t kSecp521r1[] = {0x2B, 0x81, 0x04, 0x00, 0x23};                              // RFC 5480
constexpr std::uint8_t kEd25519[] = {0x2B, 0x65, 0x70};                                            // RFC 8410

bool is(Bytes oid, Bytes known) noexcept { return std::ranges::equal(oid, known); }

std::size_t bits(Bytes number) noexcept {
  return number.empty() ? 0 : 8 * (number.size() - 1) + static_cast<std::size_t>(std::bit_width(number[0]));
}

}  // namespace

SchemeHash hash_of(SignatureScheme scheme) noexcept {
  using enum SignatureScheme;
  switch (scheme) {
    case ecdsa_secp256r1_sha256:
    case rsa_pkcs1_sha256:
    case rsa_pss_rsae_sha256:
    case rsa_pss_pss_sha256:
      return SchemeHash::sha256;
    case ecdsa_secp384r1_sha384:
    case rsa_pkcs1_sha384:
    case rsa_pss_rsae_sha384:
    case rsa_pss_pss_sha384:
      return SchemeHash::sha384;
    case ecdsa_secp521r1_sha512:
    case rsa_pkcs1_sha512:
    case rsa_pss_rsae_sha512:
    case rsa_pss_pss_sha512:
    case ed25519:
      break;
  }
  return SchemeHash::sha512;
}

Result<KeyAlgorithm> read_key_algorithm(DerReader& reader, Code malformed, Code unsupported) {
  DerReader algorithm(reader.take(der::kSequence).value);
  const Bytes oid = algorithm.take(der::kOid).value;
  if (!reader.ok() || !algorithm.ok()) return fail(malformed, "the key's AlgorithmIdentifier is not DER");

  KeyAlgorithm result;
  if (is(oid, kRsaEncryption)) {
    result.kind = KeyKind::rsa;
    if (!algorithm.take(der::kNull).value.empty()) algorithm.fail();  // RFC 3279 §2.3.1: parameters are NULL
  } else if (is(oid, kRsaPss)) {
    result.kind = KeyKind::rsa_pss;
    if (!algorithm.empty()) {
      result.pss_hash = read_pss_parameters(algorithm);
      if (algorithm.ok() && !result.pss_hash)
        return fail(unsupported,
                    "the RSASSA-PSS parameters of the key ask for something that TLS does not do: "
                    "SHA-256, SHA-384 or SHA-512, MGF1 with the same hash, a salt no longer than it");
    }
  } else if (is(oid, kEcPublicKey)) {
    if (!algorithm.next_is(der::kOid)) return fail(unsupported, "the elliptic curve is not a named one");
    const Bytes curve = algorithm.take(der::kOid).value;
    if (is(curve, kSecp256r1))
      result.kind = KeyKind::ecdsa_p256;
    else if (is(curve, kSecp384r1))
      result.kind = KeyKind::ecdsa_p384;
    else if (is(curve, kSecp521r1))
      result.kind = KeyKind::ecdsa_p521;
    else
      return fail(unsupported, "the elliptic curve is none of secp256r1, secp384r1 and secp521r1");
  } else if (is(oid, kEd25519)) {
    result.kind = KeyKind::ed25519;  // RFC 8410 §3: parameters are absent
  } else {
    return fail(unsupported, "the key is none of RSA, RSASSA-PSS, ECDSA (secp256r1, secp384r1, secp521r1) and Ed25519");
  }
  if (!algorithm.done()) return fail(malformed, "the parameters of the key's algorithm are malformed");
  return result;
}

Result<SubjectPublicKey> read_spki(Bytes der) {
  DerReader outer(der);
  DerReader spki(outer.take(der::kSequence).value);
  const auto algorithm = read_key_algorithm(spki, Code::bad_certificate, Code::unsupported_certificate);
  if (!algorithm) return std::unexpected(algorithm.error());
  const Bytes key = spki.take(der::kBitString).value;
  const bool whole_octets = !key.empty() && key[0] == 0;  // no unused bits
  if (!outer.done() || !spki.done() || !whole_octets)
    return fail(Code::bad_certificate, "the SubjectPublicKeyInfo is not DER");
  return SubjectPublicKey{*algorithm, key.subspan(1)};
}

Result<void> check_rsa_size(Bytes modulus, std::size_t min_bits, Code code) {
  const std::size_t n = bits(modulus);
  if (n < min_bits || n > limits::kMaxRsaBits)
    return fail(code, "an RSA key of " + std::to_string(n) + " bits: from " + std::to_string(min_bits) + " to " +
                          std::to_string(limits::kMaxRsaBits) + " are accepted");
  return {};
}

Result<RsaNumbers> read_rsa_public_key(Bytes der, std::size_t min_bits) {
  DerReader outer(der);
  DerReader key(outer.take(der::kSequence).value);
  const Bytes modulus = key.positive_integer(), exponent = key.positive_integer();
  if (!outer.done() || !key.done()) return fail(Code::bad_certificate, "the RSAPublicKey is not DER");
  if (auto size = check_rsa_size(modulus, min_bits, Code::unsupported_certificate); !size)
    return std::unexpected(size.error());
  if (modulus.back() % 2 == 0 || exponent.back() % 2 == 0 || bits(exponent) < 2)
    return fail(Code::bad_certificate, "the RSA modulus or public exponent is even, or the exponent is 1");
  if (bits(exponent) > limits::kMaxRsaExponentBits)
    return fail(Code::unsupported_certificate, "the RSA public exponent has " + std::to_string(bits(exponent)) +
                                                   " bits: at most " + std::to_string(limits::kMaxRsaExponentBits) +
                                                   " are accepted");
  return RsaNumbers{modulus, exponent};
}

}  // namespace tls::crypto
