// SIGN (see signature_case.h): message, signature (or r and s), and the private key as pkcs8, as scalar (ECDSA), as
// seed (Ed25519), or as the numbers of an RSAPrivateKey: modulus, exponent, private_exponent, prime1, prime2,
// exponent1, exponent2, coefficient. `salt`: what PSS draws.
#include "crypto/signature.h"
#include "crypto/software_key.h"
#include "vectors/der_build.h"
#include "vectors/signature_case.h"

namespace tls::vectors {
namespace {

constexpr std::size_t kMinRsaBits = 1024;

/// Gives the salt, and counts how much of it was drawn.
class SaltRandom final : public Random {
 public:
  explicit SaltRandom(ByteVector salt) : salt_(std::move(salt)) {}
  void fill(MutableBytes out) noexcept override {
    for (std::uint8_t& b : out) b = used_ < salt_.size() ? salt_[used_] : 0, ++used_;
  }
  [[nodiscard]] bool used_up() const { return used_ == salt_.size(); }

 private:
  ByteVector salt_;
  std::size_t used_ = 0;
};

ByteVector pkcs8_of(const Case& c) {
  if (c.has("pkcs8")) return c.bytes("pkcs8");
  if (c.has("scalar")) return der::ec_pkcs8(curve_of(c), c.bytes("scalar"));
  if (c.has("seed")) return der::ed25519_pkcs8(c.bytes("seed"));
  const auto number = [&](std::string_view name) { return der::integer(c.bytes(name)); };
  return der::rsa_pkcs8(der::sequence({der::integer({0}), number("modulus"), number("exponent"),
                                       number("private_exponent"), number("prime1"), number("prime2"),
                                       number("exponent1"), number("exponent2"), number("coefficient")}));
}

Outcome check(const Case& c, Context& context) {
  const auto use = scheme_of(c);
  if (const auto* why = std::get_if<std::string>(&use)) return skipped(*why);
  const auto [scheme, version] = std::get<SchemeUse>(use);
  if (version != ProtocolVersion::tls13)
    return skipped("a curve and a hash that only TLS 1.2 joins: never signed with");
  const auto key = crypto::software_key(pkcs8_of(c), kMinRsaBits);
  if (!key) return failed(key.error().message());
  context.implementations.emplace(name(scheme));
  SaltRandom random(c.bytes_or_empty("salt"));
  const auto signature = (*key)->sign(scheme, c.bytes("message"), random);
  if (!signature || !*signature) return failed(signature ? signature->error().message() : "the key made us wait");
  if (**signature != signature_of(c)) return failed("the signature is " + hex(**signature));
  return random.used_up() ? passed() : failed("another number of random bytes than the salt was drawn");
}

}  // namespace

constinit const Kind kSignKind = {"SIGN", "signatures that the message, the key and the salt decide", check};

}  // namespace tls::vectors
