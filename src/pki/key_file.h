// Private keys in files: PKCS#8, SEC1 and PKCS#1, all turned into PKCS#8.
#pragma once

#include <optional>

#include "pki/pem.h"
#include "tls/credentials.h"
#include "tls/error.h"

namespace tls::pki {

/// The first private key of `text` as PKCS#8 (RFC 5958) in block.der. `text` is PEM or the DER of one key, at most
/// limits::kMaxPem bytes. What a key is is told by its content: PKCS#8, SEC1 (RFC 5915) and PKCS#1 (RFC 8017 A.1.2)
/// under any label that ends with PRIVATE KEY. A SEC1 key that does not name its curve is taken to be on that of
/// `leaf`, the kind of key that its certificate holds. Fails with bad_key_file and words when there is none, and for
/// keys that are encrypted or of a kind that cannot sign here (DSA, X25519, Ed448, other curves). Every copy that is
/// made of the key is wiped; its octets are neither branched nor indexed on, beside the tags and lengths of its DER.
[[nodiscard]] Result<PemBlock> load_private_key(std::string_view text, std::optional<KeyKind> leaf = std::nullopt);

}  // namespace tls::pki
