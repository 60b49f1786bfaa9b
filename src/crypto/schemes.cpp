// The table of signature schemes, and which of them a key can sign with.
#include <algorithm>

#include "crypto/signature.h"

namespace tls {
namespace crypto {
namespace {

#define SALLYPORT_SCHEME(id, openssl, key, tls13) \
  SchemeFacts { SignatureScheme::id, #id, openssl, KeyKind::key, tls13 }
constexpr SchemeFacts kSchemes[] = {
    SALLYPORT_SCHEME(ecdsa_secp256r1_sha256, "ECDSA+SHA256", ecdsa_p256, true),
    SALLYPORT_SCHEME(ecdsa_secp384r1_sha384, "ECDSA+SHA384", ecdsa_p384, true),
    SALLYPORT_SCHEME(ecdsa_secp521r1_sha512, "ECDSA+SHA512", ecdsa_p521, true),
    SALLYPORT_SCHEME(ed25519, "ED25519", ed25519, true),
    SALLYPORT_SCHEME(rsa_pss_rsae_sha256, "RSA-PSS+SHA256", rsa, true),
    SALLYPORT_SCHEME(rsa_pss_rsae_sha384, "RSA-PSS+SHA384", rsa, true),
    SALLYPORT_SCHEME(rsa_pss_rsae_sha512, "RSA-PSS+SHA512", rsa, true),
    SALLYPORT_SCHEME(rsa_pss_pss_sha256, "rsa_pss_pss_sha256", rsa_pss, true),
    SALLYPORT_SCHEME(rsa_pss_pss_sha384, "rsa_pss_pss_sha384", rsa_pss, true),
    SALLYPORT_SCHEME(rsa_pss_pss_sha512, "rsa_pss_pss_sha512", rsa_pss, true),
    SALLYPORT_SCHEME(rsa_pkcs1_sha256, "RSA+SHA256", rsa, false),
    SALLYPORT_SCHEME(rsa_pkcs1_sha384, "RSA+SHA384", rsa, false),
    SALLYPORT_SCHEME(rsa_pkcs1_sha512, "RSA+SHA512", rsa, false),
};
#undef SALLYPORT_SCHEME

}  // namespace

std::span<const SchemeFacts> all_schemes() noexcept { return kSchemes; }

const SchemeFacts* find_scheme(SignatureScheme id) noexcept {
  const auto row = std::ranges::find(kSchemes, id, &SchemeFacts::id);
  return row == std::ranges::end(kSchemes) ? nullptr : row;
}

std::optional<NamedGroup> curve_of(KeyKind key) noexcept {
  if (key == KeyKind::ecdsa_p256) return NamedGroup::secp256r1;
  if (key == KeyKind::ecdsa_p384) return NamedGroup::secp384r1;
  if (key == KeyKind::ecdsa_p521) return NamedGroup::secp521r1;
  return std::nullopt;
}

bool fits(SignatureScheme scheme, KeyKind key, ProtocolVersion version) noexcept {
  const SchemeFacts* row = find_scheme(scheme);
  if (row == nullptr) return false;
  const auto is_ecdsa = [](KeyKind kind) { return curve_of(kind).has_value(); };
  // RFC 9846 §4.3.3: the ECDSA code points name a curve in TLS 1.3 only; in TLS 1.2 they are {hash, ecdsa}.
  if (version == ProtocolVersion::tls12 && is_ecdsa(key)) return is_ecdsa(row->key);
  return row->key == key;
}

}  // namespace crypto

std::span<const SignatureScheme> schemes_for(KeyKind kind) noexcept {
  using enum SignatureScheme;
  static constexpr SignatureScheme kP256[] = {ecdsa_secp256r1_sha256}, kP384[] = {ecdsa_secp384r1_sha384},
                                   kP521[] = {ecdsa_secp521r1_sha512};
  static constexpr SignatureScheme kEd25519[] = {ed25519};
  static constexpr SignatureScheme kRsa[] = {rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512,
                                             rsa_pkcs1_sha256,    rsa_pkcs1_sha384,    rsa_pkcs1_sha512};
  static constexpr SignatureScheme kPss[] = {rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512};
  switch (kind) {
    case KeyKind::rsa:
      return kRsa;
    case KeyKind::rsa_pss:
      return kPss;
    case KeyKind::ecdsa_p256:
      return kP256;
    case KeyKind::ecdsa_p384:
      return kP384;
    case KeyKind::ecdsa_p521:
      return kP521;
    case KeyKind::ed25519:
      return kEd25519;
  }
  return {};
}

namespace {

bool can_sign(KeyKind kind, SignatureScheme scheme, std::span<const SignatureScheme> accepted,
              ProtocolVersion version) noexcept {
  return crypto::fits(scheme, kind, version) &&
         (version == ProtocolVersion::tls12 || crypto::find_scheme(scheme)->tls13_handshake) &&
         std::ranges::find(accepted, scheme) != accepted.end();
}

/// The first of `preferred` that is usable, then the first of `others`.
template <class Usable>
std::optional<SignatureScheme> first(std::span<const SignatureScheme> preferred,
                                     std::span<const SignatureScheme> others, Usable&& usable) noexcept {
  for (const auto list : {preferred, others})
    for (const SignatureScheme scheme : list)
      if (usable(scheme)) return scheme;
  return std::nullopt;
}

}  // namespace

// Of what the peer accepts, in the end: in TLS 1.2 a hash that is not the curve's own.

std::optional<SignatureScheme> scheme_for(KeyKind kind, std::span<const SignatureScheme> accepted,
                                          ProtocolVersion version) noexcept {
  return first(schemes_for(kind), accepted,
               [&](SignatureScheme scheme) { return can_sign(kind, scheme, accepted, version); });
}

std::optional<SignatureScheme> scheme_for(const Credential& credential, std::span<const SignatureScheme> accepted,
                                          ProtocolVersion version) noexcept {
  if (!credential.key) return std::nullopt;
  const SigningKey& key = *credential.key;
  const auto usable = [&](SignatureScheme scheme) {
    return can_sign(key.kind(), scheme, accepted, version) && key.allows(scheme);
  };
  if (!credential.signing_schemes.empty()) return first(credential.signing_schemes, {}, usable);
  return first(schemes_for(key.kind()), accepted, usable);
}

}  // namespace tls
