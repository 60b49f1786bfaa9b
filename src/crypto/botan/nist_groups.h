// secp256r1, secp384r1 and secp521r1 key exchange (RFC 9846 §4.3.8.2) by Botan.
#pragma once

#include "crypto/dh_group.h"

namespace tls::crypto::botan {

Result<KeySharePrivate> p256_generate(Random& random, MutableBytes share);
Result<SharedSecret> p256_finish(KeySharePrivate&& key, Bytes share);
Result<KeySharePrivate> p384_generate(Random& random, MutableBytes share);
Result<SharedSecret> p384_finish(KeySharePrivate&& key, Bytes share);
Result<KeySharePrivate> p521_generate(Random& random, MutableBytes share);
Result<SharedSecret> p521_finish(KeySharePrivate&& key, Bytes share);

inline constexpr GroupImpl kSecp256r1 =
    dh_group<p256_generate, p256_finish>(NamedGroup::secp256r1, "secp256r1", 65, 32);
inline constexpr GroupImpl kSecp384r1 =
    dh_group<p384_generate, p384_finish>(NamedGroup::secp384r1, "secp384r1", 97, 48);
inline constexpr GroupImpl kSecp521r1 =
    dh_group<p521_generate, p521_finish>(NamedGroup::secp521r1, "secp521r1", 133, 66);

}  // namespace tls::crypto::botan
