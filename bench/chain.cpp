#include "bench/tls_library.h"

namespace sallyport::race {

Chain make_chain(KeyType leaf) {
  const Issued root = self_signed(authority("Bench Root"), Key::generate(KeyType::ecdsa_p256));
  const Issued intermediate = issue(root, authority("Bench Intermediate"), Key::generate(KeyType::ecdsa_p256));
  const Issued end = issue(intermediate, server_leaf("localhost", {"localhost"}), Key::generate(leaf));
  return {root.pem(), end.pem() + intermediate.pem(), end.key_pem()};
}

}  // namespace sallyport::race
