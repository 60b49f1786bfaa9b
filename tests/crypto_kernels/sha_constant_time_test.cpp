// SHA-256, SHA-384 and HMAC under valgrind's memcheck, as aes_gcm_constant_time_test.cpp: key and text are marked as
// undefined, and each branch and address that is made from them is reported.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "base/constant_time.h"
#include "crypto/hash.h"
#include "support/environment.h"

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

void hash_secrets(const HashImpl& impl, std::size_t size) {
  SeededRandom random(32);
  std::vector<std::uint8_t> key(impl.digest_size), text(size);
  random.fill(key);
  random.fill(text);
  const Digest plain = hash(impl, text), authentic = HmacKey(impl, key).mac(text);
  poison(key);
  poison(text);
  Digest secret = hash(impl, text), mac = HmacKey(impl, key).mac(text);
  std::vector<std::uint8_t> hashed(secret.bytes().begin(), secret.bytes().end()),
      keyed(mac.bytes().begin(), mac.bytes().end());
  unpoison(hashed);
  unpoison(keyed);
  CHECK(std::ranges::equal(plain.bytes(), hashed));
  CHECK(std::ranges::equal(authentic.bytes(), keyed));
}

}  // namespace

TEST_CASE("constant time: no branch and no address of SHA-256, SHA-384 and HMAC depends on key or text") {
  if (!RUNNING_ON_VALGRIND) {
    MESSAGE("skipped: not under valgrind");
    return;
  }
  const Cpu cpu = detect_cpu();
  for (const HashImpl* impl : all_hashes()) {
    if (!cpu.features.contains(impl->required)) {
      MESSAGE("not watched, valgrind lacks the CPU: ", impl->name);
      continue;
    }
    MESSAGE("watched: ", impl->name);
    CAPTURE(impl->name);
    for (std::size_t size : std::initializer_list<std::size_t>{0, 1, 55, 56, 63, 64, 100, 111, 112, 128, 300, 1024}) {
      const auto before = VALGRIND_COUNT_ERRORS;
      hash_secrets(*impl, size);
      CHECK(VALGRIND_COUNT_ERRORS == before);
    }
  }
}
