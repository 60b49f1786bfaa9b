#include "pki/leaf.h"

namespace tls::pki {

Result<crypto::PublicKey> leaf_public_key(const Certificate& leaf, std::size_t min_rsa_bits) {
  if (auto strong = check_key(leaf, min_rsa_bits); !strong) return std::unexpected(std::move(strong).error());
  if (auto may_sign = check_may_sign(leaf); !may_sign) return std::unexpected(std::move(may_sign).error());
  return crypto::PublicKey::from_spki(leaf.subject_public_key_info, min_rsa_bits);
}

}  // namespace tls::pki
