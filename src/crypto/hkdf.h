// HKDF (RFC 5869) and TLS 1.3's HKDF-Expand-Label (RFC 9846 §7.1).
#pragma once

#include <string_view>

#include "crypto/hash.h"

namespace tls::crypto {

/// HKDF-Extract(salt, ikm).
[[nodiscard]] Digest hkdf_extract(const HashImpl& hash, Bytes salt, Bytes ikm) noexcept;
/// HKDF-Expand(prk, info, out.size()); out.size() <= 255 * digest size.
void hkdf_expand(const HmacKey& prk, Bytes info, MutableBytes out) noexcept;
/// HKDF-Expand-Label(secret, label, context, out.size()). `label` without "tls13 ", at most 249 bytes; `context` at
/// most 255.
void hkdf_expand_label(const HmacKey& secret, std::string_view label, Bytes context, MutableBytes out) noexcept;

}  // namespace tls::crypto
