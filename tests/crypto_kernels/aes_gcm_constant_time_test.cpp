// AES-GCM under valgrind's memcheck: key and plaintext are marked as undefined, so that it reports each branch and each
// address that is made from them. Run by the test crypto_kernels_memcheck; valgrind's CPU lacks what the wider kernels
// require, which is said.
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

/// Ours, and runnable here.
std::vector<const AeadImpl*> watched() {
  auto list = aes_gcm_kernels();
  std::erase_if(list, [](const AeadImpl* impl) { return impl->name.ends_with("botan"); });
  return list;
}

void seal_and_open_secrets(const AeadImpl& impl, std::size_t size) {
  SeededRandom random(30);
  Buffer key = random_bytes(random, key_size(impl.id)), text = random_bytes(random, size);
  const Buffer original = text, aad = random_bytes(random, 13), nonce = random_bytes(random, kAeadNonce);
  Buffer extra = {23, 0}, sealed(size + extra.size() + kAeadTag), opened(size + extra.size());
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

TEST_CASE("constant time: memcheck sees a branch that depends on a secret") {
  if (!RUNNING_ON_VALGRIND) {
    MESSAGE("skipped: not under valgrind");
    return;
  }
  volatile std::uint8_t secret = 1;
  poison({const_cast<const std::uint8_t*>(&secret), 1});
  const auto before = VALGRIND_COUNT_ERRORS;
  if (secret == 1) secret = 2;
  CHECK(VALGRIND_COUNT_ERRORS > before);
}

TEST_CASE("constant time: no branch and no address of AES-GCM depends on key or plaintext") {
  if (!RUNNING_ON_VALGRIND) {
    MESSAGE("skipped: not under valgrind");
    return;
  }
  const auto kernels = watched();
  for (const AeadImpl* impl : all_aeads()) {
    if (impl->id == AeadId::chacha20_poly1305 || impl->name.ends_with("botan")) continue;
    if (std::ranges::find(kernels, impl) == kernels.end()) MESSAGE("not watched, valgrind lacks the CPU: ", impl->name);
  }
  for (const AeadImpl* impl : kernels) {
    CAPTURE(impl->name);
    MESSAGE("watched: ", impl->name);
    for (std::size_t size : {0u, 1u, 15u, 16u, 33u, 64u, 100u, 129u, 255u, 256u, 600u, 1350u}) {
      const auto before = VALGRIND_COUNT_ERRORS;
      seal_and_open_secrets(*impl, size);
      CHECK(VALGRIND_COUNT_ERRORS == before);
    }
  }
}
