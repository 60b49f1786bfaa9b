// ChaCha20-Poly1305 under valgrind's memcheck, as aes_gcm_constant_time_test.cpp: key and plaintext are marked as
// undefined, and each branch and address that is made from them is reported.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/constant_time.h"
#include "crypto_kernels/aes_gcm_kernels.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_COUNT_ERRORS 0
#endif

using namespace tls;
using namespace tls::crypto;
using namespace tls::test;

namespace {

using Buffer = std::vector<std::uint8_t>;

void seal_and_open_secrets(const AeadImpl& impl, std::size_t size) {
  SeededRandom random(31);
  Buffer key = random_bytes(random, 32), text = random_bytes(random, size), extra = {23, 0};
  const Buffer original = text, aad = random_bytes(random, 13), nonce = random_bytes(random, kAeadNonce);
  Buffer sealed(size + extra.size() + kAeadTag), opened(size + extra.size());
  poison(key);
  poison(text);
  poison(extra);
  KernelKey kernel(impl, key);
  kernel.seal(nonce, aad, text, extra, sealed.data());
  unpoison(sealed);  // what goes over the wire is public
  REQUIRE(kernel.open(nonce, aad, sealed, opened.data()));
  unpoison(opened);
  CHECK(std::equal(original.begin(), original.end(), opened.begin()));
  sealed[0] ^= 1;
  CHECK_FALSE(kernel.open(nonce, aad, sealed, opened.data()));
  unpoison(key);
}

}  // namespace

TEST_CASE("constant time: no branch and no address of ChaCha20-Poly1305 depends on key or plaintext") {
  if (!RUNNING_ON_VALGRIND) {
    MESSAGE("skipped: not under valgrind");
    return;
  }
  const Cpu cpu = detect_cpu();
  for (const AeadImpl* impl : all_aeads()) {
    // libsodium's kernel is behind the table too, but not ours to watch.
    if (impl->id != AeadId::chacha20_poly1305 || impl->name.ends_with("sodium")) continue;
    if (!cpu.features.contains(impl->required)) {
      MESSAGE("not watched, valgrind lacks the CPU: ", impl->name);
      continue;
    }
    MESSAGE("watched: ", impl->name);
    CAPTURE(impl->name);
    for (std::size_t size :
         std::initializer_list<std::size_t>{0, 1, 15, 16, 64, 100, 255, 256, 511, 600, 1024, 1350, 2048}) {
      const auto before = VALGRIND_COUNT_ERRORS;
      seal_and_open_secrets(*impl, size);
      CHECK(VALGRIND_COUNT_ERRORS == before);
    }
  }
}
