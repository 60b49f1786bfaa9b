// OCSP responses, from files or as a server staples them.
#pragma once

#include <cstdint>
#include <string>

#include "cli/check/finding.h"
#include "pki/certificate.h"

namespace sallyport::cli::check {

/// A response is warned of when a quarter of its validity is left, or so many seconds where that is less: a server
/// should have another by then.
inline constexpr std::int64_t kStapleWarning = 86400;

/// A response and the certificate that it should be about, a leaf or an issuer of one. `issuer` null: it is not known,
/// and nothing can be judged.
struct StapleCase {
  std::string subject;  ///< file or host
  std::string of = "the leaf";
  tls::Bytes response = {};
  const tls::pki::Certificate* leaf = nullptr;
  const tls::pki::Certificate* issuer = nullptr;
  std::int64_t now = 0;
};
void check_staple(const StapleCase& staple, Findings& findings);

/// Whether the response counts for the leaf, whatever it says: to tell about which of several leaves it is.
[[nodiscard]] bool is_about(const StapleCase& staple);

}  // namespace sallyport::cli::check
