// Keys by Botan: made, encoded, and used to sign.
#include <botan/auto_rng.h>
#include <botan/pk_algs.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/x509_key.h>

#include <stdexcept>

#include "crypto/botan/compat.h"
#include "factory/certificates.h"

namespace sallyport {
namespace {

using namespace der;

struct Recipe {
  const char* algorithm;
  const char* parameters;
};

Recipe recipe(KeyType type) {
  switch (type) {
    case KeyType::ecdsa_p256:
      return {"ECDSA", "secp256r1"};
    case KeyType::ecdsa_p384:
      return {"ECDSA", "secp384r1"};
    case KeyType::ecdsa_p521:
      return {"ECDSA", "secp521r1"};
    case KeyType::ed25519:
      return {"Ed25519", ""};
    case KeyType::rsa_1024:
      return {"RSA", "1024"};
    case KeyType::rsa_2048:
    case KeyType::rsa_pss_2048:
      return {"RSA", "2048"};
  }
  throw std::logic_error("no such key type");
}

bool is_rsa(KeyType type) {
  return type == KeyType::rsa_1024 || type == KeyType::rsa_2048 || type == KeyType::rsa_pss_2048;
}

Der hash_oid(const std::string& hash) {
  if (hash == "SHA-1") return oid("1.3.14.3.2.26");
  if (hash == "SHA-256") return oid("2.16.840.1.101.3.4.2.1");
  if (hash == "SHA-384") return oid("2.16.840.1.101.3.4.2.2");
  if (hash == "SHA-512") return oid("2.16.840.1.101.3.4.2.3");
  throw std::invalid_argument("no such hash");
}

std::uint32_t hash_size(const std::string& hash) {
  return hash == "SHA-1" ? 20 : hash == "SHA-256" ? 32 : hash == "SHA-384" ? 48 : 64;
}

/// id-RSASSA-PSS with parameters (RFC 4055 §3.1).
Der pss_algorithm(const PssParameters& parameters) {
  const Der mgf1 = sequence({oid("1.2.840.113549.1.1.8"), sequence({hash_oid(parameters.mgf1_hash), null()})});
  return sequence(
      {oid("1.2.840.113549.1.1.10"), sequence({explicitly(0, sequence({hash_oid(parameters.hash), null()})),
                                               explicitly(1, mgf1), explicitly(2, integer(parameters.salt))})});
}

Der to_der(const Botan::secure_vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

struct Key::Impl {
  std::unique_ptr<Botan::Private_Key> key;
};

Key::Key(KeyType type, std::shared_ptr<const Impl> impl, std::optional<PssParameters> pss)
    : type_(type), impl_(std::move(impl)), pss_(std::move(pss)) {}
Key::~Key() = default;

std::shared_ptr<const Key> Key::generate(KeyType type) {
  Botan::AutoSeeded_RNG rng;
  const auto [algorithm, parameters] = recipe(type);
  auto impl = std::make_shared<Impl>();
  impl->key = Botan::create_private_key(algorithm, rng, parameters);
  if (!impl->key) throw std::runtime_error(std::string("Botan cannot make keys of ") + algorithm);
  return std::shared_ptr<const Key>(new Key(type, std::move(impl), PssParameters{}));
}

std::shared_ptr<const Key> Key::as_pss(std::optional<PssParameters> parameters) const {
  if (!is_rsa(type_)) throw std::logic_error("only an RSA key can be one of RSASSA-PSS");
  return std::shared_ptr<const Key>(new Key(KeyType::rsa_pss_2048, impl_, std::move(parameters)));
}

// An RSASSA-PSS key is told apart by its AlgorithmIdentifier alone (RFC 4055 §1.2).
Der Key::pss_identifier() const { return pss_ ? pss_algorithm(*pss_) : sequence({oid("1.2.840.113549.1.1.10")}); }

Der Key::spki() const {
  if (type_ == KeyType::rsa_pss_2048) return sequence({pss_identifier(), bit_string(public_bits())});
  return Botan::X509::BER_encode(*impl_->key);
}

Der Key::public_bits() const { return impl_->key->public_key_bits(); }

Der Key::traditional() const { return to_der(impl_->key->private_key_bits()); }

Der Key::pkcs8() const {
  if (type_ == KeyType::rsa_pss_2048) return sequence({integer(0), pss_identifier(), octet_string(traditional())});
  return to_der(Botan::PKCS8::BER_encode(*impl_->key));
}

Der Key::signature_algorithm(const std::string& hash, bool pss, std::optional<std::uint32_t> salt) const {
  if (type_ == KeyType::ed25519) return sequence({oid("1.3.101.112")});
  if (is_rsa(type_)) {
    if (pss || type_ == KeyType::rsa_pss_2048) return pss_algorithm({hash, hash, salt.value_or(hash_size(hash))});
    const char* arc = hash == "SHA-1" ? "5" : hash == "SHA-256" ? "11" : hash == "SHA-384" ? "12" : "13";
    return sequence({oid(std::string("1.2.840.113549.1.1.") + arc), null()});
  }
  if (hash == "SHA-1") return sequence({oid("1.2.840.10045.4.1")});
  const char* arc = hash == "SHA-256" ? "2" : hash == "SHA-384" ? "3" : "4";
  return sequence({oid(std::string("1.2.840.10045.4.3.") + arc)});
}

Der Key::sign(tls::Bytes message, const std::string& hash, bool pss, std::optional<std::uint32_t> salt) const {
  std::string padding = "Pure";
  auto format = tls::crypto::botan::kPlainSignature;
  if (is_rsa(type_)) {
    const bool use_pss = pss || type_ == KeyType::rsa_pss_2048;
    padding = use_pss ? "EMSA4(" + hash + ",MGF1," + std::to_string(salt.value_or(hash_size(hash))) + ")"
                      : "EMSA3(" + hash + ")";
  } else if (type_ != KeyType::ed25519) {
    padding = "EMSA1(" + hash + ")";
    format = tls::crypto::botan::kDerSignature;
  }
  Botan::AutoSeeded_RNG rng;
  Botan::PK_Signer signer(*impl_->key, rng, padding, format);
  return signer.sign_message(message.data(), message.size(), rng);
}

}  // namespace sallyport
