// GROUP (by IANA's name): private, and one of public (as in a KeyShareEntry) and spki; secret. Or private and share:
// the public value that belongs to it. Or public alone: whether it is accepted. `wrong_secret`: the secret is not the
// right one.
#include <algorithm>

#include "crypto/group.h"
#include "crypto/signature.h"
#include "crypto/spki.h"
#include "vectors/der_build.h"
#include "vectors/registry.h"

namespace tls::vectors {
namespace {

/// Draws one fixed string.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(const ByteVector& bytes) : bytes_(bytes) {}
  void fill(MutableBytes out) noexcept override {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = i < bytes_.size() ? bytes_[i] : 1;
  }

 private:
  const ByteVector& bytes_;
};

/// The peer's value as TLS carries it. None: it stands in a SubjectPublicKeyInfo that is not one of this group.
std::optional<ByteVector> peer_value(const Case& c, const crypto::GroupImpl& group) {
  if (!c.has("spki")) return c.bytes("public");
  const ByteVector der = c.bytes("spki");
  const auto spki = crypto::read_spki(der);
  if (!spki || crypto::curve_of(spki->algorithm.kind) != group.id) return std::nullopt;
  return ByteVector(spki->key.begin(), spki->key.end());
}

Outcome check_share(const Case& c, const crypto::GroupImpl& group, const ByteVector& scalar) {
  FixedRandom random(scalar);
  ByteVector share(group.client_share_size);
  if (!group.generate(random, share)) return failed("no share could be made");
  return share == c.bytes("share") ? passed() : failed("the share is " + hex(share));
}

Outcome check_secret(const Case& c, const crypto::GroupImpl& group, const ByteVector& scalar) {
  const auto peer = peer_value(c, group);
  bool accepted = false;
  ByteVector got;
  if (peer) {
    if (auto secret = group.finish(crypto::KeySharePrivate(scalar), *peer)) {
      accepted = true;
      got.assign(secret->expose().begin(), secret->expose().end());
    }
  }
  const ByteVector expected = c.bytes_or_empty("secret");
  // RFC 9846 §7.4.2: an all-zero secret of X25519 is refused, whatever the file thinks of it.
  const bool zero = group.id == NamedGroup::x25519 && !expected.empty() &&
                    std::ranges::all_of(expected, [](std::uint8_t b) { return b == 0; });
  if (c.expect == Expect::invalid || zero) return accepted ? failed("a bad share was accepted") : passed();
  if (c.has("wrong_secret")) return accepted && got != expected ? passed() : failed("the wrong secret was agreed on");
  if (accepted && !expected.empty() && got != expected) return failed("the secret is " + hex(got));
  // What RFC 7748 calls a u-coordinate is always taken; elsewhere "acceptable" means an encoding that TLS does not
  // have.
  const bool may_refuse = c.expect == Expect::acceptable && group.id != NamedGroup::x25519;
  return accepted || may_refuse ? passed() : failed("a good share was refused");
}

Outcome check(const Case& c, Context& context) {
  const auto id = named_group_named(c.algorithm);
  const crypto::GroupImpl* group = id ? crypto::find_group(*id) : nullptr;
  if (group == nullptr) return skipped(c.algorithm + " is not a group of this library");
  context.implementations.emplace(group->name);
  const std::size_t scalar_size = group->secret_size;
  const ByteVector scalar = der::resized(c.has("private") ? c.bytes("private") : ByteVector{1}, scalar_size);
  if (c.has("share"))
    if (Outcome outcome = check_share(c, *group, scalar); outcome.verdict != Outcome::Verdict::passed) return outcome;
  if (c.has("public") || c.has("spki")) return check_secret(c, *group, scalar);
  return passed();
}

}  // namespace

constinit const Kind kGroupKind = {"GROUP", "the share of a private key, and the secret shared with a peer", check};

}  // namespace tls::vectors
