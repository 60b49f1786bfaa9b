// HASH (SHA-256, SHA-384): message, digest.
// HASH-MONTE: seed, digest: one round of 1000 digests (NIST SHAVS §6.4).
// HMAC: key, message, tag (which may be cut).
#include <algorithm>

#include "vectors/hash_case.h"
#include "vectors/registry.h"

namespace tls::vectors {
namespace {

Outcome check_hash(const Case& c, Context& context) {
  const ByteVector message = c.bytes("message"), digest = c.bytes("digest");
  return for_each_hash(c, context, [&](const crypto::HashImpl& impl) -> std::string {
    if (const ByteVector got = to_vector(crypto::hash(impl, message)); got != digest) return "gives " + hex(got);
    crypto::Hash pieces(impl);
    for (std::size_t i = 0; i < message.size(); i += 7)
      pieces.update(Bytes(message).subspan(i, std::min<std::size_t>(7, message.size() - i)));
    return to_vector(pieces.digest()) == digest ? "" : "gives another digest in pieces";
  });
}

Outcome check_monte(const Case& c, Context& context) {
  const ByteVector seed = c.bytes("seed"), digest = c.bytes("digest");
  return for_each_hash(c, context, [&](const crypto::HashImpl& impl) -> std::string {
    ByteVector window;
    for (int i = 0; i < 3; ++i) window.insert(window.end(), seed.begin(), seed.end());
    for (int i = 0; i < 1000; ++i) {
      const ByteVector next = to_vector(crypto::hash(impl, window));
      window.erase(window.begin(), window.begin() + static_cast<std::ptrdiff_t>(next.size()));
      window.insert(window.end(), next.begin(), next.end());
    }
    const ByteVector got(window.end() - static_cast<std::ptrdiff_t>(seed.size()), window.end());
    return got == digest ? "" : "gives " + hex(got);
  });
}

Outcome check_hmac(const Case& c, Context& context) {
  const ByteVector key = c.bytes("key"), message = c.bytes("message"), tag = c.bytes("tag");
  return for_each_hash(c, context, [&](const crypto::HashImpl& impl) -> std::string {
    ByteVector got = to_vector(crypto::HmacKey(impl, key).mac(message));
    if (tag.size() > got.size()) return "has fewer bytes than the tag";
    got.resize(tag.size());
    if (c.expect == Expect::invalid) return got != tag ? "" : "gives the tag that must be wrong";
    return got == tag ? "" : "gives " + hex(got);
  });
}

}  // namespace

constinit const Kind kHashKind = {"HASH", "the digest, at once and in pieces", check_hash};
constinit const Kind kHashMonteKind = {"HASH-MONTE", "a thousand digests of digests", check_monte};
constinit const Kind kHmacKind = {"HMAC", "the tag, whole or cut", check_hmac};

}  // namespace tls::vectors
