// A peer's certificates, each parsed once.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pki/certificate.h"
#include "tls/certificate_chain.h"

namespace tls::pki {

/// What a Certificate message carried, parsed. It shares the DER with whoever else holds the chain. Immutable: a
/// verifier may look at it from another thread.
class PeerChain {
 public:
  /// Parses `der`. A leaf that cannot be parsed is an error; another certificate that cannot may be one that no path
  /// needs (RFC 9846 §4.5.1), so it is left out and its error kept. A certificate that comes again is dropped. At most
  /// limits::kMaxCertificates are looked at: more fail with certificate_too_complex. An empty chain is a
  /// bad_certificate.
  static Result<std::shared_ptr<const PeerChain>> parse(CertificateChain der);

  [[nodiscard]] const CertificateChain& der() const noexcept { return der_; }
  /// At least one, leaf first, no two the same. They point into der().
  [[nodiscard]] std::span<const Certificate> certificates() const noexcept { return certificates_; }
  [[nodiscard]] const Certificate& leaf() const noexcept { return certificates_.front(); }
  /// Why the first certificate that was left out cannot be parsed.
  [[nodiscard]] const std::optional<Error>& unreadable() const noexcept { return unreadable_; }

 private:
  explicit PeerChain(CertificateChain der) : der_(std::move(der)) {}
  CertificateChain der_;
  std::vector<Certificate> certificates_;
  std::optional<Error> unreadable_;
};
using PeerChainPtr = std::shared_ptr<const PeerChain>;

}  // namespace tls::pki
