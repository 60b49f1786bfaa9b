#include "pki/key_file.h"

#include "crypto/der.h"
#include "pki/certificate.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

using ByteVector = std::vector<std::uint8_t>;

/// Appends a TLV. `out` has room for it already where it holds key material: no copy is left behind by growth.
void put(ByteVector& out, std::uint8_t tag, Bytes value) {
  out.push_back(tag);
  const std::size_t n = value.size();
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

/// ECPrivateKey (RFC 5915 §3): version 1, privateKey, [0] parameters, [1] publicKey.
Result<PemBlock> from_sec1(Bytes key) {
  crypto::DerReader reader(key);
  crypto::DerReader fields(reader.take(crypto::der::kSequence).value);
  const std::uint32_t version = fields.small_integer();
  (void)fields.take(crypto::der::kOctetString);
  const auto parameters = fields.take_if(crypto::der::context_constructed(0));
  if (!fields.ok() || !reader.done() || version != 1)
    return fail(Code::bad_key_file, "the EC PRIVATE KEY cannot be parsed");
  if (!parameters)
    return fail(Code::bad_key_file,
                "the EC PRIVATE KEY does not name its curve: convert it with 'openssl pkcs8 -topk8'");
  return wrap(oid::kEcPublicKey, parameters->value, key);
}

}  // namespace

Result<PemBlock> load_private_key(std::string_view pem) {
  auto blocks = parse_pem(pem);
  if (!blocks) return std::unexpected(std::move(blocks).error());
  for (PemBlock& block : *blocks) {
    if (!block.label.ends_with("PRIVATE KEY")) continue;
    if (block.encrypted || block.label == "ENCRYPTED PRIVATE KEY")
      return fail(Code::bad_key_file, "the private key is encrypted: decrypt it first, e.g. with 'openssl pkey'");
    if (block.label == "PRIVATE KEY") return std::move(block);
    if (block.label == "EC PRIVATE KEY") return from_sec1(block.der);
    if (block.label == "RSA PRIVATE KEY") {
      constexpr std::uint8_t kNull[] = {0x05, 0x00};
      return wrap(oid::kRsaEncryption, kNull, block.der);
    }
    return fail(Code::bad_key_file, "'" + printable(block.label) +
                                        "' is not a kind of private key that can be read: "
                                        "convert it with 'openssl pkcs8 -topk8 -nocrypt'");
  }
  return fail(Code::bad_key_file, "there is no private key in it");
}

}  // namespace tls::pki
