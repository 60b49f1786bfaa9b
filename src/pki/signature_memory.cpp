#include "pki/signature_memory.h"

#include <algorithm>

#include "pki/policy.h"

namespace tls::pki {

auto SignatureMemory::find(const Certificate& subject, const Certificate& issuer) const noexcept -> const Pair* {
  for (const Pair& pair : verified_)
    if (pair.subject == &subject && std::ranges::equal(pair.issuer_key, issuer.subject_public_key_info)) return &pair;
  return nullptr;
}

bool SignatureMemory::known_bad(const Certificate& subject, const Certificate& issuer) const noexcept {
  const Pair* pair = find(subject, issuer);
  return pair != nullptr && !pair->good;
}

const Error* SignatureMemory::key_error(const Certificate& issuer) const noexcept {
  for (const Key& known : keys_)
    if (!known.key && std::ranges::equal(known.info, issuer.subject_public_key_info)) return &known.key.error();
  return nullptr;
}

const crypto::PublicKey* SignatureMemory::key_of(const Certificate& issuer) {
  for (const Key& known : keys_)
    if (std::ranges::equal(known.info, issuer.subject_public_key_info)) return known.key ? &*known.key : nullptr;
  const Bytes info = issuer.subject_public_key_info;
  const Key& made = keys_.emplace_back(Key{info, crypto::PublicKey::from_spki(info)});
  return made.key ? &*made.key : nullptr;
}

auto SignatureMemory::verify(const Certificate& subject, const Certificate& issuer, const crypto::PublicKey* key)
    -> Verdict {
  if (const Pair* pair = find(subject, issuer)) return pair->good ? Verdict::good : Verdict::bad;
  if (verified_.size() == limits::kMaxVerifications) return Verdict::exhausted;
  if (key == nullptr) key = key_of(issuer);  // a point that is on no curve shows here
  const bool good = key != nullptr && verify_signature(subject, *key);
  verified_.push_back({&subject, issuer.subject_public_key_info, good});
  return good ? Verdict::good : Verdict::bad;
}

}  // namespace tls::pki
