// A certificate taken apart: views into its DER, nothing decided yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pki/general_name.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// Bits of KeyUsage (RFC 5280 §4.2.1.3) that matter here; the first bit of the BIT STRING is the highest.
namespace key_usage {
inline constexpr std::uint16_t kDigitalSignature = 0x8000;
inline constexpr std::uint16_t kKeyCertSign = 0x0400;
inline constexpr std::uint16_t kCrlSign = 0x0200;
}  // namespace key_usage

/// An AlgorithmIdentifier (RFC 5280 §4.1.1.2).
struct AlgorithmIdentifier {
  Bytes oid;         ///< contents octets
  Bytes parameters;  ///< the whole element; empty: absent
};

/// What RFC 5280 §6.1 asks of the extensions about policies.
struct Policies {
  Elements listed;                                                 ///< certificatePolicies: the PolicyInformations
  Elements mappings;                                               ///< policyMappings: the pairs
  std::optional<std::uint32_t> require_explicit, inhibit_mapping;  ///< policyConstraints
  std::optional<std::uint32_t> inhibit_any;                        ///< inhibitAnyPolicy
};

/// A certificate's fields, named as in RFC 5280 §4.1. All spans point into the DER that was parsed, which must outlive
/// this. Seconds are since 1970-01-01T00:00:00Z.
struct Certificate {
  Bytes der;
  unsigned version = 1;            ///< 1 to 3
  Bytes tbs;                       ///< TBSCertificate, the whole SEQUENCE: what is signed
  Bytes signature_identifier;      ///< contents octets of the AlgorithmIdentifier of the signature
  Bytes signature;                 ///< the BIT STRING's octets
  Bytes serial;                    ///< contents octets of the INTEGER
  Bytes issuer, subject;           ///< Name, the whole SEQUENCE
  bool issuer_is_subject = false;  ///< see self_issued()
  std::int64_t not_before = 0, not_after = 0;
  Bytes subject_public_key_info;  ///< the whole SEQUENCE
  Bytes subject_public_key;       ///< the BIT STRING's octets

  std::optional<std::uint16_t> key_usage;         ///< absent: any
  std::optional<OidSequence> extended_key_usage;  ///< absent: any
  bool is_ca = false;                             ///< basicConstraints.cA
  std::optional<std::uint32_t> path_length;       ///< basicConstraints.pathLenConstraint
  Bytes subject_key_identifier, authority_key_identifier;
  GeneralNames general_names;             ///< subjectAltName, all of it
  DnsNames dns_names;                     ///< of these the dNSNames, as they stand
  Addresses addresses;                    ///< and the iPAddresses, 4 or 16 bytes
  std::optional<Bytes> name_constraints;  ///< the extension's value
  Bytes crl_distribution_points;          ///< the extension's value; empty: none
  Policies policies;
  bool must_staple = false;    ///< TLS feature (RFC 7633): status_request
  bool no_rev_avail = false;   ///< RFC 9608: nobody tells of its revocation
  bool ocsp_no_check = false;  ///< RFC 6960 §4.2.2.2.1: of a responder, which is trusted as long as it is valid
  std::optional<Bytes> unknown_critical;  ///< OID of a critical extension that is not understood here

  /// RFC 5280 §4.2.1.12: true when the purpose (an OID's octets) is allowed, by name, by "any" or by absence.
  [[nodiscard]] bool allows_purpose(std::string_view purpose) const noexcept;
  /// RFC 5280 §6.1: issuer and subject are the same name.
  [[nodiscard]] bool self_issued() const noexcept { return issuer_is_subject; }
};

/// Parses strictly: DER, no field twice, nothing left over; docs/validation.md lists what is accepted though it is not
/// DER. Allocates nothing on success. Fails with bad_certificate, or with certificate_too_complex where one of the
/// limits on what is in a certificate decided; the detail names the field. Cost is linear in the size.
[[nodiscard]] Result<Certificate> parse_certificate(Bytes der);

/// Parses an AlgorithmIdentifier from its contents octets; nullopt when it is malformed.
[[nodiscard]] std::optional<AlgorithmIdentifier> parse_algorithm(Bytes contents);

/// What keeps `oid`, contents octets, from being an OBJECT IDENTIFIER (X.690 §8.19), in words; empty when it is one.
/// Beyond limits::kMaxOid the words are kOidTooLong.
[[nodiscard]] std::string_view oid_fault(Bytes oid) noexcept;
inline constexpr std::string_view kOidTooLong = "an OBJECT IDENTIFIER is longer than the limit of 64 octets";
/// The code of that fault: certificate_too_complex for kOidTooLong, else bad_certificate.
[[nodiscard]] Code oid_fault_code(std::string_view fault) noexcept;

/// A Name for people: "CN=..., O=...", with unprintable bytes replaced; at most limits::kMaxDisplayedName characters.
[[nodiscard]] std::string display_name(Bytes name);
/// Text from a certificate, made safe to print: unprintable bytes are replaced, at most kMaxDisplayedName characters.
[[nodiscard]] std::string printable(std::string_view text);
/// A Name in a form in which two names that RFC 5280 §7.1 calls equal have equal bytes (append_canonical()).
[[nodiscard]] std::string canonical_name(Bytes name);
/// "2026-07-01 00:00:00 UTC".
[[nodiscard]] std::string display_time(std::int64_t seconds);

}  // namespace tls::pki
