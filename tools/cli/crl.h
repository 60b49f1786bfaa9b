// --crl and --crl-policy: lists of revoked certificates, for whoever judges chains.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "tls/verifier.h"

namespace sallyport::cli {

struct CrlOptions {
  std::vector<std::string> files;
  std::string policy;  ///< empty: not given

  [[nodiscard]] bool given() const noexcept { return !files.empty() || !policy.empty(); }
};

/// `whose`: "the server's chain".
void define_crl_options(CLI::App& app, CrlOptions& options, const std::string& whose);

[[nodiscard]] tls::CrlPolicy policy_of(const CrlOptions& options);
/// The CRLs of the files; and of `previous` what CrlSet::Builder::keep() keeps: an older CRL, a forged one or another
/// authority's takes no place. Warns, on the standard error, of what stays in spite of the files, and of those that are
/// outdated: that a newer one replaces, or that are not current at `now` (seconds). Failure(kIo) for a file that cannot
/// be read or has none, and beyond a limit of tls::CrlSet.
[[nodiscard]] tls::CrlSet load_crls(const CrlOptions& options, std::int64_t now, const tls::CrlSet& previous = {});
/// `verifier` with the CRLs of the options, where there are some, or a policy: else `verifier`. Failure(kIo).
[[nodiscard]] std::shared_ptr<const tls::ChainVerifier> with_crl_options(
    std::shared_ptr<const tls::ChainVerifier> verifier, const CrlOptions& options);
/// The same for who loads them again and again: `kept` are those of the last load, and of this one afterwards.
[[nodiscard]] std::shared_ptr<const tls::ChainVerifier> with_crl_options(
    std::shared_ptr<const tls::ChainVerifier> verifier, const CrlOptions& options, tls::CrlSet& kept);

}  // namespace sallyport::cli
