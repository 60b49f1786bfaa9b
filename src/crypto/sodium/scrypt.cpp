#include <sodium.h>

#include "crypto/password.h"
#include "crypto/sodium/start.h"

namespace tls::crypto {

Result<SecretBytes> scrypt(Bytes password, Bytes salt, std::uint64_t n, std::uint32_t r, std::uint32_t p,
                           std::size_t length) {
  sodium::start();
  constexpr std::uint8_t kNothing = 0;  // libsodium takes no null pointer, not even for no bytes
  SecretBytes key;
  const MutableBytes out = key.extend(length);
  if (crypto_pwhash_scryptsalsa208sha256_ll(password.empty() ? &kNothing : password.data(), password.size(),
                                            salt.empty() ? &kNothing : salt.data(), salt.size(), n, r, p, out.data(),
                                            out.size()) != 0)
    return fail(Code::internal_error, "scrypt: the library has no memory for it, or does not take its parameters");
  return key;
}

}  // namespace tls::crypto
