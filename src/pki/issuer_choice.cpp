#include "pki/issuer_choice.h"

#include "crypto/signature.h"
#include "pki/policy.h"

namespace tls::pki {

bool IssuerChoice::signed_by(const Certificate& subject, const Certificate& issuer) {
  if (left_ == 0) return false;
  --left_;
  const auto key = crypto::PublicKey::from_spki(issuer.subject_public_key_info);
  return key && verify_signature(subject, *key);
}

std::size_t IssuerChoice::choose(const Certificate& subject, std::span<const Certificate* const> candidates) {
  if (candidates.size() == 1 && !subject.self_issued()) return 0;
  std::size_t first = candidates.size();
  for (const bool fits : {true, false})
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (key_identifiers_fit(subject, *candidates[i]) != fits) continue;
      if (first == candidates.size()) first = i;
      if (signed_by(subject, *candidates[i])) return i;
    }
  return subject.self_issued() ? candidates.size() : first;
}

}  // namespace tls::pki
