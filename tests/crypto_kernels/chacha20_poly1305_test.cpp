// ChaCha20-Poly1305: the specification's vectors, then every kernel against the portable one. The portable one against
// libsodium: chacha20_poly1305_sodium_test.cpp.
#include <doctest/doctest.h>

#include <algorithm>

#include "crypto_kernels/aes_gcm_kernels.h"
#include "crypto_kernels/guarded.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::crypto;
using namespace tls::test;

namespace {

using Buffer = std::vector<std::uint8_t>;

/// Runs `test` for every row of ChaCha20-Poly1305 in the table that this CPU can run.
template <class Test>
void for_each_kernel(Test&& test) {
  const Cpu cpu = detect_cpu();
  for (const AeadImpl* impl : all_aeads()) {
    if (impl->id != AeadId::chacha20_poly1305 || !cpu.features.contains(impl->required)) continue;
    CAPTURE(impl->name);
    test(*impl);
  }
}

/// What the portable kernel makes of it.
Buffer expected_seal(Bytes key, Bytes nonce, Bytes aad, Bytes text) {
  Buffer sealed(text.size() + kAeadTag);
  KernelKey portable(kChaCha20Poly1305Portable, key);
  portable.seal(nonce, aad, text, {}, sealed.data());
  return sealed;
}

/// One kernel with a key, and memory that traps right behind every buffer.
class Bench {
 public:
  explicit Bench(const AeadImpl& impl, std::size_t capacity = 18000)
      : Bench(impl, capacity, random_bytes(random_, 32)) {}

  /// `size` bytes of text, the last `extra_size` of them given as `extra`: sealed and opened apart and in place, each
  /// buffer before memory that traps.
  void check(std::size_t size, std::size_t aad_size, std::size_t extra_size, int fill = -1) {
    CAPTURE(size);
    CAPTURE(aad_size);
    CAPTURE(extra_size);
    const std::size_t text_size = size - extra_size;
    const MutableBytes text = in_.last(text_size), extra = extra_.last(extra_size), aad = aad_.last(aad_size),
                       nonce = nonce_.last(kAeadNonce);
    for (const MutableBytes& bytes : {text, extra, aad, nonce}) {
      random_.fill(bytes);
      if (fill >= 0) std::ranges::fill(bytes, static_cast<std::uint8_t>(fill));
    }
    Buffer joined(text.begin(), text.end());
    joined.insert(joined.end(), extra.begin(), extra.end());
    const Buffer expected = expected_seal(key_, nonce, aad, joined);

    const MutableBytes sealed = out_.last(expected.size());
    kernel_.seal(nonce, aad, text, extra, sealed.data());
    REQUIRE(std::ranges::equal(sealed, expected));
    const MutableBytes opened = opened_.last(size);
    std::ranges::fill(opened, std::uint8_t{0xaa});
    REQUIRE(kernel_.open(nonce, aad, sealed, opened.data()));
    REQUIRE(std::ranges::equal(opened, joined));

    REQUIRE(kernel_.open(nonce, aad, sealed, sealed.data()));
    REQUIRE(std::ranges::equal(sealed.first(size), joined));
    kernel_.seal(nonce, aad, sealed.first(text_size), extra, sealed.data());
    REQUIRE(std::ranges::equal(sealed, expected));
  }

  /// The text, then the output, at any distance from a multiple of 64; nothing beside the output is written.
  void check_alignment(std::size_t size, std::size_t in_offset, std::size_t out_offset) {
    CAPTURE(size);
    CAPTURE(in_offset);
    CAPTURE(out_offset);
    const MutableBytes text = in_.at(in_offset, size), nonce = nonce_.last(kAeadNonce);
    random_.fill(text);
    const Buffer expected = expected_seal(key_, nonce, {}, text);
    const MutableBytes room = out_.at(0, out_offset + expected.size() + 64);
    std::ranges::fill(room, std::uint8_t{0x55});
    const MutableBytes sealed = room.subspan(out_offset, expected.size());
    kernel_.seal(nonce, {}, text, {}, sealed.data());
    REQUIRE(std::ranges::equal(sealed, expected));
    CHECK(std::ranges::count(room.first(out_offset), 0x55) == static_cast<std::ptrdiff_t>(out_offset));
    CHECK(std::ranges::count(room.last(64), 0x55) == 64);
    const MutableBytes opened = opened_.at(in_offset, size);
    REQUIRE(kernel_.open(nonce, {}, sealed, opened.data()));
    REQUIRE(std::ranges::equal(opened, text));
  }

  /// Flips one bit in each byte of the tag, in some bytes of the ciphertext and in the AAD: refused, and all zero.
  void check_forgeries(std::size_t size) {
    CAPTURE(size);
    const Buffer text = random_bytes(random_, size), aad = random_bytes(random_, 5), nonce = random_bytes(random_, 12);
    const Buffer sealed = expected_seal(key_, nonce, aad, text);
    const auto refused = [&](Bytes forged, Bytes forged_aad) {
      const MutableBytes opened = opened_.last(size);
      std::ranges::fill(opened, std::uint8_t{0xaa});
      CHECK_FALSE(kernel_.open(nonce, forged_aad, forged, opened.data()));
      CHECK(std::ranges::count(opened, 0) == static_cast<std::ptrdiff_t>(size));
      const MutableBytes in_place = out_.last(forged.size());
      std::ranges::copy(forged, in_place.begin());
      CHECK_FALSE(kernel_.open(nonce, forged_aad, in_place, in_place.data()));
      CHECK(std::ranges::count(in_place.first(size), 0) == static_cast<std::ptrdiff_t>(size));
    };
    for (std::size_t i = 0; i < sealed.size(); i += (i < size ? 1 + size / 5 : 1)) {
      Buffer forged = sealed;
      forged[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
      refused(forged, aad);
    }
    Buffer forged_aad = aad;
    forged_aad[4] ^= 0x80;
    refused(sealed, forged_aad);
  }

 private:
  Bench(const AeadImpl& impl, std::size_t capacity, Buffer key)
      : key_(std::move(key)), kernel_(impl, key_), in_(capacity), out_(capacity), opened_(capacity), extra_(capacity) {}

  inline static SeededRandom random_{8439};
  Buffer key_;
  KernelKey kernel_;
  Guarded in_, out_, opened_, extra_, aad_{4096}, nonce_{kAeadNonce};
};

constexpr std::size_t kAadSizes[] = {0, 5, 12, 13, 16, 17};

}  // namespace

TEST_CASE("RFC 8439 §2.8.2: the example of ChaCha20-Poly1305") {
  const Buffer key = unhex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const Buffer nonce = unhex("070000004041424344454647"), aad = unhex("50515253c0c1c2c3c4c5c6c7");
  const Bytes text = as_bytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
      "it.");
  const Buffer sealed = unhex(
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29"
      "05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b"
      "61161ae10b594f09e26a7e902ecbd0600691");
  for_each_kernel([&](const AeadImpl& impl) {
    KernelKey kernel(impl, key);
    Buffer out(text.size() + kAeadTag);
    kernel.seal(nonce, aad, text.first(100), text.subspan(100), out.data());
    CHECK(hex(out) == hex(sealed));
    REQUIRE(kernel.open(nonce, aad, out, out.data()));
    CHECK(std::ranges::equal(Bytes(out).first(text.size()), text));
  });
}

TEST_CASE("RFC 8439 appendix A.5: decryption") {
  const Buffer key = unhex("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
  const Buffer nonce = unhex("000000000102030405060708"), aad = unhex("f33388860000000000004e91");
  const Buffer sealed = unhex(
      "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100"
      "d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c8559797a06ef4f0ef61c186324e2b350638"
      "3606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa115"
      "5b0047718cbc546a0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
      "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d67890cbb22392336fea1851f"
      "38");
  for_each_kernel([&](const AeadImpl& impl) {
    KernelKey kernel(impl, key);
    Buffer out(sealed.size() - kAeadTag);
    REQUIRE(kernel.open(nonce, aad, sealed, out.data()));
    CHECK(as_text(Bytes(out).first(65)) == "Internet-Drafts are draft documents valid for a maximum of six mo");
  });
}

TEST_CASE("Every length up to 1100, with every kind of AAD and of content type and padding behind") {
  for_each_kernel([](const AeadImpl& impl) {
    Bench bench(impl);
    for (std::size_t size = 0; size <= 1100; ++size) {
      bench.check(size, kAadSizes[size % std::size(kAadSizes)], 0);
      for (std::size_t extra : std::initializer_list<std::size_t>{1, 2, 17, 300}) {
        if (extra <= size && (size % 7 == extra % 7 || size < 70)) bench.check(size, 5, extra);
      }
    }
    for (std::size_t aad : kAadSizes) {
      for (std::size_t size : std::initializer_list<std::size_t>{0, 1, 15, 16, 17, 63, 64, 65, 128, 511, 1024})
        bench.check(size, aad, 0);
    }
  });
}

TEST_CASE("Around the multiples of every step, up to a padded record") {
  for_each_kernel([](const AeadImpl& impl) {
    Bench bench(impl);
    for (std::size_t step = 256; step <= 17 * 1024; step += 256) {
      for (std::size_t size : {step - 17, step - 1, step, step + 1, step + 63, step + 65}) bench.check(size, 5, 1);
    }
    bench.check(17 * 1024, 13, 16 * 1024);  // nearly all of it padding
    bench.check(16384 + 256, 5, 256);
    bench.check(5000, 5, 5000);
  });
}

TEST_CASE("Any alignment of input and output") {
  for_each_kernel([](const AeadImpl& impl) {
    Bench bench(impl);
    for (std::size_t offset = 0; offset < 64; ++offset) {
      bench.check_alignment(65 + offset, offset, 0);
      bench.check_alignment(2300 + offset, offset, 64 - offset);
      bench.check_alignment(600, 0, offset);
    }
  });
}

TEST_CASE("A forgery is refused and leaves zeros") {
  for_each_kernel([](const AeadImpl& impl) {
    Bench bench(impl);
    for (std::size_t size : std::initializer_list<std::size_t>{0, 1, 64, 65, 300, 1024, 1350, 5000, 16384})
      bench.check_forgeries(size);
  });
}
