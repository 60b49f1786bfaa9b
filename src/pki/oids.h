// Object identifiers that certificates and keys are compared with: contents octets of their DER.
#pragma once

#include <algorithm>
#include <string_view>

#include "tls/bytes.h"

namespace tls::pki::oid {

using namespace std::string_view_literals;

// Keys (RFC 3279 §2.3, RFC 5480 §2.1.1, RFC 8410 §3).
inline constexpr auto kRsaEncryption = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"sv;
inline constexpr auto kRsassaPss = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A"sv;
inline constexpr auto kEcPublicKey = "\x2A\x86\x48\xCE\x3D\x02\x01"sv;
inline constexpr auto kEd25519 = "\x2B\x65\x70"sv;
inline constexpr auto kSecp256r1 = "\x2A\x86\x48\xCE\x3D\x03\x01\x07"sv;
inline constexpr auto kSecp384r1 = "\x2B\x81\x04\x00\x22"sv;
inline constexpr auto kSecp521r1 = "\x2B\x81\x04\x00\x23"sv;

// Signatures and hashes (RFC 4055 §5, RFC 5758 §3.2).
inline constexpr auto kSha256WithRsa = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"sv;
inline constexpr auto kSha384WithRsa = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C"sv;
inline constexpr auto kSha512WithRsa = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D"sv;
inline constexpr auto kSha1WithRsa = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05"sv;
inline constexpr auto kMd5WithRsa = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x04"sv;
inline constexpr auto kEcdsaWithSha1 = "\x2A\x86\x48\xCE\x3D\x04\x01"sv;
inline constexpr auto kEcdsaWithSha256 = "\x2A\x86\x48\xCE\x3D\x04\x03\x02"sv;
inline constexpr auto kEcdsaWithSha384 = "\x2A\x86\x48\xCE\x3D\x04\x03\x03"sv;
inline constexpr auto kEcdsaWithSha512 = "\x2A\x86\x48\xCE\x3D\x04\x03\x04"sv;
inline constexpr auto kSha256 = "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv;
inline constexpr auto kSha384 = "\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv;
inline constexpr auto kSha512 = "\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv;

// Certificate extensions (RFC 5280 §4.2).
inline constexpr auto kSubjectKeyIdentifier = "\x55\x1D\x0E"sv;
inline constexpr auto kKeyUsage = "\x55\x1D\x0F"sv;
inline constexpr auto kSubjectAltName = "\x55\x1D\x11"sv;
inline constexpr auto kBasicConstraints = "\x55\x1D\x13"sv;
inline constexpr auto kNameConstraints = "\x55\x1D\x1E"sv;
inline constexpr auto kCrlDistributionPoints = "\x55\x1D\x1F"sv;
inline constexpr auto kCertificatePolicies = "\x55\x1D\x20"sv;
inline constexpr auto kPolicyMappings = "\x55\x1D\x21"sv;
inline constexpr auto kAuthorityKeyIdentifier = "\x55\x1D\x23"sv;
inline constexpr auto kPolicyConstraints = "\x55\x1D\x24"sv;
inline constexpr auto kExtKeyUsage = "\x55\x1D\x25"sv;
inline constexpr auto kInhibitAnyPolicy = "\x55\x1D\x36"sv;

// Policies (RFC 5280 §4.2.1.4).
inline constexpr auto kAnyPolicy = "\x55\x1D\x20\x00"sv;

// Policy qualifiers (RFC 5280 §4.2.1.4).
inline constexpr auto kCpsQualifier = "\x2B\x06\x01\x05\x05\x07\x02\x01"sv;
inline constexpr auto kUserNoticeQualifier = "\x2B\x06\x01\x05\x05\x07\x02\x02"sv;

// Extended key usages (RFC 5280 §4.2.1.12).
inline constexpr auto kAnyExtendedKeyUsage = "\x55\x1D\x25\x00"sv;
inline constexpr auto kServerAuth = "\x2B\x06\x01\x05\x05\x07\x03\x01"sv;
inline constexpr auto kClientAuth = "\x2B\x06\x01\x05\x05\x07\x03\x02"sv;

// Name attributes (RFC 5280 Appendix A.1).
inline constexpr auto kCommonName = "\x55\x04\x03"sv;
inline constexpr auto kCountry = "\x55\x04\x06"sv;
inline constexpr auto kOrganization = "\x55\x04\x0A"sv;
inline constexpr auto kEmailAddress = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01"sv;
inline constexpr auto kOrganizationalUnit = "\x55\x04\x0B"sv;

// Other names (RFC 9598 §3).
inline constexpr auto kSmtpUtf8Mailbox = "\x2B\x06\x01\x05\x05\x07\x08\x09"sv;

/// True when `value`, the contents octets of an OBJECT IDENTIFIER, is `id`.
[[nodiscard]] inline bool is(Bytes value, std::string_view id) noexcept {
  return std::ranges::equal(value, as_bytes(id));
}

}  // namespace tls::pki::oid
