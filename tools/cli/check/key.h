// Whether a private key and a certificate belong together.
#pragma once

#include <optional>
#include <vector>

#include "cli/check/holdings.h"

namespace sallyport::cli::check {

/// Signs with the key and verifies with the certificate's: the one proof that they belong together.
[[nodiscard]] bool belongs_to(const tls::pki::FoundKey& key, const tls::pki::Certificate& certificate);

/// A leaf with which keys are compared.
struct NamedLeaf {
  std::string file;
  const tls::pki::Certificate* certificate;
};
/// Judges the key of `held`: which of `leaves` it is that of. Where it has one.
void check_key_match(const Holdings& held, const std::vector<NamedLeaf>& leaves, Findings& findings);
/// The certificate of `certificates` that the key is that of; nothing: of none.
[[nodiscard]] std::optional<std::size_t> leaf_for(const tls::pki::FoundKey& key,
                                                  const std::vector<HeldCertificate>& certificates);

}  // namespace sallyport::cli::check
