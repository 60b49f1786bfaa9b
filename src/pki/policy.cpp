#include "pki/policy.h"

#include <string>

#include "base/limits.h"
#include "crypto/signature_algorithm.h"
#include "crypto/spki.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

std::unexpected<Error> refuse(Code code, const Certificate& certificate, const std::string& why) {
  return fail(code, "the certificate of '" + display_name(certificate.subject) + "' " + why);
}

/// Bytes of a coordinate on the curve of an ECDSA key; 0 for other keys.
constexpr std::size_t coordinate_size(KeyKind kind) noexcept {
  if (kind == KeyKind::ecdsa_p256) return 32;
  if (kind == KeyKind::ecdsa_p384) return 48;
  return kind == KeyKind::ecdsa_p521 ? 66 : 0;
}

/// What of a key's own octets can be checked without arithmetic.
Result<void> check_octets(const crypto::SubjectPublicKey& key, std::size_t min_rsa_bits) {
  const KeyKind kind = key.algorithm.kind;
  if (kind == KeyKind::rsa || kind == KeyKind::rsa_pss) {
    const auto numbers = crypto::read_rsa_public_key(key.key, min_rsa_bits);
    return numbers ? Result<void>() : std::unexpected(numbers.error());
  }
  if (kind == KeyKind::ed25519) {
    if (key.key.size() == 32) return {};  // RFC 8410 §4
    return fail(Code::bad_certificate, "the Ed25519 key does not have 32 bytes");
  }
  if (key.key.size() == 2 * coordinate_size(kind) + 1 && key.key[0] == 0x04) return {};
  return fail(Code::unsupported_certificate, "the point of the ECDSA key is not in uncompressed form (RFC 5480 §2.2)");
}

}  // namespace

std::optional<KeyKind> key_kind(const Certificate& certificate) noexcept {
  const auto key = crypto::read_spki(certificate.subject_public_key_info);
  return key ? std::optional(key->algorithm.kind) : std::nullopt;
}

Result<void> check_key(const Certificate& certificate, std::size_t min_rsa_bits) {
  const auto key = crypto::read_spki(certificate.subject_public_key_info);
  const auto checked = key ? check_octets(*key, min_rsa_bits) : Result<void>(std::unexpected(key.error()));
  if (checked) return {};
  return refuse(checked.error().code(), certificate, "cannot be used: " + checked.error().detail());
}

Result<void> check_critical_extensions(const Certificate& certificate) {
  if (!certificate.unknown_critical) return {};
  return refuse(Code::unknown_critical_extension, certificate,
                "has the critical extension " + oid::text(*certificate.unknown_critical) + ", which is not supported");
}

Result<void> check_signature_algorithm(const Certificate& certificate) {
  const auto algorithm = crypto::read_signature_algorithm(certificate.signature_identifier);
  if (algorithm) return {};
  if (algorithm.error().code() == Code::bad_certificate) return std::unexpected(algorithm.error());
  // RFC 9846 §4.3.3: SHA-1 and MD5 signatures are not offered, so none is accepted.
  return refuse(Code::weak_certificate_signature, certificate, "cannot be trusted: " + algorithm.error().detail());
}

bool verify_signature(const Certificate& certificate, const crypto::PublicKey& key) {
  const auto algorithm = crypto::read_signature_algorithm(certificate.signature_identifier);
  return algorithm && key.verify_certificate(*algorithm, certificate.tbs, certificate.signature).has_value();
}

std::optional<SignatureScheme> signature_scheme(const Certificate& certificate) noexcept {
  const auto algorithm = crypto::read_signature_algorithm(certificate.signature_identifier);
  return algorithm ? crypto::scheme_of(*algorithm) : std::nullopt;
}

Result<void> check_may_sign(const Certificate& leaf) {
  // RFC 9846 §4.5.1.2: digitalSignature must be set if the Key Usage extension is present.
  if (!leaf.key_usage || (*leaf.key_usage & key_usage::kDigitalSignature) != 0) return {};
  return refuse(
      Code::certificate_purpose, leaf,
      "has a keyUsage without digitalSignature, so its key must not sign handshakes" + std::string(order_hint(leaf)));
}

Result<void> check_leaf_usage(const Certificate& leaf, Role role) {
  if (auto may_sign = check_may_sign(leaf); !may_sign) return may_sign;
  const bool server = role == Role::server;
  if (!leaf.allows_purpose(server ? oid::kServerAuth : oid::kClientAuth))
    return refuse(Code::certificate_purpose, leaf,
                  (server ? "has an extKeyUsage without serverAuth, so it is not for a server"
                          : "has an extKeyUsage without clientAuth, so it is not for a client") +
                      std::string(order_hint(leaf)));
  return {};
}

std::string_view order_hint(const Certificate& first) noexcept {
  return first.is_ca ? "; it is an authority's certificate: put the leaf first" : "";
}

}  // namespace tls::pki
