// RSASSA-PSS-params of a public key (RFC 4055 §3.1).
#include <algorithm>
#include <array>

#include "crypto/der.h"
#include "crypto/spki.h"

namespace tls::crypto {
namespace {

constexpr std::uint8_t kMgf1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08};

/// AlgorithmIdentifier of SHA-256, SHA-384 or SHA-512; RFC 4055 §2.1: parameters absent or NULL.
std::optional<SchemeHash> read_hash(Reader& reader) noexcept {
  Reader algorithm(der::element(reader, der::kSequence));
  const Bytes oid = der::element(algorithm, der::kOid);
  if (!algorithm.empty() && !der::element(algorithm, der::kNull).empty()) algorithm.fail();
  if (!algorithm.done()) reader.fail();
  constexpr std::array<std::uint8_t, 8> kNistHash = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
  if (oid.size() != kNistHash.size() + 1 || !std::ranges::equal(oid.first(kNistHash.size()), kNistHash)) return {};
  switch (oid.back()) {
    case 1:
      return SchemeHash::sha256;
    case 2:
      return SchemeHash::sha384;
    case 3:
      return SchemeHash::sha512;
    default:
      return {};
  }
}

/// maskGenAlgorithm: MGF1 with the hash that is returned.
std::optional<SchemeHash> read_mgf1(Reader& reader) noexcept {
  Reader algorithm(der::element(reader, der::kSequence));
  const Bytes oid = der::element(algorithm, der::kOid);
  if (!std::ranges::equal(oid, kMgf1)) return {};
  const auto hash = read_hash(algorithm);
  if (!algorithm.done()) reader.fail();
  return hash;
}

}  // namespace

std::optional<SchemeHash> read_pss_parameters(Reader& reader) noexcept {
  Reader parameters(der::element(reader, der::kSequence));
  // What is absent has a default that TLS does not use: SHA-1, and a salt of 20 bytes.
  if (!der::next_is(parameters, der::context(0))) return {};
  Reader hash_field(der::element(parameters, der::context(0)));
  const auto hash = read_hash(hash_field);
  if (!der::next_is(parameters, der::context(1))) return {};
  Reader mgf_field(der::element(parameters, der::context(1)));
  const auto mgf_hash = read_mgf1(mgf_field);
  std::size_t salt = 20;
  if (der::next_is(parameters, der::context(2))) {
    Reader salt_field(der::element(parameters, der::context(2)));
    const Bytes value = der::element(salt_field, der::kInteger);
    if (value.size() != 1 || !salt_field.done()) return {};
    salt = value[0];
  }
  if (!hash || mgf_hash != hash || !parameters.done()) return {};  // trailerField has one value, which DER leaves out
  // RFC 4055 §3.1: the key's saltLength is the least that may be used; ours is the hash's length.
  return salt <= size(*hash) ? hash : std::nullopt;
}

}  // namespace tls::crypto
