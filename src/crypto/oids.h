// Object identifiers of keys and signatures: contents octets of their DER.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/spki.h"

namespace tls::crypto::oid {

using namespace std::string_view_literals;

// Keys (RFC 3279 §2.3.1, RFC 4055 §3.1, RFC 5480 §2.1.1, RFC 8410 §3). The last two also name signatures.
inline constexpr auto kRsaEncryption = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"sv;
inline constexpr auto kEcPublicKey = "\x2A\x86\x48\xCE\x3D\x02\x01"sv;
inline constexpr auto kSecp256r1 = "\x2A\x86\x48\xCE\x3D\x03\x01\x07"sv;
inline constexpr auto kSecp384r1 = "\x2B\x81\x04\x00\x22"sv;
inline constexpr auto kSecp521r1 = "\x2B\x81\x04\x00\x23"sv;
inline constexpr auto kRsassaPss = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A"sv;
inline constexpr auto kEd25519 = "\x2B\x65\x70"sv;
// Mask generation (RFC 4055 §2.2).
inline constexpr auto kMgf1 = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08"sv;

[[nodiscard]] inline bool is(Bytes oid, std::string_view known) noexcept {
  return std::ranges::equal(oid, as_bytes(known));
}
/// "1.2.840.113549.1.1.5"; as hexadecimal digits where that cannot say exactly what the octets are: an arc of more than
/// 63 bits, one that is cut off, or more than limits::kMaxOid octets, of which the first are shown.
[[nodiscard]] std::string text(Bytes oid);
/// SHA-256, SHA-384 or SHA-512.
[[nodiscard]] std::optional<SchemeHash> hash(Bytes oid) noexcept;
/// "SHA-1", "MD5", or the OID of what has no name here.
[[nodiscard]] std::string hash_name(Bytes oid);

}  // namespace tls::crypto::oid
