// Object identifiers that certificates are compared with, beside those of keys: contents octets of their DER.
#pragma once

#include "crypto/oids.h"

namespace tls::pki::oid {

using namespace crypto::oid;

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

// Extensions about revocation (RFC 5280 §4.2.2.1, RFC 6960 §4.2.2.2.1, RFC 7633 §4.1, RFC 9608 §2).
inline constexpr auto kAuthorityInfoAccess = "\x2B\x06\x01\x05\x05\x07\x01\x01"sv;
inline constexpr auto kOcspNoCheck = "\x2B\x06\x01\x05\x05\x07\x30\x01\x05"sv;
inline constexpr auto kTlsFeature = "\x2B\x06\x01\x05\x05\x07\x01\x18"sv;
inline constexpr auto kNoRevAvail = "\x55\x1D\x38"sv;

// CRLs and their entries (RFC 5280 §5.2, §5.3).
inline constexpr auto kCrlNumber = "\x55\x1D\x14"sv;
inline constexpr auto kReasonCode = "\x55\x1D\x15"sv;
inline constexpr auto kInvalidityDate = "\x55\x1D\x18"sv;
inline constexpr auto kDeltaCrlIndicator = "\x55\x1D\x1B"sv;
inline constexpr auto kIssuingDistributionPoint = "\x55\x1D\x1C"sv;
inline constexpr auto kCertificateIssuer = "\x55\x1D\x1D"sv;

// OCSP (RFC 6960 §4.2.1, §4.4.1), and the hashes of a CertID.
inline constexpr auto kOcspBasic = "\x2B\x06\x01\x05\x05\x07\x30\x01\x01"sv;
inline constexpr auto kAccessOcsp = "\x2B\x06\x01\x05\x05\x07\x30\x01"sv;
inline constexpr auto kOcspNonce = "\x2B\x06\x01\x05\x05\x07\x30\x01\x02"sv;
inline constexpr auto kSha1 = "\x2B\x0E\x03\x02\x1A"sv;
inline constexpr auto kSha256 = "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv;

// Policies (RFC 5280 §4.2.1.4).
inline constexpr auto kAnyPolicy = "\x55\x1D\x20\x00"sv;

// Policy qualifiers (RFC 5280 §4.2.1.4).
inline constexpr auto kCpsQualifier = "\x2B\x06\x01\x05\x05\x07\x02\x01"sv;
inline constexpr auto kUserNoticeQualifier = "\x2B\x06\x01\x05\x05\x07\x02\x02"sv;

// Extended key usages (RFC 5280 §4.2.1.12).
inline constexpr auto kAnyExtendedKeyUsage = "\x55\x1D\x25\x00"sv;
inline constexpr auto kServerAuth = "\x2B\x06\x01\x05\x05\x07\x03\x01"sv;
inline constexpr auto kOcspSigning = "\x2B\x06\x01\x05\x05\x07\x03\x09"sv;
inline constexpr auto kClientAuth = "\x2B\x06\x01\x05\x05\x07\x03\x02"sv;

// Name attributes (RFC 5280 Appendix A.1).
inline constexpr auto kCommonName = "\x55\x04\x03"sv;
inline constexpr auto kCountry = "\x55\x04\x06"sv;
inline constexpr auto kOrganization = "\x55\x04\x0A"sv;
inline constexpr auto kEmailAddress = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01"sv;
inline constexpr auto kOrganizationalUnit = "\x55\x04\x0B"sv;

// Other names (RFC 9598 §3).
inline constexpr auto kSmtpUtf8Mailbox = "\x2B\x06\x01\x05\x05\x07\x08\x09"sv;

// Encryption with a password (RFC 8018 A.2 to A.4, RFC 7914 §7, RFC 7292 C).
inline constexpr auto kPbes2 = "\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D"sv;
inline constexpr auto kPbkdf2 = "\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0C"sv;
inline constexpr auto kPbmac1 = "\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0E"sv;
inline constexpr auto kScrypt = "\x2B\x06\x01\x04\x01\xDA\x47\x04\x0B"sv;
inline constexpr auto kHmacSha1 = "\x2A\x86\x48\x86\xF7\x0D\x02\x07"sv;
inline constexpr auto kHmacSha224 = "\x2A\x86\x48\x86\xF7\x0D\x02\x08"sv;
inline constexpr auto kHmacSha256 = "\x2A\x86\x48\x86\xF7\x0D\x02\x09"sv;
inline constexpr auto kHmacSha384 = "\x2A\x86\x48\x86\xF7\x0D\x02\x0A"sv;
inline constexpr auto kHmacSha512 = "\x2A\x86\x48\x86\xF7\x0D\x02\x0B"sv;
inline constexpr auto kAes128Cbc = "\x60\x86\x48\x01\x65\x03\x04\x01\x02"sv;
inline constexpr auto kAes192Cbc = "\x60\x86\x48\x01\x65\x03\x04\x01\x16"sv;
inline constexpr auto kAes256Cbc = "\x60\x86\x48\x01\x65\x03\x04\x01\x2A"sv;
inline constexpr auto kDesEde3Cbc = "\x2A\x86\x48\x86\xF7\x0D\x03\x07"sv;
inline constexpr auto kPbeSha1TripleDes = "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01\x03"sv;

// PKCS#12 (RFC 7292 §4, D), and the hashes of its MAC beside SHA-1 and SHA-256.
inline constexpr auto kData = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01"sv;
inline constexpr auto kSignedData = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"sv;
inline constexpr auto kEnvelopedData = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03"sv;
inline constexpr auto kEncryptedData = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06"sv;
inline constexpr auto kKeyBag = "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x01"sv;
inline constexpr auto kShroudedKeyBag = "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x02"sv;
inline constexpr auto kCertBag = "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x03"sv;
inline constexpr auto kCrlBag = "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x04"sv;
inline constexpr auto kSecretBag = "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x05"sv;
inline constexpr auto kSafeContentsBag = "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x0A\x01\x06"sv;
inline constexpr auto kX509Certificate = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x16\x01"sv;
inline constexpr auto kLocalKeyId = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x15"sv;
inline constexpr auto kSha224 = "\x60\x86\x48\x01\x65\x03\x04\x02\x04"sv;
inline constexpr auto kSha384 = "\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv;
inline constexpr auto kSha512 = "\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv;

}  // namespace tls::pki::oid
