// Certificates as people have them: PEM with text around it, DER, OpenSSL's trusted certificates. Nothing is parsed
// here but the container; what a certificate says is not looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tls/error.h"

namespace tls::pki {

/// Whom an anchor may vouch for. Both, unless trust data beside the certificate says less.
struct TrustedFor {
  bool servers = true, clients = true;
  friend bool operator==(const TrustedFor&, const TrustedFor&) = default;
};

/// A certificate and where it was found.
struct FoundCertificate {
  std::vector<std::uint8_t> der;  ///< of the certificate alone; not parsed yet
  std::string where;              ///< "'roots.pem', block 2 ('CERTIFICATE', line 31)", for errors and warnings
  TrustedFor trusted_for;
};

/// What was left out, in words: each names file, block and line where there are such. Bounded: beyond
/// limits::kMaxTrustWarnings they are only counted.
class Warnings {
 public:
  void add(std::string words);
  [[nodiscard]] const std::vector<std::string>& words() const noexcept { return words_; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }  ///< with those that are only counted
  /// words(), and "and N more" at their end where there are more: for people who see a list.
  [[nodiscard]] std::vector<std::string> told() const;
  /// The first, and how many more there are: to end an error's detail with. Empty when there is none.
  [[nodiscard]] std::string summary() const;

 private:
  std::vector<std::string> words_;
  std::size_t count_ = 0;
};

/// All certificates of `text`, which is the DER of one, or PEM: labels CERTIFICATE, X509 CERTIFICATE and TRUSTED
/// CERTIFICATE. Blocks of other kinds are passed over. At most limits::kMaxPem bytes. Trust data behind a TRUSTED
/// CERTIFICATE fills in `trusted_for`, by OpenSSL's rules: what is rejected (as serverAuth, clientAuth or
/// anyExtendedKeyUsage) is not trusted; where purposes are listed, no other is. Both may be false: such a certificate
/// is distrusted. Fails with bad_key_file at the first block that cannot be read, or when there is no certificate.
/// `source` names the text in errors and in `where`, e.g. "'roots.pem'"; empty: they have no name.
[[nodiscard]] Result<std::vector<FoundCertificate>> read_certificates(std::string_view text,
                                                                      std::string_view source = {});

/// The same, but a block that cannot be read becomes a warning, and so does a text without certificates. `source` names
/// the text in them, e.g. "'roots.pem'"; what is found is appended to `found`.
void collect_certificates(std::string_view text, std::string_view source, std::vector<FoundCertificate>& found,
                          Warnings& warnings);

}  // namespace tls::pki
