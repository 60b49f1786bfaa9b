// HKDF (by hash): ikm, salt, info, okm; prk if it is known.
// HKDF-EXTRACT (by hash): ikm (none: zeros, as many as a digest), salt, prk; label: the salt goes through
// Derive-Secret(salt, label, "") first (TLS 1.3).
// HKDF-EXPAND (by hash): prk, info, okm.
// EXPAND-LABEL (by hash): secret, label, context, okm (TLS 1.3).
// PRF12 (by hash): secret, label, seed, output (TLS 1.2).
#include "crypto/hkdf.h"
#include "crypto/prf12.h"
#include "vectors/hash_case.h"
#include "vectors/registry.h"

namespace tls::vectors {
namespace {

Outcome check_hkdf(const Case& c, Context& context) {
  const ByteVector ikm = c.bytes("ikm"), salt = c.bytes_or_empty("salt"), info = c.bytes_or_empty("info");
  if (c.expect == Expect::invalid)
    return skipped("an output longer than 255 digests: a precondition of hkdf_expand, which no caller can break");
  const ByteVector okm = c.bytes("okm");
  return for_each_hash(c, context, [&](const crypto::HashImpl& impl) -> std::string {
    const crypto::Digest prk = crypto::hkdf_extract(impl, salt, ikm);
    if (c.has("prk") && to_vector(prk) != c.bytes("prk")) return "extracts " + hex(to_vector(prk));
    ByteVector got(okm.size());
    crypto::hkdf_expand(crypto::HmacKey(impl, prk.bytes()), info, got);
    return got == okm ? "" : "expands to " + hex(got);
  });
}

Outcome check_extract(const Case& c, Context& context) {
  const ByteVector prk = c.bytes("prk");
  return for_each_hash(c, context, [&](const crypto::HashImpl& impl) -> std::string {
    const ByteVector ikm = c.has("ikm") ? c.bytes("ikm") : ByteVector(impl.digest_size);
    ByteVector salt = c.bytes_or_empty("salt");
    if (c.has("label")) {
      const ByteVector label = c.bytes("label");
      const ByteVector nothing = to_vector(crypto::hash(impl, {}));
      const crypto::HmacKey secret(impl, salt);
      salt.resize(impl.digest_size);
      crypto::hkdf_expand_label(secret, as_text(label), nothing, salt);
    }
    const ByteVector got = to_vector(crypto::hkdf_extract(impl, salt, ikm));
    return got == prk ? "" : "extracts " + hex(got);
  });
}

Outcome check_expand(const Case& c, Context& context) {
  const ByteVector prk = c.bytes("prk"), info = c.bytes_or_empty("info"), okm = c.bytes("okm");
  return for_each_hash(c, context, [&](const crypto::HashImpl& impl) -> std::string {
    ByteVector got(okm.size());
    crypto::hkdf_expand(crypto::HmacKey(impl, prk), info, got);
    return got == okm ? "" : "expands to " + hex(got);
  });
}

Outcome check_expand_label(const Case& c, Context& context) {
  const ByteVector secret = c.bytes("secret"), label = c.bytes("label"), label_context = c.bytes_or_empty("context"),
                   okm = c.bytes("okm");
  return for_each_hash(c, context, [&](const crypto::HashImpl& impl) -> std::string {
    ByteVector got(okm.size());
    crypto::hkdf_expand_label(crypto::HmacKey(impl, secret), as_text(label), label_context, got);
    return got == okm ? "" : "expands to " + hex(got);
  });
}

Outcome check_prf12(const Case& c, Context& context) {
  const ByteVector secret = c.bytes("secret"), label = c.bytes("label"), seed = c.bytes("seed"),
                   output = c.bytes("output");
  return for_each_hash(c, context, [&](const crypto::HashImpl& impl) -> std::string {
    ByteVector got(output.size());
    crypto::prf12(crypto::HmacKey(impl, secret), as_text(label), seed, {}, got);
    return got == output ? "" : "gives " + hex(got);
  });
}

}  // namespace

constinit const Kind kHkdfKind = {"HKDF", "extract, then expand", check_hkdf};
constinit const Kind kExtractKind = {"HKDF-EXTRACT", "a pseudorandom key, and TLS 1.3's step to it", check_extract};
constinit const Kind kExpandKind = {"HKDF-EXPAND", "output of a pseudorandom key", check_expand};
constinit const Kind kExpandLabelKind = {"EXPAND-LABEL", "TLS 1.3's HKDF-Expand-Label", check_expand_label};
constinit const Kind kPrf12Kind = {"PRF12", "TLS 1.2's PRF", check_prf12};

}  // namespace tls::vectors
