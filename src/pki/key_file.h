// Private keys in files: PKCS#8, SEC1 and PKCS#1, encrypted or not, all turned into PKCS#8.
#pragma once

#include <optional>
#include <string>

#include "pki/password_asker.h"
#include "pki/pem.h"
#include "tls/credentials.h"
#include "tls/error.h"

namespace tls::pki {

/// A private key in the clear, of whatever kind, and where it was found.
struct FoundKey {
  PemBlock block;
  std::string where;  ///< "'site.pem', block 2 ('PRIVATE KEY', line 31)", for errors
};

/// The first private key of `text`, decrypted where it is encrypted. `text` is PEM or the DER of one key, at most
/// limits::kMaxPem bytes; `file` names it in errors, "'site.pem'", and may be empty. What a key is is told by its
/// content, under any label that ends with PRIVATE KEY. Fails with bad_key_file and words when there is none, and for
/// what cannot be decrypted. Every copy that is made of the key is wiped; its octets are neither branched nor indexed
/// on, beside the tags and lengths of its DER.
[[nodiscard]] Result<FoundKey> find_private_key(std::string_view text, PasswordAsker& asker,
                                                const std::string& file = {});

/// The key as PKCS#8 (RFC 5958) in block.der: out of PKCS#8, SEC1 (RFC 5915) and PKCS#1 (RFC 8017 A.1.2). A SEC1 key
/// that does not name its curve is taken to be on that of `leaf`, the kind of key that its certificate holds. Fails
/// with bad_key_file and words for keys of a kind that cannot sign here (DSA, X25519, Ed448, other curves). Wipes its
/// copies.
[[nodiscard]] Result<PemBlock> as_pkcs8(const FoundKey& key, std::optional<KeyKind> leaf);
/// Whether as_pkcs8() needs a leaf to tell the curve.
[[nodiscard]] bool lacks_curve(const FoundKey& key) noexcept;

/// Both at once, without a password.
[[nodiscard]] Result<PemBlock> load_private_key(std::string_view text, std::optional<KeyKind> leaf = std::nullopt);

}  // namespace tls::pki
