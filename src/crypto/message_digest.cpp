#include "crypto/message_digest.h"

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/sodium/sha2.h"
#include "tls/credentials.h"

namespace tls::crypto {
namespace {

/// Asking the CPU takes longer than hashing does: it is asked once.
const HashImpl& best(HashId id) noexcept {
  static const HashImpl* const sha256 = &select_hash(HashId::sha256, detect_cpu());  // rows of a table that stays
  static const HashImpl* const sha384 = &select_hash(HashId::sha384, detect_cpu());
  return id == HashId::sha256 ? *sha256 : *sha384;
}

}  // namespace

MessageDigest message_digest(SchemeHash hash, std::initializer_list<Bytes> parts) noexcept {
  MessageDigest result;
  result.size_ = size(hash);
  if (hash == SchemeHash::sha512) {  // not a hash of any suite, so not in the table of hashes
    sodium::sha512(parts, result.data_);
    return result;
  }
  Hash running(best(hash == SchemeHash::sha256 ? HashId::sha256 : HashId::sha384));
  for (const Bytes part : parts) running.update(part);
  const Digest digest = running.digest();
  std::ranges::copy(digest.bytes(), result.data_.begin());
  return result;
}

}  // namespace tls::crypto

namespace tls {

std::vector<std::uint8_t> digest_to_sign(SignatureScheme scheme, Bytes message) {
  if (scheme == SignatureScheme::ed25519) return {message.begin(), message.end()};
  const auto digest = crypto::message_digest(crypto::hash_of(scheme), {message});
  const Bytes bytes = digest.bytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace tls
