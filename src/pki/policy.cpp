#include "pki/policy.h"

#include <array>
#include <bit>
#include <string>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

std::unexpected<Error> refuse(Code code, const Certificate& certificate, const std::string& why) {
  return fail(code, "the certificate of '" + display_name(certificate.subject) + "' " + why);
}
std::unexpected<Error> unsupported(const Certificate& certificate, const std::string& why) {
  return refuse(Code::unsupported_certificate, certificate, why);
}

bool is_rsa(const Certificate& certificate) {
  return oid::is(certificate.key_algorithm.oid, oid::kRsaEncryption) ||
         oid::is(certificate.key_algorithm.oid, oid::kRsassaPss);
}

/// Contents octets of the OID that names the curve; empty for explicit curves, which RFC 5480 §2.1.1 forbids.
Bytes named_curve(const Certificate& certificate) {
  crypto::DerReader reader(certificate.key_algorithm.parameters);
  const Bytes curve = reader.take(crypto::der::kOid).value;
  return reader.done() ? curve : Bytes{};
}

std::size_t bit_length(Bytes integer) {
  while (!integer.empty() && integer[0] == 0) integer = integer.subspan(1);
  return integer.empty() ? 0 : (integer.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(integer[0]));
}

Result<void> check_rsa(const Certificate& certificate, std::size_t min_bits) {
  crypto::DerReader reader(certificate.subject_public_key);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  const Bytes modulus = fields.take(crypto::der::kInteger).value, exponent = fields.take(crypto::der::kInteger).value;
  if (!reader.done() || !fields.done() || modulus.empty() || exponent.empty() || (modulus[0] & 0x80) != 0 ||
      (exponent[0] & 0x80) != 0)
    return fail(Code::bad_certificate, "the certificate's RSA key cannot be parsed");
  const std::size_t bits = bit_length(modulus);
  if (bits < min_bits || bits > limits::kMaxRsaBits)
    return unsupported(certificate, "has an RSA key of " + std::to_string(bits) + " bits; allowed are " +
                                        std::to_string(min_bits) + " to " + std::to_string(limits::kMaxRsaBits));
  const bool odd = (exponent.back() & 1) != 0, odd_modulus = (modulus.back() & 1) != 0;
  if (!odd || !odd_modulus || bit_length(exponent) < 2 || bit_length(exponent) > limits::kMaxRsaExponentBits)
    return unsupported(certificate, "has an RSA key with an exponent or modulus that is not allowed");
  return {};
}

/// The hash of RSASSA-PSS-params (RFC 4055 §3.1); empty when absent, which means SHA-1, or malformed.
Bytes pss_hash(Bytes parameters) {
  crypto::DerReader reader(parameters);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  const auto hash = fields.take_if(crypto::der::context_constructed(0));
  if (!hash || !reader.done()) return {};
  crypto::DerReader inner(hash->value);
  const auto algorithm = parse_algorithm(inner.take(crypto::der::kSequence).value);
  return inner.done() && algorithm ? algorithm->oid : Bytes{};
}

struct SignatureRow {
  std::string_view oid;
  std::optional<SignatureScheme> scheme;
};
using enum SignatureScheme;
constexpr std::array<SignatureRow, 7> kSignatures = {{
    {oid::kSha256WithRsa, rsa_pkcs1_sha256},
    {oid::kSha384WithRsa, rsa_pkcs1_sha384},
    {oid::kSha512WithRsa, rsa_pkcs1_sha512},
    {oid::kEcdsaWithSha256, ecdsa_secp256r1_sha256},
    {oid::kEcdsaWithSha384, ecdsa_secp384r1_sha384},
    {oid::kEcdsaWithSha512, ecdsa_secp521r1_sha512},
    {oid::kEd25519, ed25519},
}};
constexpr std::array<SignatureRow, 3> kPssHashes = {
    {{oid::kSha256, rsa_pss_rsae_sha256}, {oid::kSha384, rsa_pss_rsae_sha384}, {oid::kSha512, rsa_pss_rsae_sha512}}};

const SignatureRow* find_signature(const AlgorithmIdentifier& algorithm) {
  if (oid::is(algorithm.oid, oid::kRsassaPss)) {
    const Bytes hash = pss_hash(algorithm.parameters);
    for (const SignatureRow& row : kPssHashes)
      if (oid::is(hash, row.oid)) return &row;
    return nullptr;
  }
  for (const SignatureRow& row : kSignatures)
    if (oid::is(algorithm.oid, row.oid)) return &row;
  return nullptr;
}

std::string describe_signature(const AlgorithmIdentifier& algorithm) {
  if (oid::is(algorithm.oid, oid::kSha1WithRsa) || oid::is(algorithm.oid, oid::kEcdsaWithSha1)) return "SHA-1";
  if (oid::is(algorithm.oid, oid::kMd5WithRsa)) return "MD5";
  if (oid::is(algorithm.oid, oid::kRsassaPss)) return "RSASSA-PSS and a hash that is not SHA-2";
  return "algorithm " + display_oid(algorithm.oid);
}

}  // namespace

std::optional<KeyKind> key_kind(const Certificate& certificate) noexcept {
  const Bytes algorithm = certificate.key_algorithm.oid;
  if (oid::is(algorithm, oid::kRsaEncryption)) return KeyKind::rsa;
  if (oid::is(algorithm, oid::kRsassaPss)) return KeyKind::rsa_pss;
  if (oid::is(algorithm, oid::kEd25519)) return KeyKind::ed25519;
  if (!oid::is(algorithm, oid::kEcPublicKey)) return std::nullopt;
  const Bytes curve = named_curve(certificate);
  if (oid::is(curve, oid::kSecp256r1)) return KeyKind::ecdsa_p256;
  if (oid::is(curve, oid::kSecp384r1)) return KeyKind::ecdsa_p384;
  if (oid::is(curve, oid::kSecp521r1)) return KeyKind::ecdsa_p521;
  return std::nullopt;
}

Result<void> check_key(const Certificate& certificate, std::size_t min_rsa_bits) {
  if (is_rsa(certificate)) return check_rsa(certificate, min_rsa_bits);
  if (oid::is(certificate.key_algorithm.oid, oid::kEd25519)) {
    // RFC 8410 §3: no parameters; §4: 32 bytes.
    if (!certificate.key_algorithm.parameters.empty() || certificate.subject_public_key.size() != 32)
      return fail(Code::bad_certificate, "the certificate's Ed25519 key cannot be parsed");
    return {};
  }
  if (!oid::is(certificate.key_algorithm.oid, oid::kEcPublicKey))
    return unsupported(certificate, "has a key of algorithm " + display_oid(certificate.key_algorithm.oid) +
                                        "; supported are RSA, ECDSA and Ed25519");
  const Bytes curve = named_curve(certificate);
  if (!oid::is(curve, oid::kSecp256r1) && !oid::is(curve, oid::kSecp384r1) && !oid::is(curve, oid::kSecp521r1))
    return unsupported(certificate, "has an ECDSA key on a curve other than P-256, P-384 and P-521");
  return {};
}

Result<void> check_critical_extensions(const Certificate& certificate) {
  if (!certificate.unknown_critical) return {};
  return refuse(
      Code::unknown_critical_extension, certificate,
      "has the critical extension " + display_oid(*certificate.unknown_critical) + ", which is not supported");
}

bool verify_signature(const Certificate& certificate, const crypto::PublicKey& key) {
  auto scheme = signature_scheme(certificate);
  if (!scheme) return false;
  if (key.kind() == KeyKind::rsa_pss) {
    if (*scheme == rsa_pss_rsae_sha256)
      scheme = rsa_pss_pss_sha256;
    else if (*scheme == rsa_pss_rsae_sha384)
      scheme = rsa_pss_pss_sha384;
    else if (*scheme == rsa_pss_rsae_sha512)
      scheme = rsa_pss_pss_sha512;
  }
  return key.verify(*scheme, certificate.tbs, certificate.signature, ProtocolVersion::tls12).has_value();
}

Result<void> check_signature_algorithm(const Certificate& certificate) {
  // RFC 9846 §4.3.3: SHA-1 and MD5 signatures are not offered, so none is accepted.
  if (find_signature(certificate.signature_algorithm) != nullptr) return {};
  return refuse(Code::weak_certificate_signature, certificate,
                "is signed with " + describe_signature(certificate.signature_algorithm) +
                    "; accepted are SHA-256, SHA-384, SHA-512 and Ed25519");
}

std::optional<SignatureScheme> signature_scheme(const Certificate& certificate) noexcept {
  const SignatureRow* row = find_signature(certificate.signature_algorithm);
  return row == nullptr ? std::nullopt : row->scheme;
}

Result<void> check_leaf_usage(const Certificate& leaf, Role role) {
  // RFC 9846 §4.5.1.2: digitalSignature must be set if the Key Usage extension is present.
  if (leaf.key_usage && (*leaf.key_usage & key_usage::kDigitalSignature) == 0)
    return refuse(Code::certificate_purpose, leaf,
                  "has a keyUsage without digitalSignature, so its key must not sign handshakes");
  const bool server = role == Role::server;
  if (!leaf.allows_purpose(server ? oid::kServerAuth : oid::kClientAuth))
    return refuse(Code::certificate_purpose, leaf,
                  server ? "has an extKeyUsage without serverAuth, so it is not for a server"
                         : "has an extKeyUsage without clientAuth, so it is not for a client");
  return {};
}

}  // namespace tls::pki
