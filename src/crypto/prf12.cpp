#include "crypto/prf12.h"

#include <algorithm>

namespace tls::crypto {

// RFC 5246 §5: A(0) = label + seed, A(i) = HMAC(secret, A(i-1)); the output is HMAC(secret, A(i) + label + seed), ...
void prf12(const HmacKey& secret, std::string_view label, Bytes seed, Bytes more, MutableBytes out) noexcept {
  const auto update_with_seed = [&](Hash& inner) {
    inner.update(as_bytes(label));
    inner.update(seed);
    inner.update(more);
  };
  Hash first = secret.begin();
  update_with_seed(first);
  Digest a = secret.finish(first);
  while (!out.empty()) {
    Hash inner = secret.begin();
    inner.update(a.bytes());
    update_with_seed(inner);
    const Digest block = secret.finish(inner);
    const std::size_t n = std::min(out.size(), block.size());
    std::ranges::copy(block.bytes().first(n), out.begin());
    out = out.subspan(n);
    if (!out.empty()) a = secret.mac(a.bytes());
  }
}

}  // namespace tls::crypto
