// Where trust comes from: texts, files, directories and the system's settings, as certificates without doubles.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pki/certificate_text.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// What sources gave together.
struct FoundTrust {
  /// To be trusted, in the order in which they were found, each once. `trusted_for` is what all that was said of a
  /// certificate allows, at least one of the two.
  std::vector<FoundCertificate> certificates;
  /// Trusted for nobody by their own trust data, wherever else they stand. They are no anchors.
  std::vector<FoundCertificate> distrusted;
  Warnings warnings;  ///< what was left out: bad blocks and files, distrusted certificates
};

/// Gathers certificates. add_text() is for a list that the user answers for: one bad block fails. The collect functions
/// are for lists of others: what is bad is left out, which trusts less, and told by a warning.
class TrustSources {
 public:
  /// PEM or DER, strictly: as read_certificates().
  [[nodiscard]] Result<void> add_text(std::string_view text);
  /// PEM or DER; `source` names it in warnings.
  void collect_text(std::string_view text, std::string_view source);
  /// A file of PEM or DER, or a pipe that ends; at most limits::kMaxPem bytes are read.
  void collect_file(const std::string& path);
  /// The files of a directory, in the order of their names. Where one has the name that OpenSSL looks up (eight hex
  /// digits, a dot and a number, as `openssl rehash` makes them) only those are read, as OpenSSL does it: what is there
  /// without such a link is not trusted. Else those that end with .pem, .crt, .cer or .der. Links are followed;
  /// subdirectories, devices and pipes are not read. Bounded by limits::kMaxTrustDirectoryFiles, beyond which the
  /// directory is not read at all, and limits::kMaxTrustDirectoryBytes, beyond which its further files are not.
  void collect_directory(const std::string& path);
  /// Everything, once; the sources are empty afterwards.
  [[nodiscard]] FoundTrust take();

 private:
  std::vector<FoundCertificate> found_;
  Warnings warnings_;
};

/// What the environment says of the system's roots.
struct SystemTrust {
  std::string file;                      ///< empty: none
  std::vector<std::string> directories;  ///< at most limits::kMaxTrustDirectories
  Warnings warnings;
};

/// SSL_CERT_FILE, and SSL_CERT_DIR: directories with colons between them. Where both are set, both count, as in
/// OpenSSL. Where either is set it replaces what the system has; OpenSSL would add the other's default, and whoever
/// names the roots would trust more than those. Neither: /etc/ssl/certs/ca-certificates.crt. `variable` gives the value
/// or null; the default ignores the environment of a set-user-ID program (secure_getenv).
[[nodiscard]] SystemTrust system_trust(const std::function<const char*(const char*)>& variable);
[[nodiscard]] SystemTrust system_trust();

/// The certificates of the system's file and directories.
[[nodiscard]] FoundTrust read_system_trust(const SystemTrust& system);

}  // namespace tls::pki
