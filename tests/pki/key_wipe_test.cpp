// No memory is given back with a private key in it: every block that is freed while a key is read is looked through.
#include <doctest/doctest.h>

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "pki/key_file.h"
#include "support/pki.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SALLYPORT_LOOKS_AT_FREED_MEMORY 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#undef SALLYPORT_LOOKS_AT_FREED_MEMORY
#endif
#endif

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)

namespace {

/// What is looked for, and how often it was freed. Nothing here allocates.
struct Watch {
  tls::Bytes needle;
  int found = 0;
};
thread_local Watch* watch = nullptr;

void look_and_free(void* memory) noexcept {
  if (memory != nullptr && watch != nullptr) {
    const tls::Bytes block{static_cast<const std::uint8_t*>(memory), ::malloc_usable_size(memory)};
    if (!std::ranges::search(block, watch->needle).empty()) ++watch->found;
  }
  std::free(memory);
}

}  // namespace

// All of these come from malloc, as libstdc++'s own operator new does.
void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { look_and_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { look_and_free(memory); }

using namespace tls;
using namespace sallyport;

namespace {

/// How many blocks that hold the middle of `secret` are freed while `run` runs.
template <class Run>
int freed_with(Bytes secret, Run&& run) {
  Watch mine{secret.subspan(secret.size() / 2, 8)};
  watch = &mine;
  run();
  watch = nullptr;
  return mine.found;
}

/// A key in DER, and octets of it that are secret.
struct Case {
  der::Der bytes, secret;
};
std::vector<Case> cases() {
  const auto ec = test::key(KeyType::ecdsa_p256), ed = test::key(KeyType::ed25519), rsa = test::key(KeyType::rsa_2048);
  const der::Der sec1 = ec->traditional();  // version, then the scalar
  const der::Der scalar(sec1.begin() + 7, sec1.begin() + 39);
  const der::Der ed8 = ed->pkcs8(), rsa1 = rsa->traditional();
  const der::Der d(rsa1.begin() + 400, rsa1.begin() + 432);  // inside of the private exponent
  return {
      {ec->pkcs8(), scalar}, {sec1, scalar}, {ed8, {ed8.begin() + 16, ed8.begin() + 48}}, {rsa->pkcs8(), d}, {rsa1, d}};
}

}  // namespace

TEST_CASE("the watch sees a secret that is freed") {
  const der::Der secret = test::key(KeyType::ed25519)->pkcs8();
  CHECK(freed_with(secret, [&] { const der::Der copy = secret; }) == 1);
}

TEST_CASE("what reads a private key leaves no copy of it in freed memory, whether it can be used or not") {
  for (const Case& one : cases()) {
    for (const std::string& text :
         {to_pem("PRIVATE KEY", one.bytes), to_pem("ANY PRIVATE KEY", one.bytes), std::string(as_text(one.bytes)),
          to_pem("CERTIFICATE", {1}) + to_pem("PRIVATE KEY", one.bytes) + to_pem("PRIVATE KEY", one.bytes),
          to_pem("PRIVATE KEY", one.bytes) + "-----BEGIN X-----\n", to_pem("PRIVATE KEY", one.bytes).insert(80, "*")}) {
      CHECK(freed_with(one.secret, [&] { (void)pki::load_private_key(text, KeyKind::ecdsa_p256).has_value(); }) == 0);
      CHECK(freed_with(one.secret, [&] { (void)pki::load_private_key(text).has_value(); }) == 0);
    }
  }
}

TEST_CASE("nor does what makes a credential of it") {
  const test::Authority authority;
  for (const KeyType type : {KeyType::ecdsa_p256, KeyType::ed25519, KeyType::rsa_2048}) {
    const Issued one = issue(authority.root, server_leaf("x", {"a.example"}), test::key(type));
    const std::string chain = one.pem(), key = one.key_pem();
    for (const Case& known : cases())
      CHECK(freed_with(known.secret, [&] { (void)load_credential(chain, key).has_value(); }) == 0);
  }
}

#endif
