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
