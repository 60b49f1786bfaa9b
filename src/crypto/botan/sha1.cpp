#include "crypto/sha1.h"

#include <botan/hash.h>

#include "crypto/botan/guard.h"

namespace tls::crypto {

Result<Sha1> sha1(Bytes bytes) {
  return botan::guarded(Code::provider_failed, "SHA-1", [&]() -> Result<Sha1> {
    const auto hash = Botan::HashFunction::create_or_throw("SHA-1");
    hash->update(bytes.data(), bytes.size());
    Sha1 digest;
    hash->final(digest.data());
    return digest;
  });
}

}  // namespace tls::crypto
