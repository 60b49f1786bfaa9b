#include "pki/encrypted_key.h"

#include "crypto/der.h"
#include "pki/der_file.h"

namespace tls::pki {

Result<PemBlock> decrypt_pkcs8(Bytes encrypted, KeyContainer container, PasswordAsker& asker, const std::string& what) {
  crypto::DerReader outer(encrypted);
  crypto::DerReader fields(outer.take(crypto::der::kSequence).value);
  const Bytes algorithm = fields.take(crypto::der::kSequence).value,
              ciphertext = fields.take(crypto::der::kOctetString).value;
  if (!outer.done() || !fields.done())
    return fail(Code::bad_key_file, "the encrypted key is not the DER of PKCS#8 (RFC 5958 §3): is it damaged?");
  const auto encryption = parse_password_encryption(algorithm, container);
  if (!encryption) return std::unexpected(encryption.error());
  const auto plain = decrypt(*encryption, ciphertext, asker, what);
  if (!plain) return std::unexpected(plain.error());
  if (der_kind(plain->expose()) != DerKind::pkcs8) return fail(Code::bad_key_file, std::string(kWrongPassword));
  PemBlock key;
  key.label = "PRIVATE KEY";
  key.der.assign(plain->expose().begin(), plain->expose().end());
  return key;
}

}  // namespace tls::pki
