// PKCS#12 (RFC 7292): a private key and its chain in one file, under a password.
#pragma once

#include <string>
#include <vector>

#include "pki/certificate_text.h"
#include "pki/password_asker.h"
#include "pki/pem.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// What such a file holds for a server or a client.
struct Pkcs12 {
  PemBlock key;                                ///< PKCS#8, whatever its algorithm
  std::string key_where;                       ///< "'site.p12', bag 3 (a private key)", for errors
  std::vector<FoundCertificate> certificates;  ///< that which is marked as the key's comes first; may be none
};

/// Opens a PFX, DER, of at most limits::kMaxPem bytes. `where` names it in errors. The password is checked by the MAC
/// in constant time (RFC 7292 §5.1; PBMAC1, RFC 9579), if there is one, before anything is decrypted, and is not asked
/// for where there is neither MAC nor encryption. Exactly one private key is wanted. CRLs, secrets and what is marked
/// with unknown attributes are passed over. At most limits::kMaxPkcs12Items contents and bags, limits::kMaxPkcs12Depth
/// deep. Copies of the key are wiped. Fails with bad_key_file and words: what is encrypted or signed for a public key,
/// RC2 and RC4 with the command that converts it. BER that is no DER is refused likewise.
[[nodiscard]] Result<Pkcs12> open_pkcs12(Bytes pfx, const std::string& where, PasswordAsker& asker);

/// The command that makes PEM of a PKCS#12 file, for the end of a refusal.
inline constexpr std::string_view kConvertPkcs12 =
    "convert it with 'openssl pkcs12 -in FILE -out NEW', which writes PEM";

}  // namespace tls::pki
