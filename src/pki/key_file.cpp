#include "pki/key_file.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/certificate.h"
#include "pki/der_file.h"
#include "pki/encrypted_key.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

using ByteVector = std::vector<std::uint8_t>;

/// Appends a TLV. `out` has room for it already where it holds key material: no copy is left behind by growth.
void put(ByteVector& out, std::uint8_t tag, Bytes value) {
  out.push_back(tag);
  const std::size_t n = value.size();  // below 2^24: kMaxPem
  if (n >= 0x10000)
    out.insert(out.end(), {0x83, static_cast<std::uint8_t>(n >> 16)});
  else if (n >= 0x100)
    out.push_back(0x82);
  else if (n >= 0x80)
    out.push_back(0x81);
  if (n >= 0x100) out.push_back(static_cast<std::uint8_t>(n >> 8));
  out.push_back(static_cast<std::uint8_t>(n));
  out.insert(out.end(), value.begin(), value.end());
}

/// PrivateKeyInfo (RFC 5958 §2): version 0, AlgorithmIdentifier, the key.
PemBlock wrap(std::string_view algorithm, Bytes parameters, Bytes key) {
  constexpr std::size_t kHeaders = 64;  // more than all tags, lengths and the algorithm take
  ByteVector identifier;
  put(identifier, crypto::der::kOid, as_bytes(algorithm));
  identifier.insert(identifier.end(), parameters.begin(), parameters.end());
  PemBlock body, block;
  body.der.reserve(key.size() + identifier.size() + kHeaders);
  body.der.insert(body.der.end(), {crypto::der::kInteger, 1, 0});
  put(body.der, crypto::der::kSequence, identifier);
  put(body.der, crypto::der::kOctetString, key);
  block.label = "PRIVATE KEY";
  block.der.reserve(body.der.size() + kHeaders);
  put(block.der, crypto::der::kSequence, body.der);
  return block;
}

std::unexpected<Error> bad_key(const std::string& place, std::string_view reason) {
  return fail(Code::bad_key_file, place + ": " + std::string(reason));
}

/// The ECParameters of a curve: its name (RFC 5480 §2.1.1).
std::string_view curve_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::ecdsa_p256:
      return oid::kSecp256r1;
    case KeyKind::ecdsa_p384:
      return oid::kSecp384r1;
    case KeyKind::ecdsa_p521:
      return oid::kSecp521r1;
    case KeyKind::rsa:
    case KeyKind::rsa_pss:
    case KeyKind::ed25519:
      break;
  }
  return {};
}

/// ECPrivateKey (RFC 5915 §3): version 1, privateKey, [0] parameters, [1] publicKey.
Result<PemBlock> from_sec1(Bytes key, std::optional<KeyKind> leaf, const std::string& place) {
  crypto::DerReader reader(key);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  (void)fields.take(crypto::der::kInteger);
  (void)fields.take(crypto::der::kOctetString);
  const auto parameters = fields.take_if(crypto::der::context_constructed(0));
  if (!fields.ok()) return bad_key(place, "the EC private key is not the DER of SEC1 (RFC 5915 §3)");
  if (parameters) return wrap(oid::kEcPublicKey, parameters->value, key);
  if (!leaf)
    return bad_key(place,
                   "the EC private key does not name its curve: load it together with its certificate, which does");
  const std::string_view curve = curve_of(*leaf);
  if (curve.empty())
    return bad_key(place, "the private key is an EC key and the leaf's is not: they do not belong together");
  ByteVector named;
  put(named, crypto::der::kOid, as_bytes(curve));
  return wrap(oid::kEcPublicKey, named, key);
}

/// Algorithms of PKCS#8 that are met and cannot sign here: OIDs (RFC 3279 §2.3, PKCS #3, RFC 8410 §3) and names.
constexpr std::pair<std::string_view, std::string_view> kRefused[] = {
    {"\x2A\x86\x48\xCE\x38\x04\x01", "DSA"},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x03\x01", "Diffie-Hellman"},
    {"\x2B\x65\x6E", "X25519"},
    {"\x2B\x65\x6F", "X448"},
    {"\x2B\x65\x71", "Ed448"},
};
constexpr std::string_view kSupported[] = {oid::kRsaEncryption, oid::kRsassaPss, oid::kEcPublicKey, oid::kEd25519};
constexpr std::string_view kUseInstead = "use ECDSA on P-256, P-384 or P-521, Ed25519 or RSA";

/// Refuses in words the algorithms and curves of which no SigningKey can be made. `pkcs8` is of that kind.
Result<void> check_algorithm(Bytes pkcs8, const std::string& place) {
  crypto::DerReader outer(pkcs8);
  crypto::DerReader info(outer.take(crypto::der::kSequence).value);
  (void)info.take(crypto::der::kInteger);
  crypto::DerReader algorithm(info.take(crypto::der::kSequence).value);
  const Bytes id = algorithm.take(crypto::der::kOid).value;
  if (!algorithm.ok()) return bad_key(place, "the algorithm of the private key is not DER (RFC 5958 §2)");
  for (const auto& [refused, name] : kRefused)
    if (oid::is(id, refused))
      return bad_key(place,
                     "a private key for " + std::string(name) + " cannot sign here: " + std::string(kUseInstead));
  if (std::ranges::none_of(kSupported, [&](std::string_view one) { return oid::is(id, one); }))
    return bad_key(place, "a private key of the algorithm " + printable(oid::text(id)) +
                              " cannot sign here: " + std::string(kUseInstead));
  if (oid::is(id, oid::kRsaEncryption) &&
      der_kind(info.take(crypto::der::kOctetString).value) == DerKind::pkcs1_multiprime)
    return bad_key(place, "it is " + std::string(advice_for(DerKind::pkcs1_multiprime)));
  if (!oid::is(id, oid::kEcPublicKey)) return {};
  if (algorithm.next_is(crypto::der::kSequence))
    return bad_key(place,
                   "the EC private key spells its curve out instead of naming it: convert it with "
                   "'openssl ec -in FILE -param_enc named_curve -out NEW'");
  const Bytes curve = algorithm.take(crypto::der::kOid).value;
  if (!algorithm.ok()) return bad_key(place, "the EC private key does not name its curve (RFC 5480 §2.1.1)");
  if (oid::is(curve, oid::kSecp256r1) || oid::is(curve, oid::kSecp384r1) || oid::is(curve, oid::kSecp521r1)) return {};
  return bad_key(place, "a private key on the curve " + printable(oid::text(curve)) +
                            " cannot sign here: " + std::string(kUseInstead));
}

PemBlock copy_of(const PemBlock& block) {
  PemBlock out;
  out.label = block.label, out.number = block.number, out.line = block.line;
  out.der.assign(block.der.begin(), block.der.end());
  return out;
}

/// The key of one block or file in PKCS#8, by its content.
Result<PemBlock> normalise(const FoundKey& key, std::optional<KeyKind> leaf) {
  switch (const DerKind kind = der_kind(key.block.der)) {
    case DerKind::pkcs8:
      return copy_of(key.block);
    case DerKind::sec1:
      return from_sec1(key.block.der, leaf, key.where);
    case DerKind::pkcs1: {
      constexpr std::uint8_t kNull[] = {0x05, 0x00};
      return wrap(oid::kRsaEncryption, kNull, key.block.der);
    }
    case DerKind::certificate:
      return bad_key(key.where, "it is a certificate, and no private key");
    default:
      if (const std::string_view advice = advice_for(kind); !advice.empty())
        return bad_key(key.where, "it is " + std::string(advice));
      return bad_key(key.where, "it is none of PKCS#8, PKCS#1 and SEC1: is it damaged?");
  }
}

/// A block or file with a key in it, decrypted.
Result<FoundKey> open_key(PemBlock block, std::string where, PasswordAsker& asker) {
  if (der_kind(block.der) != DerKind::encrypted_pkcs8) return FoundKey{std::move(block), std::move(where)};
  auto key = decrypt_pkcs8(block.der, KeyContainer::pkcs8, asker, where);
  if (!key) return std::unexpected(Error(key.error().code(), where + ": " + words_of(key.error())));
  return FoundKey{std::move(*key), std::move(where)};
}

}  // namespace

Result<FoundKey> find_private_key(std::string_view text, PasswordAsker& asker, const std::string& file) {
  const std::string prefix = file.empty() ? "" : file + ", ";
  if (text.size() <= limits::kMaxPem && is_der(text)) {
    PemBlock block;
    block.der.assign(text.begin(), text.end());
    return open_key(std::move(block), file.empty() ? "the DER of the private key" : file, asker);
  }
  auto blocks = parse_pem(text);
  if (!blocks) return fail(Code::bad_key_file, prefix + blocks.error().detail());
  for (PemBlock& block : *blocks) {
    if (!block.label.ends_with("PRIVATE KEY")) continue;
    std::string where = prefix + place_of(block);
    if (block.encrypted)
      return bad_key(where,
                     "it is encrypted in OpenSSL's old way, with a key out of one MD5: convert it with 'openssl pkcs8 "
                     "-topk8 -v2 aes-256-cbc -in FILE -out NEW'");
    if (block.label == "OPENSSH PRIVATE KEY")
      return bad_key(where, "it is in OpenSSH's own format: convert it with 'ssh-keygen -p -m PKCS8 -f FILE'");
    return open_key(std::move(block), std::move(where), asker);
  }
  return fail(Code::bad_key_file, (file.empty() ? "" : file + ": ") + "there is no private key in it: it has " +
                                      place_of(blocks->front()) + (blocks->size() == 1 ? "" : " and others"));
}

Result<PemBlock> as_pkcs8(const FoundKey& key, std::optional<KeyKind> leaf) {
  auto pkcs8 = normalise(key, leaf);
  if (!pkcs8) return pkcs8;
  if (auto checked = check_algorithm(pkcs8->der, key.where); !checked)
    return std::unexpected(std::move(checked).error());
  return pkcs8;
}

bool lacks_curve(const FoundKey& key) noexcept {
  if (der_kind(key.block.der) != DerKind::sec1) return false;
  crypto::DerReader reader(key.block.der);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  (void)fields.take(crypto::der::kInteger);
  (void)fields.take(crypto::der::kOctetString);
  return fields.ok() && !fields.next_is(crypto::der::context_constructed(0));
}

Result<PemBlock> load_private_key(std::string_view text, std::optional<KeyKind> leaf) {
  const PasswordSource none;
  PasswordAsker asker(none);
  auto found = find_private_key(text, asker);
  if (!found) return std::unexpected(std::move(found).error());
  return as_pkcs8(*found, leaf);
}

}  // namespace tls::pki
