// No memory is given back with a private key in it: every block that is freed while a key is read is looked through.
#include <doctest/doctest.h>

#include "pki/key_file.h"
#include "support/freed_memory.h"
#include "support/pki.h"

#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)

using namespace tls;
using namespace sallyport;
using test::freed_with;

namespace {

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
