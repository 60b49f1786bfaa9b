// A CRL taken apart (RFC 5280 §5): views into its DER, nothing decided yet.
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/signature_algorithm.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// ReasonFlags (RFC 5280 §4.2.1.13), the first bit of the BIT STRING being the highest.
inline constexpr std::uint16_t kAllReasons = 0x7F80;

/// Which certificates of its issuer a CRL tells of: issuingDistributionPoint (RFC 5280 §5.2.5).
struct CrlScope {
  Bytes extension;  ///< the extension's value; empty: none, all certificates
  /// fullName: GeneralNames, one after the other. Both empty: the CRL is for every distribution point.
  Bytes names;
  Bytes relative;  ///< nameRelativeToCRLIssuer instead: the attributes of an RDN that continues the issuer's name
  bool user_certificates = false, ca_certificates = false;  ///< of these alone
  std::uint16_t reasons = kAllReasons;                      ///< for which a certificate would be on it
};

/// One revoked certificate. Seconds since 1970.
struct CrlEntry {
  Bytes serial;  ///< contents octets of the INTEGER
  std::int64_t revoked_at = 0;
  std::optional<std::uint8_t> reason;  ///< CRLReason (RFC 5280 §5.3.1)
};

/// A complete CRL of the issuer of the certificates that it revokes. All spans point into the DER that was parsed,
/// which must outlive this.
struct CrlFields {
  Bytes tbs;  ///< TBSCertList, the whole SEQUENCE: what is signed
  crypto::SignatureAlgorithm algorithm;
  Bytes signature;  ///< the BIT STRING's octets
  Bytes issuer;     ///< Name, the whole SEQUENCE
  std::int64_t this_update = 0, next_update = 0;
  std::optional<Bytes> number;  ///< cRLNumber without leading zeros
  Bytes authority_key_identifier;
  CrlScope scope;
  unsigned version = 1;
  Bytes entries;            ///< contents of revokedCertificates, for read_crl_entry()
  std::size_t count = 0;    ///< of these entries
  std::size_t serials = 0;  ///< octets of all their serial numbers
};

/// Parses all but the entries, of which it counts: strictly, DER, nothing twice, nothing left over; version 1 (without
/// extensions) or 2. Fails with bad_crl, in words: malformed, beyond a limit, without nextUpdate, an indirect or a
/// delta CRL, one for attribute certificates alone, one with a critical extension that is not known, or one signed with
/// an algorithm that certificates may not have. Allocates nothing on success; cost is linear in the size.
[[nodiscard]] Result<CrlFields> read_crl(Bytes der);

/// The next of CrlFields::entries, and removes it from them. As strict, and fails as read_crl() does; `version` is that
/// of the CRL. A CRL is well-formed once all its entries were read.
[[nodiscard]] Result<CrlEntry> read_crl_entry(Bytes& entries, unsigned version);

}  // namespace tls::pki
