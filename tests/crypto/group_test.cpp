#include "crypto/group.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using test::hex;
using test::unhex;

namespace {

/// Gives what it was told to give, in that order.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::string_view text) : bytes_(unhex(text)) {}
  void fill(MutableBytes out) noexcept override {
    REQUIRE(at_ + out.size() <= bytes_.size());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), out.size(), out.begin());
    at_ += out.size();
  }
  bool used_up() const { return at_ == bytes_.size(); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

std::vector<std::uint8_t> share_of(const GroupImpl& group, Random& random) {
  std::vector<std::uint8_t> share(group.client_share_size);
  REQUIRE(group.generate(random, share).has_value());
  return share;
}

Code refusal(const GroupImpl& group, Bytes share) {
  test::SeededRandom random(1);
  std::vector<std::uint8_t> own(group.client_share_size);
  auto key = group.generate(random, own);
  REQUIRE(key.has_value());
  const auto client = group.finish(std::move(*key), share);
  const auto server = group.respond(random, share, own);
  REQUIRE_FALSE(client.has_value());
  REQUIRE_FALSE(server.has_value());
  CHECK(client.error().code() == server.error().code());
  return client.error().code();
}

constexpr std::string_view kOrder256 = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
constexpr std::string_view kOrder384 =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
constexpr std::string_view kOrder521 =
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c"
    "47aebb6fb71e91386409";

}  // namespace

TEST_CASE("both sides of every group reach the same secret, and the key is used up") {
  test::SeededRandom random(3);
  for (const GroupImpl& group : all_groups()) {
    CAPTURE(group.name);
    CHECK(find_group(group.id) == &group);
    CHECK(name(group.id) == group.name);
    for (int round = 0; round < 5; ++round) {
      std::vector<std::uint8_t> client_share(group.client_share_size), server_share(group.server_share_size);
      auto key = group.generate(random, client_share);
      REQUIRE(key.has_value());
      const auto server = group.respond(random, client_share, server_share);
      REQUIRE(server.has_value());
      const auto client = group.finish(std::move(*key), server_share);
      REQUIRE(client.has_value());
      CHECK(client->size() == group.secret_size);
      CHECK(hex(client->expose()) == hex(server->expose()));
      CHECK(key->empty());
    }
  }
  CHECK(find_group(NamedGroup{0x001E}) == nullptr);
}

TEST_CASE("x25519: RFC 7748 §6.1, drawn from a script") {
  const GroupImpl& group = *find_group(NamedGroup::x25519);
  ScriptedRandom alice("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  ScriptedRandom bob("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  std::vector<std::uint8_t> a(32), b(32);
  auto key = group.generate(alice, a);
  REQUIRE(key.has_value());
  CHECK(hex(a) == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  const auto server = group.respond(bob, a, b);
  REQUIRE(server.has_value());
  CHECK(hex(b) == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const auto client = group.finish(std::move(*key), b);
  REQUIRE(client.has_value());
  for (const auto* side : {&server, &client})
    CHECK(hex((*side)->expose()) == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST_CASE("x25519: the all-zero secret is refused (RFC 9846 §7.4.2)") {
  const GroupImpl& group = *find_group(NamedGroup::x25519);
  for (std::string_view small : {"0000000000000000000000000000000000000000000000000000000000000000",
                                 "0100000000000000000000000000000000000000000000000000000000000000",
                                 "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                 "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                 "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                 "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                 "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"})
    CHECK(refusal(group, unhex(small)) == Code::bad_key_share);
  CHECK(refusal(group, std::vector<std::uint8_t>(31, 9)) == Code::bad_key_share);
  CHECK(refusal(group, std::vector<std::uint8_t>(33, 9)) == Code::bad_key_share);
  CHECK(refusal(group, {}) == Code::bad_key_share);
}

TEST_CASE("NIST curves: points off the curve, at infinity, compressed, or of another length are refused") {
  for (NamedGroup id : {NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::secp521r1}) {
    const GroupImpl& group = *find_group(id);
    CAPTURE(group.name);
    test::SeededRandom random(5);
    const auto good = share_of(group, random);
    auto bad = good;
    bad.back() ^= 1;
    CHECK(refusal(group, bad) == Code::bad_key_share);
    for (unsigned form : {0x00u, 0x02u, 0x03u, 0x05u, 0x06u, 0x07u}) {
      bad = good;
      bad[0] = static_cast<std::uint8_t>(form);
      CHECK(refusal(group, bad) == Code::bad_key_share);
    }
    bad = good;
    bad[0] = static_cast<std::uint8_t>(2 | (good.back() & 1));
    bad.resize(1 + group.secret_size);
    CHECK(refusal(group, bad) == Code::bad_key_share);
    CHECK(refusal(group, std::vector<std::uint8_t>{0}) == Code::bad_key_share);
    CHECK(refusal(group, {}) == Code::bad_key_share);
    bad = good;
    std::fill(bad.begin() + 1, bad.end(), std::uint8_t{0xFF});  // coordinates above the prime
    CHECK(refusal(group, bad) == Code::bad_key_share);
    std::fill(bad.begin() + 1, bad.end(), std::uint8_t{0});
    CHECK(refusal(group, bad) == Code::bad_key_share);
  }
}

TEST_CASE("NIST curves: a scalar is the first draw that is above zero and below the order") {
  const auto drawn = [](NamedGroup id, std::string_view order) {
    const GroupImpl& group = *find_group(id);
    std::string below(order), one(order.size(), '0');
    below.back() = static_cast<char>(below.back() - 1);
    one.back() = '1';
    const std::string zero(order.size(), '0'), ones(order.size(), 'f');
    ScriptedRandom at_last(zero + std::string(order) + ones + one);
    const auto base_point = share_of(group, at_last);
    CHECK(at_last.used_up());
    ScriptedRandom greatest(below);  // -1: the base point with the other y
    const auto negated = share_of(group, greatest);
    CHECK(std::equal(base_point.begin(), base_point.begin() + 1 + static_cast<std::ptrdiff_t>(order.size() / 2),
                     negated.begin()));
    CHECK(base_point != negated);
    return hex(Bytes(base_point).subspan(1, order.size() / 2));
  };
  CHECK(drawn(NamedGroup::secp256r1, kOrder256) == "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
  CHECK(drawn(NamedGroup::secp384r1, kOrder384) ==
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7");
  // Seven bits of a draw lie above the order, and are cleared: all ones are still too many.
  CHECK(drawn(NamedGroup::secp521r1, kOrder521) ==
        "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c185"
        "6a42"
        "9bf97e7e31c2e5bd66");
}
