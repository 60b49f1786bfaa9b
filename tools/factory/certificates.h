// A factory of keys and certificates for tests and for `sallyport pki`: everything that RFC 5280 allows, and enough
// that it forbids. Not an authority: nothing here is checked before it is signed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "factory/der_builder.h"

namespace sallyport {

enum class KeyType { ecdsa_p256, ecdsa_p384, ecdsa_p521, ed25519, rsa_1024, rsa_2048, rsa_pss_2048 };

/// RSASSA-PSS-params (RFC 4055 §3.1) as they are written: MGF1's hash may differ from the hash.
struct PssParameters {
  std::string hash = "SHA-256", mgf1_hash = "SHA-256";
  std::uint32_t salt = 32;
};

/// A private key. Throws std::exception when the library below fails.
class Key {
 public:
  static std::shared_ptr<const Key> generate(KeyType type);
  ~Key();
  [[nodiscard]] KeyType type() const noexcept { return type_; }
  /// The same RSA key as id-RSASSA-PSS, restricted to these parameters, or without any. One of rsa_pss_2048 is
  /// restricted to SHA-256 and 32 bytes.
  [[nodiscard]] std::shared_ptr<const Key> as_pss(std::optional<PssParameters> parameters) const;
  [[nodiscard]] der::Der spki() const;         ///< SubjectPublicKeyInfo
  [[nodiscard]] der::Der public_bits() const;  ///< the octets of its BIT STRING
  [[nodiscard]] der::Der pkcs8() const;        ///< PrivateKeyInfo
  [[nodiscard]] der::Der traditional() const;  ///< SEC1 or PKCS#1; RFC 8410's octets for Ed25519
  /// The AlgorithmIdentifier of a signature with "SHA-1", "SHA-256", "SHA-384" or "SHA-512"; `pss` makes an RSA key
  /// sign RSASSA-PSS, with MGF1 over the same hash and a salt of `salt` bytes, or of the hash's.
  [[nodiscard]] der::Der signature_algorithm(const std::string& hash, bool pss = false,
                                             std::optional<std::uint32_t> salt = {}) const;
  [[nodiscard]] der::Der sign(tls::Bytes message, const std::string& hash, bool pss = false,
                              std::optional<std::uint32_t> salt = {}) const;

 private:
  struct Impl;
  Key(KeyType type, std::shared_ptr<const Impl> impl, std::optional<PssParameters> pss);
  [[nodiscard]] der::Der pss_identifier() const;
  KeyType type_;
  std::shared_ptr<const Impl> impl_;
  std::optional<PssParameters> pss_;  // of a key of rsa_pss_2048
};
using KeyPtr = std::shared_ptr<const Key>;

struct Extension {
  std::string oid;
  bool critical = false;
  der::Der value;
};

/// Subtrees of nameConstraints: DNS names, and addresses as "192.0.2.0/24" or "2001:db8::/32".
struct NameConstraints {
  std::vector<std::string> permitted_dns = {}, excluded_dns = {}, permitted_addresses = {}, excluded_addresses = {};
  bool critical = true;
};

/// Bits of KeyUsage by their RFC 5280 §4.2.1.3 numbers.
struct KeyUsageBits {
  bool digital_signature = false, key_encipherment = false, key_cert_sign = false, crl_sign = false;
};

/// What a certificate says. Times are seconds since 1970.
struct CertificateSpec {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;
  std::int64_t not_before = 1577836800;  ///< 2020-01-01
  std::int64_t not_after = 2524607999;   ///< 2049-12-31
  std::optional<bool> ca;                ///< basicConstraints; absent: no such extension
  std::optional<std::uint32_t> path_length;
  std::optional<KeyUsageBits> key_usage;
  std::vector<std::string> extended_key_usage;  ///< OIDs
  std::optional<NameConstraints> name_constraints;
  std::vector<Extension> extra;
  std::string hash = "SHA-256";           ///< of the signature on it
  bool pss = false;                       ///< an RSA issuer signs with RSASSA-PSS
  std::optional<std::uint32_t> pss_salt;  ///< bytes; absent: as many as the hash has
  bool key_identifiers = true;
  std::optional<std::uint32_t> serial;  ///< absent: 128 random bits
};

inline constexpr const char* kServerAuth = "1.3.6.1.5.5.7.3.1";
inline constexpr const char* kClientAuth = "1.3.6.1.5.5.7.3.2";
inline constexpr const char* kOcspSigning = "1.3.6.1.5.5.7.3.9";

/// The usual shapes.
[[nodiscard]] CertificateSpec authority(std::string common_name, std::optional<std::uint32_t> path_length = {});
[[nodiscard]] CertificateSpec server_leaf(std::string common_name, std::vector<std::string> dns_names,
                                          std::vector<std::string> addresses = {});
[[nodiscard]] CertificateSpec client_leaf(std::string common_name);

/// A certificate and the key that it is for.
struct Issued {
  CertificateSpec spec;
  KeyPtr key;
  der::Der certificate;
  der::Der serial;  ///< the whole INTEGER

  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::string key_pem() const;
};

[[nodiscard]] Issued self_signed(const CertificateSpec& spec, KeyPtr key);
[[nodiscard]] Issued issue(const Issued& issuer, const CertificateSpec& spec, KeyPtr key);

[[nodiscard]] std::string to_pem(const std::string& label, const der::Der& bytes);
/// A Name of one common name.
[[nodiscard]] der::Der distinguished_name(const std::string& common_name);

enum class OcspStatus { good, revoked, unknown };

/// What a response says of one certificate.
struct OcspEntry {
  const Issued* subject;
  OcspStatus status = OcspStatus::good;
  std::int64_t this_update = 0;
  std::optional<std::int64_t> next_update = {};
  std::int64_t revoked_at = 0;
  std::optional<std::uint8_t> reason = {};
  std::string hash = "SHA-256";  ///< of the CertID: "SHA-1", "SHA-256" or another one that Botan knows
  der::Der extensions = {};      ///< [1] and all; empty: none
  const Issued* issuer = {};     ///< whose name and key the CertID has; null: the response's issuer
};

/// An OCSPResponse (RFC 6960 §4.2.1): everything that it allows, and some that it does not.
struct OcspSpec {
  const Issued* issuer;
  const Issued* responder;  ///< who signs: the issuer, or another whose certificate is then enclosed
  std::vector<OcspEntry> entries;
  std::int64_t produced_at = 0;
  bool by_key = false;                        ///< the responder is named by its key
  std::optional<std::string> named = {};      ///< a name instead of the responder's
  std::vector<der::Der> certificates = {};    ///< enclosed before the responder's
  bool enclose = true;                        ///< a delegate's certificate is enclosed
  der::Der extensions = {};                   ///< [1] and all; empty: none
  std::string hash = "SHA-256";               ///< of the signature
  std::uint8_t status = 0;                    ///< other than 0: an error without a response
  std::string type = "1.3.6.1.5.5.7.48.1.1";  ///< responseType
};
[[nodiscard]] der::Der ocsp_response(const OcspSpec& spec);

/// An OCSPResponse about `subject`, issued by `issuer`, signed by `responder`: the issuer itself, or a delegate whose
/// certificate is then enclosed.
[[nodiscard]] der::Der ocsp_response(const Issued& issuer, const Issued& responder, const Issued& subject,
                                     OcspStatus status, std::int64_t this_update, std::int64_t next_update);

/// What a CRL says of one certificate.
struct CrlEntrySpec {
  der::Der serial;  ///< the whole INTEGER
  std::int64_t revoked_at = 0;
  std::optional<std::uint8_t> reason = {};
  bool generalized = false;  ///< the time is a GeneralizedTime, whatever the year
  std::vector<Extension> extra = {};
};

/// An issuingDistributionPoint (RFC 5280 §5.2.5).
struct ScopeSpec {
  std::vector<std::string> uris = {};
  bool user_certificates = false, ca_certificates = false, indirect = false, attribute_certificates = false;
  der::Der reasons = {};  ///< octets of the BIT STRING; empty: none
};
[[nodiscard]] der::Der issuing_distribution_point(const ScopeSpec& spec);
/// GeneralNames, one after the other.
[[nodiscard]] der::Der uri_names(const std::vector<std::string>& uris);
/// The extension of a certificate, with one point.
[[nodiscard]] Extension crl_distribution_points(const std::vector<std::string>& uris);

/// A CertificateList (RFC 5280 §5.1): everything that it allows, and some that it does not.
struct CrlSpec {
  const Issued* issuer;
  std::vector<CrlEntrySpec> entries = {};
  std::int64_t this_update = 0;
  std::optional<std::int64_t> next_update = {};
  std::optional<std::uint32_t> number = {};
  std::optional<der::Der> key_identifier = {};      ///< authorityKeyIdentifier
  std::optional<der::Der> distribution_point = {};  ///< issuingDistributionPoint, critical
  std::vector<Extension> extra = {};
  unsigned version = 2;
  const Issued* signer = nullptr;         ///< null: the issuer
  std::optional<std::string> named = {};  ///< a name instead of the issuer's
  std::string hash = "SHA-256";           ///< of the signature
  bool pss = false;
  bool empty_list = false;     ///< without entries: an empty list instead of none
  der::Der more_entries = {};  ///< behind `entries`: elements, one after the other
};
[[nodiscard]] der::Der crl(const CrlSpec& spec);

}  // namespace sallyport
