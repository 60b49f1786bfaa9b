#include "crypto/hkdf.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "tls/secret.h"

namespace tls::crypto {

Digest hkdf_extract(const HashImpl& hash, Bytes salt, Bytes ikm) noexcept { return HmacKey(hash, salt).mac(ikm); }

// RFC 5869 §2.3: T(i) = HMAC(PRK, T(i-1) | info | i).
void hkdf_expand(const HmacKey& prk, Bytes info, MutableBytes out) noexcept {
  assert(out.size() <= 255 * prk.impl().digest_size);
  Digest block;
  for (std::uint8_t i = 1; !out.empty(); ++i) {
    Hash inner = prk.begin();
    inner.update(block.bytes());
    inner.update(info);
    inner.update({&i, 1});
    block = prk.finish(inner);
    const std::size_t n = std::min(out.size(), block.size());
    std::ranges::copy(block.bytes().first(n), out.begin());
    out = out.subspan(n);
  }
}

// RFC 9846 §7.1: HkdfLabel is uint16 length, opaque label<7..255> = "tls13 " + label, opaque context<0..255>.
void hkdf_expand_label(const HmacKey& secret, std::string_view label, Bytes context, MutableBytes out) noexcept {
  constexpr std::string_view kPrefix = "tls13 ";
  assert(label.size() <= 255 - kPrefix.size() && context.size() <= 255 && out.size() <= 0xFFFF);
  std::array<std::uint8_t, 2 + 1 + 255 + 1 + 255> info;
  auto end = info.begin();
  const auto put = [&end](std::size_t byte) { *end++ = static_cast<std::uint8_t>(byte); };
  put(out.size() >> 8);
  put(out.size() & 0xFF);
  put(kPrefix.size() + label.size());
  end = std::ranges::copy(kPrefix, end).out;
  end = std::ranges::copy(label, end).out;
  put(context.size());
  end = std::ranges::copy(context, end).out;
  hkdf_expand(secret, Bytes(info.data(), static_cast<std::size_t>(end - info.begin())), out);
}

}  // namespace tls::crypto
