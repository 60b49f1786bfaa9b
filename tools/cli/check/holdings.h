// What a file holds, told by its content: certificates, a private key, OCSP responses, CRLs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/check/finding.h"
#include "pki/certificate.h"
#include "pki/key_file.h"
#include "tls/credentials.h"
#include "tls/crl.h"

namespace sallyport::cli::check {

/// A certificate that could be parsed. Moving it keeps what `parsed` points to.
struct HeldCertificate {
  std::vector<std::uint8_t> der;
  std::string where;  ///< "block 2 ('CERTIFICATE', line 31)"
  tls::pki::Certificate parsed;

  HeldCertificate() = default;
  HeldCertificate(HeldCertificate&&) = default;
  HeldCertificate& operator=(HeldCertificate&&) = default;
};

struct Holdings {
  std::string file;
  std::vector<HeldCertificate> certificates;
  std::optional<tls::pki::FoundKey> key;             ///< in the clear; wiped when it goes
  bool secret = false;                               ///< there is a key in it, whether it was opened or not
  std::vector<std::vector<std::uint8_t>> responses;  ///< OCSP responses, DER; not judged
  std::vector<std::string> crls;                     ///< PEM or DER of those that can be parsed, and nothing else
};

/// Parses a certificate; `where` names it. What cannot be parsed is a finding about `subject`.
[[nodiscard]] std::optional<HeldCertificate> hold(std::vector<std::uint8_t> der, std::string where,
                                                  const std::string& subject, Findings& findings);

/// What `text` holds, the bytes of `file`. Whatever cannot be read is a finding with file, block and line.
[[nodiscard]] Holdings read_holdings(std::string_view text, const std::string& file,
                                     const tls::PasswordSource& password, Findings& findings);

/// Reads the file first; a file that cannot be read is a finding.
[[nodiscard]] Holdings read_holdings_of(const std::string& file, const tls::PasswordSource& password,
                                        Findings& findings);

}  // namespace sallyport::cli::check
