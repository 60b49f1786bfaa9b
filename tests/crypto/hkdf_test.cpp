#include "crypto/hkdf.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "crypto/prf12.h"
#include "crypto/provider.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using test::hex;
using test::unhex;

namespace {

const HashImpl& sha256() {
  static const Provider provider = Provider::best();
  return provider.hash(HashId::sha256);
}

std::string expand(const HmacKey& prk, Bytes info, std::size_t size) {
  std::vector<std::uint8_t> out(size);
  hkdf_expand(prk, info, out);
  return hex(out);
}

}  // namespace

TEST_CASE("HKDF: RFC 5869 A.1 and A.3") {
  const std::vector<std::uint8_t> ikm(22, 0x0B);
  const Digest prk = hkdf_extract(sha256(), unhex("000102030405060708090a0b0c"), ikm);
  CHECK(hex(prk.bytes()) == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  const HmacKey key(sha256(), prk.bytes());
  CHECK(expand(key, unhex("f0f1f2f3f4f5f6f7f8f9"), 42) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  const Digest no_salt = hkdf_extract(sha256(), {}, ikm);
  CHECK(expand(HmacKey(sha256(), no_salt.bytes()), {}, 42) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST_CASE("an output of any length is the beginning of a longer one, to the limit of 255 digests") {
  const HmacKey key(sha256(), as_bytes("prk"));
  const std::string longest = expand(key, as_bytes("info"), 255 * 32);
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{33},
                           std::size_t{64}, std::size_t{255 * 32 - 1}})
    CHECK(expand(key, as_bytes("info"), size) == longest.substr(0, 2 * size));
}

TEST_CASE("HKDF-Expand-Label is HKDF-Expand of the HkdfLabel (RFC 9846 §7.1)") {
  const HmacKey key(sha256(), as_bytes("secret"));
  const auto context = unhex("aabbcc");
  std::vector<std::uint8_t> out(16);
  hkdf_expand_label(key, "key", context, out);
  CHECK(hex(out) == expand(key, unhex("0010 09 746c733133206b6579 03 aabbcc"), 16));
  const std::string label(249, 'x');
  const std::vector<std::uint8_t> most(255, 1);
  hkdf_expand_label(key, label, most, out);
  std::vector<std::uint8_t> info = {0, 16, 255};
  for (char c : "tls13 " + label) info.push_back(static_cast<std::uint8_t>(c));
  info.push_back(255);
  info.insert(info.end(), most.begin(), most.end());
  CHECK(hex(out) == expand(key, info, 16));
}

TEST_CASE("RFC 8448 §3: the handshake traffic keys") {
  const HmacKey secret(sha256(), unhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"));
  std::vector<std::uint8_t> key(16), iv(12);
  hkdf_expand_label(secret, "key", {}, key);
  hkdf_expand_label(secret, "iv", {}, iv);
  CHECK(hex(key) == "3fce516009c21727d0f2e4e86ee403bc");
  CHECK(hex(iv) == "5d313eb2671276ee13000b30");
}

TEST_CASE("the TLS 1.2 PRF: the first master secret of NIST CAVS' TLS12 vectors") {
  const HmacKey premaster(sha256(), unhex("f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bca"
                                          "db386b411fd4fe4313a604fce6c17fbc"));
  std::vector<std::uint8_t> master(48);
  prf12(premaster, "master secret", unhex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c"),
        unhex("f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce"), master);
  CHECK(hex(master) ==
        "202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf");
}

TEST_CASE("the seed of the TLS 1.2 PRF is the concatenation of its two pieces") {
  const HmacKey secret(sha256(), as_bytes("secret"));
  std::vector<std::uint8_t> whole(100), pieces(100), shorter(33);
  prf12(secret, "label", as_bytes("client server"), {}, whole);
  prf12(secret, "label", as_bytes("client "), as_bytes("server"), pieces);
  prf12(secret, "label", as_bytes("client "), as_bytes("server"), shorter);
  CHECK(whole == pieces);
  CHECK(std::equal(shorter.begin(), shorter.end(), whole.begin()));
}
