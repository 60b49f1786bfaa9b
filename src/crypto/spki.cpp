#include "crypto/spki.h"

#include <bit>

#include "base/limits.h"
#include "crypto/der.h"
#include "crypto/oids.h"

namespace tls::crypto {
namespace {

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
  if (oid::is(oid, oid::kRsaEncryption)) {
    result.kind = KeyKind::rsa;
    if (!algorithm.take(der::kNull).value.empty()) algorithm.fail();  // RFC 3279 §2.3.1: parameters are NULL
  } else if (oid::is(oid, oid::kRsassaPss)) {
    result.kind = KeyKind::rsa_pss;
    if (!algorithm.empty()) {
      const auto parameters = read_pss_parameters(algorithm, malformed, unsupported);
      if (!parameters) return fail(parameters.error().code(), "the key is restricted: " + parameters.error().detail());
      result.pss = *parameters;
    }
  } else if (oid::is(oid, oid::kEcPublicKey)) {
    if (!algorithm.next_is(der::kOid)) return fail(unsupported, "the elliptic curve is not a named one");
    const Bytes curve = algorithm.take(der::kOid).value;
    if (oid::is(curve, oid::kSecp256r1))
      result.kind = KeyKind::ecdsa_p256;
    else if (oid::is(curve, oid::kSecp384r1))
      result.kind = KeyKind::ecdsa_p384;
    else if (oid::is(curve, oid::kSecp521r1))
      result.kind = KeyKind::ecdsa_p521;
    else
      return fail(unsupported, "the elliptic curve is none of secp256r1, secp384r1 and secp521r1");
  } else if (oid::is(oid, oid::kEd25519)) {
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

Result<void> check_rsa_numbers(const RsaNumbers& numbers, std::size_t min_bits, Code malformed, Code unsupported) {
  const auto& [modulus, exponent] = numbers;
  const std::size_t n = bits(modulus), e = bits(exponent);
  if (n < min_bits || n > limits::kMaxRsaBits)
    return fail(unsupported, "an RSA key of " + std::to_string(n) + " bits: from " + std::to_string(min_bits) + " to " +
                                 std::to_string(limits::kMaxRsaBits) + " are accepted");
  if (modulus.back() % 2 == 0 || exponent.back() % 2 == 0 || e < 2)
    return fail(malformed, "the RSA modulus or public exponent is even, or the exponent is 1");
  if (e > limits::kMaxRsaExponentBits)
    return fail(unsupported, "the RSA public exponent has " + std::to_string(e) + " bits: at most " +
                                 std::to_string(limits::kMaxRsaExponentBits) + " are accepted");
  return {};
}

Result<RsaNumbers> read_rsa_public_key(Bytes der, std::size_t min_bits) {
  DerReader outer(der);
  DerReader key(outer.take(der::kSequence).value);
  const Bytes modulus = key.positive_integer(), exponent = key.positive_integer();
  if (!outer.done() || !key.done()) return fail(Code::bad_certificate, "the RSAPublicKey is not DER");
  const RsaNumbers numbers{modulus, exponent};
  if (auto good = check_rsa_numbers(numbers, min_bits, Code::bad_certificate, Code::unsupported_certificate); !good)
    return std::unexpected(std::move(good).error());
  return numbers;
}

}  // namespace tls::crypto
