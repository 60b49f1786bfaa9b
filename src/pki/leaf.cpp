#include "pki/leaf.h"

namespace tls::pki {

Result<crypto::PublicKey> leaf_public_key(const Certificate& leaf, std::size_t min_rsa_bits) {
  if (auto strong = check_key(leaf, min_rsa_bits); !strong) return std::unexpected(std::move(strong).error());
  // RFC 9846 §4.5.1.2: digitalSignature must be set if the Key Usage extension is present.
  if (leaf.key_usage && (*leaf.key_usage & key_usage::kDigitalSignature) == 0)
    return fail(Code::certificate_purpose,
                "the keyUsage of '" + display_name(leaf.subject) + "' does not allow digitalSignature");
  return crypto::PublicKey::from_spki(leaf.subject_public_key_info, min_rsa_bits);
}

}  // namespace tls::pki
