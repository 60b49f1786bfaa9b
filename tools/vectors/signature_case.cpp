#include "vectors/signature_case.h"

#include "crypto/signature.h"
#include "vectors/der_build.h"

namespace tls::vectors {
namespace {

/// 256, 384 or 512; 0 for hashes that no scheme has.
unsigned hash_bits(const Case& c) {
  for (unsigned bits : {256u, 384u, 512u})
    if (same_name(c.text("hash"), "SHA-" + std::to_string(bits))) return bits;
  return 0;
}

SignatureScheme by_hash(unsigned bits, SignatureScheme sha256, SignatureScheme sha384, SignatureScheme sha512) {
  return bits == 256 ? sha256 : bits == 384 ? sha384 : sha512;
}
SchemeUse rsa_scheme(unsigned bits, SignatureScheme sha256, SignatureScheme sha384, SignatureScheme sha512) {
  return {by_hash(bits, sha256, sha384, sha512), ProtocolVersion::tls13};
}

}  // namespace

std::variant<SchemeUse, std::string> scheme_of(const Case& c) {
  using enum SignatureScheme;
  if (const auto named = signature_scheme_named(c.algorithm)) return SchemeUse{*named, ProtocolVersion::tls13};
  const unsigned bits = hash_bits(c);
  if (bits == 0) return c.algorithm + " with " + c.text("hash") + ": no scheme of TLS 1.3 has that hash";
  if (c.algorithm == "RSA-PKCS1") return rsa_scheme(bits, rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512);
  if (c.algorithm.starts_with("RSA-PSS")) {
    if (c.has("mgf_hash") && !same_name(c.text("mgf_hash"), c.text("hash")))
      return std::string("RSA-PSS with another hash in MGF1: TLS has one hash for both");
    if (c.has("salt_size") && c.number("salt_size") != bits / 8)
      return "RSA-PSS with a salt of " + c.text("salt_size") + " bytes: in TLS it is as long as the hash";
    return c.algorithm == "RSA-PSS-KEY"
               ? rsa_scheme(bits, rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512)
               : rsa_scheme(bits, rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512);
  }
  if (c.algorithm != "ECDSA") return c.algorithm + " is not a signature algorithm of this library";
  const std::string& curve = c.text("curve");
  const std::size_t own = curve == "secp256r1" ? 256 : curve == "secp384r1" ? 384 : curve == "secp521r1" ? 512 : 0;
  if (own == 0) return "ECDSA on " + curve + ": not a curve of this library";
  return SchemeUse{by_hash(bits, ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512),
                   bits == own ? ProtocolVersion::tls13 : ProtocolVersion::tls12};
}

std::string curve_of(const Case& c) {
  if (c.has("curve")) return c.text("curve");
  const auto scheme = signature_scheme_named(c.algorithm);
  if (scheme == SignatureScheme::ecdsa_secp521r1_sha512) return "secp521r1";
  return scheme == SignatureScheme::ecdsa_secp384r1_sha384 ? "secp384r1" : "secp256r1";
}

ByteVector signature_of(const Case& c) {
  if (c.has("signature")) return c.bytes("signature");
  return der::ecdsa_signature(c.bytes("r"), c.bytes("s"));
}

}  // namespace tls::vectors
