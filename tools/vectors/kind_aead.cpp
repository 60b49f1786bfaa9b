// AEAD (AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305): key, nonce, aad, plaintext, ciphertext, tag.
#include <algorithm>

#include "crypto/aead.h"
#include "vectors/registry.h"

namespace tls::vectors {
namespace {

using crypto::AeadId;
using crypto::AeadImpl;
using crypto::AeadKey;

std::optional<AeadId> aead_id(const Case& c) {
  for (std::size_t i = 0; i < crypto::kAeads; ++i)
    if (same_name(c.algorithm, crypto::name(static_cast<AeadId>(i)))) return static_cast<AeadId>(i);
  return std::nullopt;
}

/// What seal must give and open must take: ciphertext, then tag.
struct Values {
  ByteVector key, nonce, aad, plaintext, sealed;
};

/// Empty when all is well.
std::string check_valid(const AeadImpl& impl, const Values& v) {
  AeadKey key(impl, v.key);
  const std::span<const std::uint8_t, crypto::kAeadNonce> nonce(v.nonce.data(), crypto::kAeadNonce);
  ByteVector out(v.sealed.size());
  if (!key.seal(nonce, v.aad, v.plaintext, {}, out) || out != v.sealed) return "seals to " + hex(out);
  std::ranges::copy(v.plaintext, out.begin());
  if (!key.seal(nonce, v.aad, Bytes(out).first(v.plaintext.size()), {}, out) || out != v.sealed)
    return "seals in place to " + hex(out);
  ByteVector opened(v.plaintext.size());
  if (!key.open(nonce, v.aad, v.sealed, opened) || opened != v.plaintext) return "opens to " + hex(opened);
  if (!key.open(nonce, v.aad, out, out) || !std::equal(v.plaintext.begin(), v.plaintext.end(), out.begin()))
    return "does not open in place";
  return {};
}

std::string check_invalid(const AeadImpl& impl, const Values& v) {
  AeadKey key(impl, v.key);
  const std::span<const std::uint8_t, crypto::kAeadNonce> nonce(v.nonce.data(), crypto::kAeadNonce);
  ByteVector opened(v.sealed.size() - crypto::kAeadTag, 0xAA);
  if (key.open(nonce, v.aad, v.sealed, opened)) return "opens what is not authentic";
  if (std::ranges::any_of(opened, [](std::uint8_t b) { return b != 0; })) return "leaves plaintext behind a refusal";
  return {};
}

Outcome check(const Case& c, Context& context) {
  const auto id = aead_id(c);
  if (!id) return skipped(c.algorithm + " is not an AEAD of this library");
  Values v{c.bytes("key"), c.bytes("nonce"), c.bytes_or_empty("aad"), c.bytes_or_empty("plaintext"),
           c.bytes_or_empty("ciphertext")};
  const ByteVector tag = c.bytes("tag");
  if (v.key.size() != crypto::key_size(*id)) return failed("the key has " + std::to_string(v.key.size()) + " bytes");
  if (v.nonce.size() != crypto::kAeadNonce)
    return skipped("a nonce of " + std::to_string(v.nonce.size()) + " bytes: TLS has 12 only");
  if (tag.size() != crypto::kAeadTag)
    return skipped("a tag of " + std::to_string(tag.size()) + " bytes: TLS has 16 only");
  v.sealed.insert(v.sealed.end(), tag.begin(), tag.end());
  for (const AeadImpl* impl : crypto::all_aeads()) {
    if (impl->id != *id || !context.cpu.features.contains(impl->required)) continue;
    context.implementations.emplace(impl->name);
    const std::string wrong = c.expect == Expect::invalid ? check_invalid(*impl, v) : check_valid(*impl, v);
    if (!wrong.empty()) return failed(std::string(impl->name) + " " + wrong);
  }
  return passed();
}

}  // namespace

constinit const Kind kAeadKind = {"AEAD", "seals and opens, apart and in place; refuses forgeries and wipes", check};

}  // namespace tls::vectors
