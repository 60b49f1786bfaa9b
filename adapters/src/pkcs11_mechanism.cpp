#include "pkcs11_mechanism.h"

#include <algorithm>
#include <string_view>

namespace tls::pkcs11 {
namespace {

using namespace std::string_view_literals;
using enum SignatureScheme;

struct Hash {
  CK_MECHANISM_TYPE mechanism;
  CK_RSA_PKCS_MGF_TYPE mgf;
  CK_MECHANISM_TYPE with_pss, with_pkcs1;
  std::size_t size;
  std::string_view info;  // DER of DigestInfo before the digest (RFC 8017 §9.2)
};
constexpr Hash kSha256{CKM_SHA256,
                       CKG_MGF1_SHA256,
                       CKM_SHA256_RSA_PKCS_PSS,
                       CKM_SHA256_RSA_PKCS,
                       32,
                       "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"sv};
constexpr Hash kSha384{CKM_SHA384,
                       CKG_MGF1_SHA384,
                       CKM_SHA384_RSA_PKCS_PSS,
                       CKM_SHA384_RSA_PKCS,
                       48,
                       "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"sv};
constexpr Hash kSha512{CKM_SHA512,
                       CKG_MGF1_SHA512,
                       CKM_SHA512_RSA_PKCS_PSS,
                       CKM_SHA512_RSA_PKCS,
                       64,
                       "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"sv};

enum class Padding : std::uint8_t { pss, pkcs1, none };
struct Row {
  SignatureScheme scheme;
  const Hash* hash;
  Padding padding;
};
constexpr Row kRows[] = {
    {rsa_pkcs1_sha256, &kSha256, Padding::pkcs1},      {rsa_pkcs1_sha384, &kSha384, Padding::pkcs1},
    {rsa_pkcs1_sha512, &kSha512, Padding::pkcs1},      {rsa_pss_rsae_sha256, &kSha256, Padding::pss},
    {rsa_pss_rsae_sha384, &kSha384, Padding::pss},     {rsa_pss_rsae_sha512, &kSha512, Padding::pss},
    {ecdsa_secp256r1_sha256, &kSha256, Padding::none}, {ecdsa_secp384r1_sha384, &kSha384, Padding::none},
    {ecdsa_secp521r1_sha512, &kSha512, Padding::none},
};

const Row* row_of(SignatureScheme scheme) noexcept {
  const auto row = std::ranges::find(kRows, scheme, &Row::scheme);
  return row == std::ranges::end(kRows) ? nullptr : row;
}

/// Bytes of r and of s; 0: no curve of ECDSA.
std::size_t curve_size(KeyKind kind) noexcept {
  if (kind == KeyKind::ecdsa_p256) return 32;
  if (kind == KeyKind::ecdsa_p384) return 48;
  return kind == KeyKind::ecdsa_p521 ? 66 : 0;
}

/// RSA: with a digest of ours where the token takes one, for then it is given little to read.
std::vector<Way> rsa_ways(const Row& row) {
  const Hash& hash = *row.hash;
  if (row.padding == Padding::pkcs1)
    return {Way{.mechanism = CKM_RSA_PKCS, .input = Way::Input::digest_info}, Way{.mechanism = hash.with_pkcs1}};
  const CK_RSA_PKCS_PSS_PARAMS pss{hash.mechanism, hash.mgf, hash.size};  // RFC 9846 §4.3.3: a salt as long as the hash
  return {Way{.mechanism = CKM_RSA_PKCS_PSS, .pss = pss, .input = Way::Input::digest},
          Way{.mechanism = hash.with_pss, .pss = pss}};
}

void append_integer(std::vector<std::uint8_t>& out, Bytes value) {
  while (value.size() > 1 && value[0] == 0) value = value.subspan(1);
  const bool sign = (value[0] & 0x80) != 0;
  out.push_back(0x02);
  out.push_back(static_cast<std::uint8_t>(value.size() + (sign ? 1 : 0)));  // below 128: of 66 bytes at most
  if (sign) out.push_back(0);
  out.insert(out.end(), value.begin(), value.end());
}

}  // namespace

std::optional<Way> way_of(SignatureScheme scheme, KeyKind kind, std::span<const CK_MECHANISM_TYPE> offered) noexcept {
  const auto has = [&](const Way& way) { return std::ranges::find(offered, way.mechanism) != offered.end(); };
  const auto one = [&](const Way& way) { return has(way) ? std::optional(way) : std::nullopt; };
  if (scheme == ed25519) return kind == KeyKind::ed25519 ? one(Way{.mechanism = CKM_EDDSA}) : std::nullopt;
  const Row* row = row_of(scheme);
  if (row == nullptr) return std::nullopt;
  if (row->padding == Padding::none) {
    const std::size_t curve = curve_size(kind);
    if (curve == 0) return std::nullopt;
    return one(Way{.mechanism = CKM_ECDSA, .input = Way::Input::digest, .curve = curve});
  }
  if (kind != KeyKind::rsa) return std::nullopt;
  for (const Way& way : rsa_ways(*row))
    if (has(way)) return way;
  return std::nullopt;
}

std::vector<std::uint8_t> input_of(const Way& way, SignatureScheme scheme, Bytes message) {
  if (way.input == Way::Input::message) return {message.begin(), message.end()};
  std::vector<std::uint8_t> input;
  if (way.input == Way::Input::digest_info) {
    const Bytes info = as_bytes(row_of(scheme)->hash->info);
    input.assign(info.begin(), info.end());
  }
  const std::vector<std::uint8_t> digest = digest_to_sign(scheme, message);
  input.insert(input.end(), digest.begin(), digest.end());
  // FIPS 186-4 §6.4: the leftmost bits of a digest that is longer than the curve; not every token cuts it.
  if (way.curve != 0 && input.size() > way.curve) input.resize(way.curve);
  return input;
}

std::optional<std::vector<std::uint8_t>> output_of(const Way& way, Bytes signature) {
  if (way.curve == 0) return std::vector<std::uint8_t>(signature.begin(), signature.end());
  if (signature.size() != 2 * way.curve) return std::nullopt;
  std::vector<std::uint8_t> numbers;
  append_integer(numbers, signature.first(way.curve));
  append_integer(numbers, signature.subspan(way.curve));
  std::vector<std::uint8_t> der{0x30};
  if (numbers.size() > 127) der.push_back(0x81);  // of P-521
  der.push_back(static_cast<std::uint8_t>(numbers.size()));
  der.insert(der.end(), numbers.begin(), numbers.end());
  return der;
}

std::optional<KeyKind> kind_of_curve(Bytes parameters) noexcept {
  struct Curve {
    std::string_view der;
    KeyKind kind;
  };
  // RFC 5480 §2.1.1.1; for Ed25519 PKCS#11 3.0 has a PrintableString and the OID of RFC 8410 §3.
  static constexpr Curve kCurves[] = {{"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"sv, KeyKind::ecdsa_p256},
                                      {"\x06\x05\x2b\x81\x04\x00\x22"sv, KeyKind::ecdsa_p384},
                                      {"\x06\x05\x2b\x81\x04\x00\x23"sv, KeyKind::ecdsa_p521},
                                      {"\x13\x0c"
                                       "edwards25519"sv,
                                       KeyKind::ed25519},
                                      {"\x06\x03\x2b\x65\x70"sv, KeyKind::ed25519}};
  const auto curve = std::ranges::find(kCurves, as_text(parameters), &Curve::der);
  return curve == std::ranges::end(kCurves) ? std::nullopt : std::optional(curve->kind);
}

}  // namespace tls::pkcs11
