// A certificate as its fields, each in DER, before it is signed: for certificates that RFC 5280 does not allow, and
// for those that hardly anybody makes.
#pragma once

#include <vector>

#include "factory/certificates.h"

namespace sallyport {

/// One Extension (RFC 5280 §4.1). `id` and `critical` are whole elements, and `critical` may be empty: the default.
struct ExtensionField {
  der::Der id;
  der::Der critical;
  der::Der value;      ///< what the OCTET STRING holds
  der::Der rest = {};  ///< stands behind it; nothing does, by the rules

  [[nodiscard]] der::Der encoded() const;
};

/// A TBSCertificate and the AlgorithmIdentifier behind it. Every field is a whole element, or empty: not there.
struct CertificateFields {
  der::Der version;  ///< [0] and all
  der::Der serial, algorithm, issuer, not_before, not_after, subject, spki;
  der::Der unique_ids;  ///< [1] and [2]
  std::vector<ExtensionField> extensions;
  der::Der extensions_element;  ///< stands instead of `extensions` unless it is empty: [3] and all
  der::Der outer_algorithm;     ///< the one beside the signature

  /// The extension with this OID; null when there is none.
  [[nodiscard]] ExtensionField* find(const std::string& oid);
  void erase(const std::string& oid);
  /// Puts an extension where one of this OID stands, or behind all others.
  void set(const std::string& oid, bool critical, der::Der value);
  [[nodiscard]] der::Der tbs() const;
};

/// The fields that `issue()` would sign.
[[nodiscard]] CertificateFields fields_of(const CertificateSpec& spec, const Key& key, der::Der issuer_name,
                                          const Key& issuer_key, der::Der serial);
/// The certificate: `tbs` signed by `issuer_key` with this hash, as RSASSA-PSS where `pss` says so.
[[nodiscard]] der::Der sealed(const der::Der& tbs, const der::Der& outer_algorithm, const Key& issuer_key,
                              const std::string& hash, bool pss, std::optional<std::uint32_t> pss_salt);

}  // namespace sallyport
