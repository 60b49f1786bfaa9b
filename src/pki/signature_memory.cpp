#include "pki/signature_memory.h"

#include <algorithm>

#include "pki/policy.h"

namespace tls::pki {
namespace {

/// All that verifying it depends on: the issuer's key with its parameters, the algorithm with its own, what is signed,
/// and the signature.
MemoryKey signature_key(const Certificate& subject, const Certificate& issuer) noexcept {
  Fingerprinter place("where a signature is remembered");
  place.add(issuer.subject_public_key_info);
  place.add(subject.signature_identifier);
  place.add(subject.tbs);
  MemoryKey key{place.finish(), {}};
  Fingerprinter content("a signature that is good");
  content.add(key.place);
  content.add(subject.signature);
  key.content = content.finish();
  return key;
}

}  // namespace

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
  const MemoryKey name = store_ != nullptr ? signature_key(subject, issuer) : MemoryKey{};
  bool good = store_ != nullptr && store_->verified(name);
  if (!good) {
    if (key == nullptr) key = key_of(issuer);  // a point that is on no curve shows here
    good = key != nullptr && verify_signature(subject, *key);
  }
  verified_.push_back({&subject, issuer.subject_public_key_info, good, name});
  return good ? Verdict::good : Verdict::bad;
}

std::vector<MemoryKey> SignatureMemory::keys_of(Path path) const {
  std::vector<MemoryKey> keys;
  if (store_ == nullptr) return keys;
  for (std::size_t i = 0; i + 1 < path.size(); ++i)
    if (const Pair* pair = find(*path[i], *path[i + 1]); pair != nullptr && pair->good) keys.push_back(pair->key);
  return keys;
}

}  // namespace tls::pki
