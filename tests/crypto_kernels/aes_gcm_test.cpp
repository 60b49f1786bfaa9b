// AES-GCM: the portable kernel against the specification's vectors, every other one against the portable.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "crypto_kernels/aes_gcm_kernels.h"
#include "crypto_kernels/guarded.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using namespace tls::test;

namespace {

using Buffer = std::vector<std::uint8_t>;

struct Known {
  std::string_view key, nonce, aad, text, sealed;
};

// McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B, those with nonces of 96 bits.
constexpr std::string_view kSpecText =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
    "ba637b391aafd255";
constexpr std::string_view kSpecAad = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
constexpr Known kKnown[] = {
    {"00000000000000000000000000000000", "000000000000000000000000", "", "", "58e2fccefa7e3061367f1d57a4e7455a"},
    {"00000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000",
     "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "", kSpecText,
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac97"
     "3d58e091473f59854d5c2af327cd64a62cf35abd2ba6fab4"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", kSpecAad, kSpecText.substr(0, 120),
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac97"
     "3d58e0915bc94fbc3221a5db94fae95ae7121a47"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "", kSpecText,
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", kSpecAad,
     kSpecText.substr(0, 120),
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

/// One kernel, the portable one beside it with the same key, and guarded memory for both.
class Pair {
 public:
  explicit Pair(const AeadImpl& impl, std::size_t capacity = 1200)
      : Pair(impl, capacity, random_bytes(random_, key_size(impl.id))) {}

  /// Seals and opens, apart and in place, each buffer right before or right behind memory that traps.
  void check(std::size_t size, std::size_t aad_size, std::size_t extra_size, bool behind = false) {
    CAPTURE(size);
    CAPTURE(aad_size);
    CAPTURE(extra_size);
    const std::size_t whole = size + extra_size;
    const auto place = [&](const Guarded& memory, std::size_t n) { return behind ? memory.first(n) : memory.last(n); };
    const MutableBytes text = place(in_, size), extra = place(extra_, extra_size), aad = place(aad_, aad_size),
                       nonce = place(nonce_, kAeadNonce);
    for (const MutableBytes& bytes : {text, extra, aad, nonce}) random_.fill(bytes);
    Buffer joined(text.begin(), text.end()), expected(whole + kAeadTag);
    joined.insert(joined.end(), extra.begin(), extra.end());
    portable_.seal(nonce, aad, joined, {}, expected.data());

    const MutableBytes sealed = place(out_, whole + kAeadTag);
    kernel_.seal(nonce, aad, text, extra, sealed.data());
    REQUIRE(std::ranges::equal(sealed, expected));
    const MutableBytes opened = place(opened_, whole);
    std::ranges::fill(opened, std::uint8_t{0xAA});
    REQUIRE(kernel_.open(nonce, aad, sealed, opened.data()));
    REQUIRE(std::ranges::equal(opened, joined));

    REQUIRE(kernel_.open(nonce, aad, sealed, sealed.data()));
    REQUIRE(std::ranges::equal(sealed.first(whole), joined));
    REQUIRE(std::ranges::equal(sealed.last(kAeadTag), Bytes(expected).last(kAeadTag)));  // the input's tag stays
    kernel_.seal(nonce, aad, sealed.first(size), extra, sealed.data());
    REQUIRE(std::ranges::equal(sealed, expected));
  }

  /// Seals with the input, then the output, at any distance from a multiple of 64.
  void check_alignment(std::size_t size, std::size_t in_offset, std::size_t out_offset) {
    CAPTURE(size);
    CAPTURE(in_offset);
    CAPTURE(out_offset);
    const MutableBytes text = in_.at(in_offset, size), nonce = nonce_.first(kAeadNonce);
    random_.fill(text);
    random_.fill(nonce);
    Buffer expected(size + kAeadTag);
    portable_.seal(nonce, {}, text, {}, expected.data());
    const MutableBytes room = out_.at(0, out_offset + expected.size() + 64);
    std::ranges::fill(room, std::uint8_t{0x55});
    const MutableBytes sealed = room.subspan(out_offset, expected.size());
    kernel_.seal(nonce, {}, text, {}, sealed.data());
    REQUIRE(std::ranges::equal(sealed, expected));
    CHECK(std::ranges::count(room.first(out_offset), 0x55) == static_cast<std::ptrdiff_t>(out_offset));
    CHECK(std::ranges::count(room.last(64), 0x55) == 64);  // nothing beside it is written
    const MutableBytes opened = opened_.at(in_offset, size);
    REQUIRE(kernel_.open(nonce, {}, sealed, opened.data()));
    REQUIRE(std::ranges::equal(opened, text));
  }

 private:
  Pair(const AeadImpl& impl, std::size_t capacity, const Buffer& key)
      : kernel_(impl, key), portable_(portable_of(impl.id), key), in_(capacity), out_(capacity), opened_(capacity) {}

  inline static SeededRandom random_{20};
  KernelKey kernel_, portable_;
  Guarded in_, out_, opened_, extra_{4096}, aad_{4096}, nonce_{kAeadNonce};
};

constexpr std::size_t kAadSizes[] = {0, 5, 12, 13, 16, 17, 31, 32, 33, 63, 64, 65, 80, 127, 128, 129, 200, 1000};

template <class Test>
void for_each_kernel(Test&& test) {
  for (const AeadImpl* impl : aes_gcm_kernels()) {
    CAPTURE(impl->name);
    test(*impl);
  }
}

}  // namespace

TEST_CASE("AES-GCM: every kernel gives the specification's answers") {
  for_each_kernel([](const AeadImpl& impl) {
    for (const Known& known : kKnown) {
      const Buffer key = unhex(known.key), nonce = unhex(known.nonce), aad = unhex(known.aad), text = unhex(known.text);
      if (key.size() != key_size(impl.id)) continue;
      KernelKey kernel(impl, key);
      Buffer out(text.size() + kAeadTag);
      kernel.seal(nonce, aad, text, {}, out.data());
      CHECK(hex(out) == known.sealed);
      REQUIRE(kernel.open(nonce, aad, out, out.data()));
      CHECK(hex(Bytes(out).first(text.size())) == known.text);
    }
  });
}

TEST_CASE("AES-GCM: every kernel agrees with the portable one at each length to 1100, between guard pages") {
  for_each_kernel([](const AeadImpl& impl) {
    Pair pair(impl);
    for (std::size_t size = 0; size <= 1100; ++size) {
      pair.check(size, kAadSizes[size % std::size(kAadSizes)], 0);
      pair.check(size, 5, 1, size % 2 == 0);
    }
  });
}

TEST_CASE("AES-GCM: additional data of any length") {
  for_each_kernel([](const AeadImpl& impl) {
    Pair pair(impl);
    for (std::size_t aad_size = 0; aad_size <= 300; ++aad_size) pair.check(33, aad_size, 0, aad_size % 2 == 0);
    for (std::size_t aad_size : kAadSizes) {
      for (std::size_t size : {0u, 1u, 16u, 64u, 511u, 512u, 1024u}) pair.check(size, aad_size, 0);
    }
  });
}

TEST_CASE("AES-GCM: lengths around each multiple of every step to 17 KiB") {
  constexpr std::size_t kMost = 17 * 1024;
  for_each_kernel([](const AeadImpl& impl) {
    Pair pair(impl, kMost + 100);
    for (std::size_t multiple = 1024; multiple <= kMost; multiple += 512) {
      for (int off : {-17, -16, -15, -1, 0, 1, 15, 16, 17}) {
        pair.check(multiple + static_cast<std::size_t>(off), 13, multiple % 1024 == 0 ? 1 : 0);
      }
    }
    // Kernels of eight blocks, of which the first two are not for text.
    for (std::size_t multiple = 1024 - 32; multiple <= kMost; multiple += 128) {
      for (std::size_t off : {0u, 31u, 32u, 33u}) pair.check(multiple + off, 5, 1);
    }
  });
}

TEST_CASE("AES-GCM: the extra bytes of TLS 1.3, few or many, behind any length") {
  for_each_kernel([](const AeadImpl& impl) {
    Pair pair(impl, 17 * 1024);
    for (std::size_t extra : {0u, 1u, 2u, 15u, 16u, 17u, 63u, 64u, 65u, 255u, 256u, 300u, 512u, 513u, 1500u}) {
      for (std::size_t size : {0u,   1u,   15u,  16u,  17u,  47u,  48u,  63u,  64u,  65u,   127u,  128u,  191u,  240u,
                               255u, 256u, 257u, 495u, 496u, 511u, 512u, 513u, 767u, 1024u, 1350u, 4096u, 16384u}) {
        if (extra > 300 && size > 600) continue;
        pair.check(size, 5, extra, (size + extra) % 2 == 0);
      }
    }
  });
}

TEST_CASE("AES-GCM: nothing but extra bytes, and nothing at all, from spans without memory") {
  for_each_kernel([](const AeadImpl& impl) {
    const Buffer key(key_size(impl.id), 7), nonce(kAeadNonce, 8), extra(300, 9);
    KernelKey kernel(impl, key);
    Buffer sealed(extra.size() + kAeadTag), expected(extra.size() + kAeadTag);
    kernel.seal(nonce, {}, {}, extra, sealed.data());
    KernelKey(portable_of(impl.id), key).seal(nonce, {}, extra, {}, expected.data());
    CHECK(sealed == expected);
    kernel.seal(nonce, {}, {}, {}, sealed.data());
    CHECK(kernel.open(nonce, {}, Bytes(sealed).first(kAeadTag), nullptr));
  });
}

TEST_CASE("AES-GCM: buffers at every distance from a multiple of 64") {
  for_each_kernel([](const AeadImpl& impl) {
    Pair pair(impl, 4096);
    for (std::size_t offset = 0; offset < 64; ++offset) {
      for (std::size_t size : {1u, 16u, 100u, 255u, 512u, 1350u}) {
        pair.check_alignment(size, offset, offset * 37 % 64);
        pair.check_alignment(size, offset * 23 % 64, offset);
      }
    }
  });
}

TEST_CASE("AES-GCM: the powers of H that a long message adds do not disturb short ones") {
  SeededRandom random(21);
  for_each_kernel([&](const AeadImpl& impl) {
    Pair grown(impl, 20000);
    for (std::size_t size :
         {0u, 1u, 17u, 33u, 49u, 65u, 100u, 113u, 129u, 240u, 241u, 256u, 257u, 500u, 513u, 5000u, 1u, 240u, 16384u}) {
      grown.check(size, 5, 0);
      grown.check(1, 5, 0);
    }
    for (std::size_t size : {64u, 256u, 512u, 2048u, 16384u}) {
      Pair fresh(impl, 20000);  // nothing but what this length asks for
      fresh.check(size, 100, 1);
    }
  });
}

TEST_CASE("AES-GCM: the block counter carries through all its bytes") {
  // 2^16 blocks and some more; blocks beyond that are only further of the same addition.
  const std::size_t size = (std::size_t{1} << 20) + 5000;
  for (AeadId id : {AeadId::aes_128_gcm, AeadId::aes_256_gcm}) {
    SeededRandom random(22);
    const Buffer key = random_bytes(random, key_size(id)), text = random_bytes(random, size);
    const Buffer nonce(kAeadNonce, 0xFF);  // a carry out of the counter would change it
    Buffer expected(size + kAeadTag), out(size + kAeadTag);
    KernelKey(portable_of(id), key).seal(nonce, {}, text, {}, expected.data());
    for_each_kernel([&](const AeadImpl& impl) {
      if (impl.id != id) return;
      KernelKey kernel(impl, key);
      kernel.seal(nonce, {}, text, {}, out.data());
      CHECK((out == expected));
      REQUIRE(kernel.open(nonce, {}, out, out.data()));
      CHECK(std::equal(text.begin(), text.end(), out.begin()));
    });
  }
}

TEST_CASE("AES-GCM: with one bit wrong anywhere the answer is false and the output zero") {
  SeededRandom random(23);
  for_each_kernel([&](const AeadImpl& impl) {
    KernelKey kernel(impl, random_bytes(random, key_size(impl.id)));
    for (std::size_t size : {0u, 1u, 16u, 100u, 512u, 700u, 1350u}) {
      CAPTURE(size);
      const Buffer text = random_bytes(random, size), aad = random_bytes(random, 13),
                   nonce = random_bytes(random, kAeadNonce);
      Buffer sealed(size + kAeadTag);
      kernel.seal(nonce, aad, text, {}, sealed.data());
      const auto refused = [&](const Buffer& with_nonce, const Buffer& with_aad, const Buffer& forged) {
        Buffer apart(size + 1, 0xAA), in_place = forged;
        REQUIRE_FALSE(kernel.open(with_nonce, with_aad, forged, apart.data()));
        CHECK(std::count(apart.begin(), apart.end() - 1, 0) == static_cast<std::ptrdiff_t>(size));
        CHECK(apart.back() == 0xAA);
        REQUIRE_FALSE(kernel.open(with_nonce, with_aad, in_place, in_place.data()));
        CHECK(std::count(in_place.begin(), in_place.end() - kAeadTag, 0) == static_cast<std::ptrdiff_t>(size));
      };
      const auto flipped = [](Buffer bytes, std::size_t bit) {
        bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        return bytes;
      };
      for (std::size_t bit = 0; bit < 8 * kAeadTag; ++bit) refused(nonce, aad, flipped(sealed, 8 * size + bit));
      for (std::size_t byte = 0; byte < size; byte += 1 + size / 40) {
        refused(nonce, aad, flipped(sealed, 8 * byte + random.below(8)));
      }
      for (std::size_t byte = 0; byte < aad.size(); ++byte) {
        refused(nonce, flipped(aad, 8 * byte + random.below(8)), sealed);
      }
      for (std::size_t byte = 0; byte < kAeadNonce; ++byte) {
        refused(flipped(nonce, 8 * byte + random.below(8)), aad, sealed);
      }
      refused(nonce, Buffer(aad.begin(), aad.end() - 1), sealed);
      REQUIRE(kernel.open(nonce, aad, sealed, sealed.data()));  // a refusal leaves the key as it was
      CHECK(std::equal(text.begin(), text.end(), sealed.begin()));
    }
  });
}

TEST_CASE("AES-GCM: a state is small, and nothing of it is left when it ends") {
  for_each_kernel([](const AeadImpl& impl) {
    CHECK(impl.state_size <= kMaxAeadState);
    KernelKey kernel(impl, Buffer(key_size(impl.id), 0x42));
    Buffer out(2000 + kAeadTag);
    kernel.seal(Buffer(kAeadNonce), {}, Bytes(out).first(2000), {}, out.data());
    if (impl.name.ends_with("botan")) return;  // its state points to an object of Botan's, which wipes itself
    impl.wipe(kernel.state().data());
    CHECK(std::ranges::count(kernel.state(), 0) == static_cast<std::ptrdiff_t>(impl.state_size));
  });
}
