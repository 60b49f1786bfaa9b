#include "crypto/hash.h"

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <set>

#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using test::hex;
using test::unhex;

namespace {

std::vector<const HashImpl*> runnable() {
  const Cpu cpu = detect_cpu();
  std::vector<const HashImpl*> list;
  for (const HashImpl* impl : all_hashes())
    if (cpu.features.contains(impl->required)) list.push_back(impl);
  return list;
}

std::string hash_hex(const HashImpl& impl, std::string_view text) {
  const Digest digest = hash(impl, as_bytes(text));
  return hex(digest.bytes());
}

struct Known {
  std::string_view text, sha256, sha384;
};
// FIPS 180-4 examples: "", "abc" and the two longer ones.
constexpr Known kKnown[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b1fe3c8452b"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039"},
};

}  // namespace

TEST_CASE("each hash has an implementation that requires nothing, and each implementation a name") {
  std::set<std::string_view> names;
  for (const HashImpl* impl : all_hashes()) {
    CHECK(names.insert(impl->name).second);
    CHECK(hash_named(impl->name) == impl);
    CHECK(impl->digest_size <= kMaxDigest);
    CHECK(impl->block_size <= kMaxHashBlock);
  }
  for (HashId id : {HashId::sha256, HashId::sha384}) CHECK(select_hash(id, Cpu{}).required == Features{});
  CHECK(hash_named("md5") == nullptr);
}

TEST_CASE("known answers of every implementation") {
  for (const HashImpl* impl : runnable())
    for (const Known& known : kKnown) {
      CAPTURE(impl->name);
      CHECK(hash_hex(*impl, known.text) == (impl->id == HashId::sha256 ? known.sha256 : known.sha384));
    }
}

TEST_CASE("every length to three blocks and more, in pieces cut anywhere, agrees with libsodium") {
  test::SeededRandom random(17);
  for (const HashImpl* impl : runnable()) {
    CAPTURE(impl->name);
    for (std::size_t size = 0; size <= 400; ++size) {
      std::vector<std::uint8_t> data(size);
      random.fill(data);
      Hash pieces(*impl);
      for (Bytes rest = data; !rest.empty();) {
        const std::size_t n = 1 + random.below(rest.size());
        pieces.update(rest.first(n));
        rest = rest.subspan(n);
      }
      const Digest digest = pieces.digest();
      REQUIRE(hex(digest.bytes()) == hash_hex(*impl, as_text(data)));
      if (impl->id == HashId::sha256) {
        std::array<std::uint8_t, crypto_hash_sha256_BYTES> reference;
        crypto_hash_sha256(reference.data(), data.data(), data.size());
        REQUIRE(hex(digest.bytes()) == hex(reference));
      }
    }
  }
}

TEST_CASE("a digest leaves the hash running, and a copy goes its own way") {
  for (const HashImpl* impl : runnable()) {
    CAPTURE(impl->name);
    Hash transcript(*impl);
    transcript.update(as_bytes("hello "));
    const Digest before = transcript.digest();
    Hash fork = transcript;
    fork.update(as_bytes("mars"));
    transcript.update(as_bytes("world"));
    const Digest mars = fork.digest(), world = transcript.digest();
    CHECK(hex(before.bytes()) == hash_hex(*impl, "hello "));
    CHECK(hex(mars.bytes()) == hash_hex(*impl, "hello mars"));
    CHECK(hex(world.bytes()) == hash_hex(*impl, "hello world"));
    fork = transcript;
    const Digest again = fork.digest();
    CHECK(hex(again.bytes()) == hex(world.bytes()));
  }
}

TEST_CASE("HMAC: RFC 4231 §4.3 and §4.7, and keys around the size of a block") {
  for (const HashImpl* impl : runnable()) {
    CAPTURE(impl->name);
    const bool is256 = impl->id == HashId::sha256;
    const Digest jefe = HmacKey(*impl, as_bytes("Jefe")).mac(as_bytes("what do ya want for nothing?"));
    CHECK(hex(jefe.bytes()) ==
          (is256 ? "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
                 : "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"));
    const Digest large = HmacKey(*impl, std::vector<std::uint8_t>(131, 0xAA))
                             .mac(as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"));
    CHECK(hex(large.bytes()) ==
          (is256 ? "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
                 : "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952"));
    for (std::size_t size : {impl->block_size - 1, impl->block_size, impl->block_size + 1}) {
      const std::vector<std::uint8_t> key(size, 0x0B);
      const Digest shortened = hash(*impl, key);
      const Digest ours = HmacKey(*impl, key).mac(as_bytes("x"));
      const Digest hashed_key = HmacKey(*impl, shortened.bytes()).mac(as_bytes("x"));
      CHECK((hex(ours.bytes()) == hex(hashed_key.bytes())) == (size > impl->block_size));
    }
  }
}

TEST_CASE("an HMAC key is used again and again") {
  const HmacKey key(*runnable().front(), as_bytes("key"));
  const Digest first = key.mac(as_bytes("message"));
  Hash inner = key.begin();
  inner.update(as_bytes("mess"));
  inner.update(as_bytes("age"));
  const Digest second = key.finish(inner);
  CHECK(hex(first.bytes()) == hex(second.bytes()));
}
