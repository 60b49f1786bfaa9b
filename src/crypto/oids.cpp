#include "crypto/oids.h"

#include "base/limits.h"

namespace tls::crypto::oid {
namespace {

struct NamedHash {
  std::string_view oid;
  std::string_view name;
  std::optional<SchemeHash> hash;
};
constexpr NamedHash kHashes[] = {
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv, "SHA-256", SchemeHash::sha256},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv, "SHA-384", SchemeHash::sha384},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv, "SHA-512", SchemeHash::sha512},
    {"\x2B\x0E\x03\x02\x1A"sv, "SHA-1", {}},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x04"sv, "SHA-224", {}},
    {"\x2A\x86\x48\x86\xF7\x0D\x02\x05"sv, "MD5", {}},
};

const NamedHash* find(Bytes oid) noexcept {
  for (const NamedHash& row : kHashes)
    if (is(oid, row.oid)) return &row;
  return nullptr;
}

}  // namespace

std::string text(Bytes oid) {
  if (oid.empty()) return "an empty OID";
  std::string out;
  std::uint64_t arc = 0;
  bool exact = oid.size() <= limits::kMaxOid && (oid.back() & 0x80) == 0;
  for (const std::uint8_t b : oid.first(std::min(oid.size(), limits::kMaxOid))) {
    exact = exact && arc >> 56 == 0;
    arc = arc << 7 | (b & 0x7F);
    if ((b & 0x80) != 0) continue;
    if (out.empty()) {
      const std::uint64_t first = arc < 80 ? arc / 40 : 2;
      out = std::to_string(first) + "." + std::to_string(arc - 40 * first);
    } else {
      out += "." + std::to_string(arc);
    }
    arc = 0;
  }
  if (exact) return out;
  constexpr std::string_view kDigits = "0123456789abcdef";
  out = "OID 0x";
  for (const std::uint8_t b : oid.first(std::min(oid.size(), limits::kMaxOid))) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return oid.size() > limits::kMaxOid ? out + "..." : out;
}

std::optional<SchemeHash> hash(Bytes oid) noexcept {
  const NamedHash* row = find(oid);
  return row == nullptr ? std::nullopt : row->hash;
}

std::string hash_name(Bytes oid) {
  const NamedHash* row = find(oid);
  return row == nullptr ? "the hash " + text(oid) : std::string(row->name);
}

}  // namespace tls::crypto::oid
