#include "crypto/sodium/x25519.h"

#include <sodium.h>

#include <cassert>

#include "crypto/sodium/start.h"

namespace tls::crypto::sodium {

Result<KeySharePrivate> x25519_generate(Random& random, MutableBytes share) {
  assert(share.size() == kX25519Size);
  start();
  KeySharePrivate key;
  const MutableBytes scalar = key.fill(kX25519Size);  // any 32 bytes: the ladder clamps them (RFC 7748 §5)
  random.fill(scalar);
  crypto_scalarmult_curve25519_base(share.data(), scalar.data());
  return key;
}

Result<SharedSecret> x25519_finish(KeySharePrivate&& key, Bytes share) {
  const KeySharePrivate used = std::move(key);
  start();
  if (share.size() != kX25519Size) return wrong_share_size("x25519", kX25519Size, share.size());
  SharedSecret secret;
  // RFC 9846 §7.4.2: the all-zero shared secret is refused; libsodium answers -1 for it.
  if (crypto_scalarmult_curve25519(secret.fill(kX25519Size).data(), used.expose().data(), share.data()) != 0)
    return fail(Code::bad_key_share, "the x25519 share is a point of small order: the secret would be zero");
  return secret;
}

}  // namespace tls::crypto::sodium
