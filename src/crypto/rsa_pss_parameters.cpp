// RSASSA-PSS-params of a public key (RFC 4055 §3.1).
#include <algorithm>
#include <array>

#include "crypto/der.h"
#include "crypto/spki.h"

namespace tls::crypto {
namespace {

constexpr std::uint8_t kMgf1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08};

/// AlgorithmIdentifier of SHA-256, SHA-384 or SHA-512; RFC 4055 §2.1: parameters absent or NULL.
std::optional<SchemeHash> read_hash(DerReader& reader) noexcept {
  DerReader algorithm(reader.take(der::kSequence).value);
  const Bytes oid = algorithm.take(der::kOid).value;
  if (!algorithm.empty() && !algorithm.take(der::kNull).value.empty()) algorithm.fail();
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
std::optional<SchemeHash> read_mgf1(DerReader& reader) noexcept {
  DerReader algorithm(reader.take(der::kSequence).value);
  const Bytes oid = algorithm.take(der::kOid).value;
  if (!std::ranges::equal(oid, kMgf1)) return {};
  const auto hash = read_hash(algorithm);
  if (!algorithm.done()) reader.fail();
  return hash;
}

}  // namespace

std::optional<SchemeHash> read_pss_parameters(DerReader& reader) noexcept {
  DerReader parameters(reader.take(der::kSequence).value);
  // What is absent has a default that TLS does not use: SHA-1, and a salt of 20 bytes.
  if (!parameters.next_is(der::context_constructed(0))) return {};
  DerReader hash_field(parameters.take(der::context_constructed(0)).value);
  const auto hash = read_hash(hash_field);
  if (!parameters.next_is(der::context_constructed(1))) return {};
  DerReader mgf_field(parameters.take(der::context_constructed(1)).value);
  const auto mgf_hash = read_mgf1(mgf_field);
  std::size_t salt = 20;
  if (parameters.next_is(der::context_constructed(2))) {
    DerReader salt_field(parameters.take(der::context_constructed(2)).value);
    const Bytes value = salt_field.take(der::kInteger).value;
    if (value.size() != 1 || !salt_field.done()) return {};
    salt = value[0];
  }
  if (!hash || mgf_hash != hash || !parameters.done()) return {};  // trailerField has one value, which DER leaves out
  // RFC 4055 §3.1: the key's saltLength is the least that may be used; ours is the hash's length.
  return salt <= size(*hash) ? hash : std::nullopt;
}

}  // namespace tls::crypto
