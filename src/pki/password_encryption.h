// How private keys are encrypted with a password: PBES2 (RFC 8018 §6.2), and what PKCS#12 had before it.
#pragma once

#include <cstdint>
#include <string>

#include "crypto/cbc.h"
#include "crypto/der.h"
#include "crypto/password.h"
#include "pki/password_asker.h"
#include "tls/bytes.h"
#include "tls/error.h"
#include "tls/secret_bytes.h"

namespace tls::pki {

/// In what the encrypted bytes are: it decides which command converts what is refused.
enum class KeyContainer : std::uint8_t { pkcs8, pkcs12 };

/// How a key comes out of a password. The spans point into the DER that was parsed.
struct Derivation {
  enum Function : std::uint8_t { pbkdf2, scrypt, pkcs12 } function = pbkdf2;
  crypto::PasswordHash hash = crypto::PasswordHash::sha1;  ///< of pbkdf2 and pkcs12
  Bytes salt;
  std::uint64_t iterations = 1;       ///< of pbkdf2 and pkcs12; like all numbers here UINT64_MAX where it is larger
  std::uint64_t n = 0, r = 0, p = 0;  ///< of scrypt
  std::uint64_t key_length = 0;       ///< that the file names, bytes; 0: it does not
};

/// What decrypts.
struct PasswordEncryption {
  Derivation derivation;
  crypto::CbcCipher cipher = crypto::CbcCipher::aes_256;
  Bytes iv;  ///< block_size() bytes; with Derivation::pkcs12 it is derived, and empty
};

/// The same words for a wrong password and for damage: nothing tells the two apart.
inline constexpr std::string_view kWrongPassword = "the password is wrong, or the file is damaged";

/// An AlgorithmIdentifier, contents octets: PBES2 with PBKDF2 (HMAC with SHA-1 to SHA-512) or scrypt, and AES or
/// Triple-DES in CBC mode; pbeWithSHAAnd3-KeyTripleDES-CBC. Strict: DER, nothing left over, a key length that is the
/// cipher's. Fails with bad_key_file; words for RC2, RC4, single DES, PBES1 and what is unknown name the command that
/// converts it.
[[nodiscard]] Result<PasswordEncryption> parse_password_encryption(Bytes identifier, KeyContainer container);

/// PBKDF2-params (RFC 8018 A.2), contents octets. Fails with bad_key_file.
[[nodiscard]] Result<Derivation> parse_pbkdf2(Bytes parameters);

/// HMAC with a hash that is known here, by its AlgorithmIdentifier's contents octets. Fails with bad_key_file.
[[nodiscard]] Result<crypto::PasswordHash> parse_hmac(Bytes identifier);

/// The plaintext. `what` is for PasswordRequest. Within the limits of `asker`, which are spent before it asks for the
/// password. Fails with bad_key_file and kWrongPassword when the padding is not right.
[[nodiscard]] Result<SecretBytes> decrypt(const PasswordEncryption& encryption, Bytes ciphertext, PasswordAsker& asker,
                                          const std::string& what);

/// A positive INTEGER, UINT64_MAX where it is larger; fails `reader` where it is none.
[[nodiscard]] std::uint64_t large_number(crypto::DerReader& reader) noexcept;

/// A password as PKCS#12's function takes it (RFC 7292 B.1): UTF-16, big-endian, two zeros behind it. `utf8` must be
/// UTF-8. Fails with bad_key_file.
[[nodiscard]] Result<SecretBytes> bmp_password(Bytes utf8);

}  // namespace tls::pki
