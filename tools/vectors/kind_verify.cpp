// VERIFY (see signature_case.h): message, signature (or r and s), and the key as spki, as point (ECDSA, uncompressed),
// as modulus and exponent (RSA), or as public (Ed25519).
#include "crypto/signature.h"
#include "vectors/der_build.h"
#include "vectors/signature_case.h"

namespace tls::vectors {
namespace {

constexpr std::size_t kMinRsaBits = 1024;  // the arithmetic of old vectors is as good as any

ByteVector spki_of(const Case& c) {
  if (c.has("spki")) return c.bytes("spki");
  if (c.has("point")) return der::ec_spki(curve_of(c), c.bytes("point"));
  if (c.has("modulus")) return der::rsa_spki(c.bytes("modulus"), c.bytes("exponent"));
  return der::ed25519_spki(c.bytes("public"));
}

Outcome check(const Case& c, Context& context) {
  const auto use = scheme_of(c);
  if (const auto* why = std::get_if<std::string>(&use)) return skipped(*why);
  const auto [scheme, version] = std::get<SchemeUse>(use);
  const auto key = crypto::PublicKey::from_spki(spki_of(c), kMinRsaBits);
  if (!key) {
    if (c.expect == Expect::invalid) return passed();
    return key.error().code() == Code::unsupported_certificate ? skipped(key.error().detail())
                                                               : failed(key.error().message());
  }
  context.implementations.emplace(name(scheme));
  const auto verdict = key->verify(scheme, c.bytes("message"), signature_of(c), version);
  if (!verdict && verdict.error().code() != Code::bad_signature) return failed(verdict.error().message());
  switch (c.expect) {
    case Expect::valid:
      return verdict ? passed() : failed("a good signature was refused");
    case Expect::invalid:
      return verdict ? failed("a bad signature was accepted") : passed();
    case Expect::acceptable:
      break;
  }
  return passed();
}

}  // namespace

constinit const Kind kVerifyKind = {"VERIFY", "good signatures are accepted and bad ones refused", check};

}  // namespace tls::vectors
