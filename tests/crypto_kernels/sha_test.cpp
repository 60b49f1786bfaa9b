// SHA-256 and SHA-384: every row of the table that this CPU can run against libsodium and the examples of FIPS 180-4.
#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <vector>

#include "crypto/hash.h"
#include "crypto_kernels/guarded.h"
#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using namespace tls::test;

namespace {

template <class Test>
void for_each_hash(Test&& test) {
  const Cpu cpu = detect_cpu();
  for (const HashImpl* impl : all_hashes()) {
    if (!cpu.features.contains(impl->required)) continue;
    CAPTURE(impl->name);
    test(*impl);
  }
}

/// What libsodium makes of it. SHA-384 is SHA-512 from other initial values, cut to 48 bytes (FIPS 180-4 §6.5).
std::vector<std::uint8_t> expected_digest(const HashImpl& impl, Bytes data) {
  std::vector<std::uint8_t> digest(64);
  if (impl.id == HashId::sha256) {
    crypto_hash_sha256(digest.data(), data.data(), data.size());
  } else {
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    std::ranges::copy(impl.initial, state.state);
    crypto_hash_sha512_update(&state, data.data(), data.size());
    crypto_hash_sha512_final(&state, digest.data());
  }
  digest.resize(impl.digest_size);
  return digest;
}

std::string hex_digest(const Digest& digest) { return hex(digest.bytes()); }

}  // namespace

TEST_CASE("FIPS 180-4: 'abc'") {
  for_each_hash([](const HashImpl& impl) {
    const std::string_view digest =
        impl.id == HashId::sha256
            ? "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            : "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
    CHECK(hex_digest(hash(impl, as_bytes("abc"))) == digest);
  });
}

TEST_CASE("Every length up to 300 and some longer, right before memory that traps") {
  for_each_hash([](const HashImpl& impl) {
    SeededRandom random(180);
    const Guarded memory(20000);
    std::vector<std::size_t> sizes;
    for (std::size_t size = 0; size <= 300; ++size) sizes.push_back(size);
    for (std::size_t size : {511U, 512U, 513U, 1023U, 1024U, 4096U, 16384U, 16385U}) sizes.push_back(size);
    for (std::size_t size : sizes) {
      CAPTURE(size);
      const MutableBytes data = memory.last(size);
      random.fill(data);
      REQUIRE(hex_digest(hash(impl, data)) == hex(expected_digest(impl, data)));
    }
  });
}

TEST_CASE("Where the padding begins: all that a last block can hold, right behind and right before memory that traps") {
  for_each_hash([](const HashImpl& impl) {
    SeededRandom random(55);
    const Guarded memory(2 * kMaxHashBlock), front(3 * kMaxHashBlock);
    const std::vector<std::uint8_t> ones(kMaxHashBlock, 0xFF);
    // Among them 55 and 56, 111 and 112: the last that leaves room for the length in bits, the first that does not.
    for (const std::size_t whole : {std::size_t{0}, impl.block_size}) {
      for (std::size_t over = 0; over < impl.block_size; ++over) {
        const std::size_t size = whole + over;
        CAPTURE(size);
        for (const MutableBytes data : {memory.last(size), front.first(size)}) {
          random.fill(data);
          const std::string expected = hex(expected_digest(impl, data));
          REQUIRE(hex_digest(hash(impl, data)) == expected);
          // A buffer that has held other bytes: nothing of them may come into the padding.
          Hash running(impl);
          running.update(Bytes(ones).first(impl.block_size - 1));
          running = Hash(impl);
          running.update(data);
          REQUIRE(hex_digest(running.digest()) == expected);
          running.update(ones);
          std::vector<std::uint8_t> longer(data.begin(), data.end());
          longer.insert(longer.end(), ones.begin(), ones.end());
          REQUIRE(hex_digest(running.digest()) == hex(expected_digest(impl, longer)));
        }
      }
    }
  });
}

TEST_CASE("HMAC is H(key ^ opad, H(key ^ ipad, text)) for keys and texts of every length to two blocks") {
  for_each_hash([](const HashImpl& impl) {
    SeededRandom random(2104);
    const auto padded = [&](Bytes key, std::uint8_t pad) {
      std::vector<std::uint8_t> block(impl.block_size, pad);
      for (std::size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
      return block;
    };
    for (std::size_t size = 0; size <= 2 * impl.block_size; ++size) {
      CAPTURE(size);
      std::vector<std::uint8_t> key(size % (impl.block_size + 1)), text(size);
      random.fill(key);
      random.fill(text);
      std::vector<std::uint8_t> inner = padded(key, 0x36), outer = padded(key, 0x5C);
      inner.insert(inner.end(), text.begin(), text.end());
      const std::vector<std::uint8_t> digest = expected_digest(impl, inner);
      outer.insert(outer.end(), digest.begin(), digest.end());
      REQUIRE(hex_digest(HmacKey(impl, key).mac(text)) == hex(expected_digest(impl, outer)));
    }
  });
}

TEST_CASE("Random splits give the same digest") {
  for_each_hash([](const HashImpl& impl) {
    SeededRandom random(384);
    for (int round = 0; round < 300; ++round) {
      std::vector<std::uint8_t> data(random.below(3000));
      random.fill(data);
      Hash running(impl);
      for (Bytes rest = data; !rest.empty();) {
        const std::size_t n = std::min<std::size_t>(rest.size(), 1 + random.below(round % 2 == 0 ? 40 : 500));
        running.update(rest.first(n));
        rest = rest.subspan(n);
      }
      REQUIRE(hex_digest(running.digest()) == hex(expected_digest(impl, data)));
    }
  });
}

TEST_CASE("The compression function takes any number of blocks at any address") {
  for_each_hash([](const HashImpl& impl) {
    SeededRandom random(64);
    std::vector<std::uint8_t> data(64 + 20 * impl.block_size);
    random.fill(data);
    for (std::size_t offset = 0; offset < 64; ++offset) {
      for (std::size_t count : {0U, 1U, 2U, 7U, 20U}) {
        auto together = impl.initial, one_by_one = impl.initial;
        impl.compress(together.data(), data.data() + offset, count);
        for (std::size_t i = 0; i < count; ++i) {
          impl.compress(one_by_one.data(), data.data() + offset + i * impl.block_size, 1);
        }
        REQUIRE(together == one_by_one);
      }
    }
  });
}
