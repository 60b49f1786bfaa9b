// Which of several certificates of one name has issued another one: an authority that has changed its key keeps its
// name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/limits.h"
#include "pki/certificate.h"

namespace tls::pki {

/// RFC 5280 §4.2.1.1: the key identifiers, where both are there, tell apart authorities of one name.
[[nodiscard]] inline bool key_identifiers_fit(const Certificate& subject, const Certificate& issuer) noexcept {
  const Bytes wanted = subject.authority_key_identifier, has = issuer.subject_key_identifier;
  return wanted.empty() || has.empty() || std::ranges::equal(wanted, has);
}

class IssuerChoice {
 public:
  /// Verifies so many signatures at most, in all calls together.
  explicit IssuerChoice(std::size_t verifications = limits::kMaxOrderVerifications) : left_(verifications) {}

  /// The index of the certificate whose key has signed `subject`; `candidates` have the name of its issuer. Those whose
  /// key identifier fits are tried first, else their order decides. Where none has, or too many would have to be
  /// verified: the first of this order; but nothing where `subject` is self-issued, for it needs no issuer then. One
  /// that is alone is not verified, unless `subject` is self-issued. candidates.size(): none.
  [[nodiscard]] std::size_t choose(const Certificate& subject, std::span<const Certificate* const> candidates);

 private:
  [[nodiscard]] bool signed_by(const Certificate& subject, const Certificate& issuer);

  std::size_t left_;
};

}  // namespace tls::pki
