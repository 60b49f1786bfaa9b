// Configurations whose handshakes keep to our own code and libsodium: Botan's allocator of locked memory ends the
// process when it finds no memory for its own books.
#pragma once

#include "adapters/localhost.h"

namespace tls::test {

struct FrugalPeers {
  Authority authority;
  ServerConfig server = [this] {
    const sallyport::Issued leaf = sallyport::issue(authority.root, sallyport::server_leaf("localhost", {"localhost"}),
                                                    key(sallyport::KeyType::ed25519));
    auto credential = load_credential(leaf.pem(), leaf.key_pem());
    REQUIRE(credential);
    return *ServerConfig::builder().credentials(credential_list({*credential})).build();
  }();
  ClientConfig client = Localhost::make_client(trust_anyone_insecurely());
};

inline const FrugalPeers& peers() {
  static const FrugalPeers& made = *new FrugalPeers;  // never destroyed: see key()
  return made;
}

}  // namespace tls::test
