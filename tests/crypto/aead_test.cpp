#include "crypto/aead.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "support/environment.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using test::hex;
using test::unhex;

namespace {

std::vector<const AeadImpl*> runnable() {
  const Cpu cpu = detect_cpu();
  std::vector<const AeadImpl*> list;
  for (const AeadImpl* impl : all_aeads())
    if (cpu.features.contains(impl->required)) list.push_back(impl);
  return list;
}

struct Known {
  AeadId id;
  std::string_view key, nonce, aad, plaintext, sealed;
};

// RFC 8439 §2.8.2, and test cases 4 and 16 of the GCM specification.
constexpr Known kKnown[] = {
    {AeadId::chacha20_poly1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f66"
     "66657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c64206265"
     "2069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b"
     "2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586"
     "cec64b61161ae10b594f09e26a7e902ecbd0600691"},
    {AeadId::aes_128_gcm, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6"
     "57ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac"
     "973d58e0915bc94fbc3221a5db94fae95ae7121a47"},
    {AeadId::aes_256_gcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6"
     "57ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a"
     "0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

using Nonce = std::array<std::uint8_t, kAeadNonce>;

std::vector<std::uint8_t> random_bytes(test::SeededRandom& random, std::size_t n) {
  std::vector<std::uint8_t> bytes(n);
  random.fill(bytes);
  return bytes;
}

}  // namespace

TEST_CASE("every algorithm has an implementation that requires nothing, and each has a name of its own") {
  std::set<std::string_view> names;
  for (const AeadImpl* impl : all_aeads()) {
    CHECK(names.insert(impl->name).second);
    CHECK(aead_named(impl->name) == impl);
    CHECK(impl->state_size <= kMaxAeadState);
  }
  for (std::size_t i = 0; i < kAeads; ++i) CHECK(select_aead(static_cast<AeadId>(i), Cpu{}).required == Features{});
  CHECK(aead_named("aes-128-gcm-by-hand") == nullptr);
}

TEST_CASE("the first implementation whose requirements the CPU meets is selected") {
  const Cpu cpu = detect_cpu();
  for (const AeadImpl* impl : runnable()) {
    if (impl->vendor != Vendor::other && impl->vendor != cpu.vendor) continue;
    const AeadImpl& chosen = select_aead(impl->id, cpu);
    const auto all = all_aeads();
    CHECK(std::ranges::find(all, &chosen) <= std::ranges::find(all, impl));
  }
}

TEST_CASE("an implementation made for one vendor's CPUs is selected on no other's") {
  for (const AeadImpl* impl : all_aeads()) {
    for (Vendor vendor : {Vendor::other, Vendor::intel, Vendor::amd, Vendor::arm}) {
      const Cpu cpu{.features = impl->required, .vendor = vendor, .brand = {}};
      const AeadImpl& chosen = select_aead(impl->id, cpu);
      CHECK((chosen.vendor == Vendor::other || chosen.vendor == vendor));
      if (impl->vendor == vendor && vendor != Vendor::other) CHECK(&chosen == impl);
    }
  }
}

TEST_CASE("known answers, sealed and opened by every implementation, apart and in place") {
  for (const AeadImpl* impl : runnable()) {
    for (const Known& known : kKnown) {
      if (known.id != impl->id) continue;
      CAPTURE(impl->name);
      AeadKey key(*impl, unhex(known.key));
      Nonce nonce;
      std::ranges::copy(unhex(known.nonce), nonce.begin());
      const auto aad = unhex(known.aad), plaintext = unhex(known.plaintext);
      std::vector<std::uint8_t> out(plaintext.size() + kAeadTag);
      REQUIRE(key.seal(nonce, aad, plaintext, {}, out));
      CHECK(hex(out) == known.sealed);
      std::vector<std::uint8_t> opened(plaintext.size());
      REQUIRE(key.open(nonce, aad, out, opened));
      CHECK(opened == plaintext);

      std::ranges::copy(plaintext, out.begin());
      REQUIRE(key.seal(nonce, aad, Bytes(out).first(plaintext.size()), {}, out));
      CHECK(hex(out) == known.sealed);
      REQUIRE(key.open(nonce, aad, out, out));
      CHECK(std::equal(plaintext.begin(), plaintext.end(), out.begin()));
    }
  }
}

TEST_CASE("the data and the extra byte or bytes are sealed as one string, wherever they are cut") {
  test::SeededRandom random(7);
  for (const AeadImpl* impl : runnable()) {
    CAPTURE(impl->name);
    AeadKey key(*impl, random_bytes(random, key_size(impl->id)));
    const Nonce nonce{1, 2, 3};
    for (std::size_t size : {0u, 1u, 15u, 16u, 17u, 63u, 64u, 65u, 255u, 256u, 300u, 1023u}) {
      const auto text = random_bytes(random, size), aad = random_bytes(random, 5);
      std::vector<std::uint8_t> whole(size + kAeadTag), pieces(size + kAeadTag);
      REQUIRE(key.seal(nonce, aad, text, {}, whole));
      for (std::size_t extra : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{16}, size}) {
        if (extra > size) continue;
        const Bytes head = Bytes(text).first(size - extra), tail = Bytes(text).last(extra);
        REQUIRE(key.seal(nonce, aad, head, tail, pieces));
        CHECK(pieces == whole);
        std::ranges::copy(head, pieces.begin());
        REQUIRE(key.seal(nonce, aad, Bytes(pieces).first(head.size()), tail, pieces));
        CHECK(pieces == whole);
      }
    }
  }
}

TEST_CASE("all implementations of an algorithm agree, at every length to 600") {
  test::SeededRandom random(11);
  for (std::size_t id = 0; id < kAeads; ++id) {
    std::vector<const AeadImpl*> impls;
    std::ranges::copy_if(runnable(), std::back_inserter(impls),
                         [&](const AeadImpl* impl) { return impl->id == static_cast<AeadId>(id); });
    const auto secret = random_bytes(random, key_size(static_cast<AeadId>(id)));
    for (std::size_t size = 0; size <= 600; ++size) {
      const auto text = random_bytes(random, size), aad = random_bytes(random, random.below(40));
      Nonce nonce;
      random.fill(nonce);
      std::vector<std::uint8_t> reference;
      for (const AeadImpl* impl : impls) {
        AeadKey key(*impl, secret);
        std::vector<std::uint8_t> sealed(size + kAeadTag), opened(size);
        REQUIRE(key.seal(nonce, aad, text, {}, sealed));
        if (reference.empty()) reference = sealed;
        REQUIRE_MESSAGE(sealed == reference, impl->name);
        REQUIRE_MESSAGE(key.open(nonce, aad, sealed, opened), impl->name);
        REQUIRE_MESSAGE(opened == text, impl->name);
      }
    }
  }
}

TEST_CASE("one flipped bit of ciphertext, tag, nonce or additional data is not authentic, and the output is zeroed") {
  test::SeededRandom random(13);
  for (const AeadImpl* impl : runnable()) {
    CAPTURE(impl->name);
    AeadKey key(*impl, random_bytes(random, key_size(impl->id)));
    const auto text = random_bytes(random, 50);
    const auto aad = random_bytes(random, 13);
    const Nonce nonce{9};
    std::vector<std::uint8_t> sealed(text.size() + kAeadTag);
    REQUIRE(key.seal(nonce, aad, text, {}, sealed));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      auto forged = sealed;
      forged[i] ^= static_cast<std::uint8_t>(1u << random.below(8));
      REQUIRE_FALSE(key.open(nonce, aad, forged, forged));
      CHECK(std::all_of(forged.begin(), forged.begin() + 50, [](std::uint8_t b) { return b == 0; }));
    }
    std::vector<std::uint8_t> opened(text.size(), 0xAA);
    auto other_aad = aad;
    other_aad[12] ^= 1;
    CHECK_FALSE(key.open(nonce, other_aad, sealed, opened));
    CHECK(std::ranges::all_of(opened, [](std::uint8_t b) { return b == 0; }));
    CHECK_FALSE(key.open(Nonce{8}, aad, sealed, opened));
    CHECK(key.open(nonce, aad, sealed, opened));  // a refusal leaves the key as it was
    CHECK(opened == text);
  }
}

TEST_CASE("buffers that overlap without being equal are refused, and nothing is written") {
  for (const AeadImpl* impl : runnable()) {
    CAPTURE(impl->name);
    AeadKey key(*impl, std::vector<std::uint8_t>(key_size(impl->id), 1));
    const Nonce nonce{};
    std::vector<std::uint8_t> buffer(100, 0x55);
    const auto untouched = buffer;
    const MutableBytes all(buffer);
    CHECK_FALSE(key.seal(nonce, {}, all.subspan(1, 20), {}, all.first(36)));
    CHECK_FALSE(key.seal(nonce, {}, all.first(20), {}, all.subspan(1, 36)));
    CHECK_FALSE(key.seal(nonce, {}, all.first(20), all.subspan(30, 1), all.first(37)));
    CHECK_FALSE(key.seal(nonce, all.subspan(10, 5), {}, {}, all.first(16)));
    CHECK_FALSE(key.open(nonce, {}, all.subspan(1, 36), all.first(20)));
    CHECK_FALSE(key.open(nonce, {}, all.first(36), all.subspan(35, 20)));
    CHECK(buffer == untouched);
    CHECK(key.seal(nonce, all.subspan(60, 5), all.first(20), all.subspan(36, 1), all.first(37)) == false);
    CHECK(key.seal(nonce, all.subspan(60, 5), all.first(20), all.subspan(37, 1), all.first(37)));  // side by side
  }
}

TEST_CASE("an output that is too small and an input shorter than a tag are refused") {
  for (const AeadImpl* impl : runnable()) {
    CAPTURE(impl->name);
    AeadKey key(*impl, std::vector<std::uint8_t>(key_size(impl->id), 1));
    const Nonce nonce{};
    std::vector<std::uint8_t> in(20), out(36);
    CHECK_FALSE(key.seal(nonce, {}, in, {}, MutableBytes(out).first(35)));
    CHECK(key.seal(nonce, {}, in, {}, out));
    CHECK_FALSE(key.open(nonce, {}, Bytes(out).first(kAeadTag - 1), in));
    CHECK_FALSE(key.open(nonce, {}, out, MutableBytes(in).first(19)));
    CHECK(key.open(nonce, {}, out, in));
    CHECK_FALSE(
        key.seal(nonce, {}, Bytes(in.data(), kMaxAeadPlaintext + 1), {}, MutableBytes(out.data(), SIZE_MAX / 2)));
    CHECK_FALSE(key.seal(nonce, {}, Bytes(in.data(), kMaxAeadPlaintext), Bytes(in.data(), 1),
                         MutableBytes(out.data(), SIZE_MAX / 2)));
  }
}

TEST_CASE("a key moves; what it moved from is empty") {
  const Cpu cpu = detect_cpu();
  const AeadImpl& impl = select_aead(AeadId::aes_128_gcm, cpu);
  AeadKey a(impl, std::vector<std::uint8_t>(16, 3));
  AeadKey b(std::move(a));
  CHECK_FALSE(static_cast<bool>(a));
  REQUIRE(static_cast<bool>(b));
  a = std::move(b);
  CHECK_FALSE(static_cast<bool>(b));
  std::vector<std::uint8_t> out(kAeadTag);
  CHECK(a.seal(Nonce{}, {}, {}, {}, out));
  CHECK(a.impl().name == impl.name);
}
