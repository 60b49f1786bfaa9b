// A server's and a client's configuration for "localhost", 127.0.0.1 and ::1.
#pragma once

#include <doctest/doctest.h>

#include "support/pki.h"
#include "tls/config.h"
#include "tls/credentials.h"

namespace tls::test {

struct Localhost {
  Authority authority;
  ServerConfig server = make_server();
  ClientConfig client = make_client(*trust_pem(authority.root.pem()));

  [[nodiscard]] static ClientConfig make_client(std::shared_ptr<const ChainVerifier> verifier) {
    auto config = ClientConfig::builder().trust(std::move(verifier)).build();
    REQUIRE(config);
    return *std::move(config);
  }
  /// For a server with further settings.
  [[nodiscard]] ServerConfig::Builder server_builder() const {
    const sallyport::Issued leaf =
        authority.leaf(sallyport::server_leaf("localhost", {"localhost"}, {"127.0.0.1", "::1"}));
    auto credential = load_credential(leaf.pem() + authority.intermediate.pem(), leaf.key_pem());
    REQUIRE(credential);
    ServerConfig::Builder builder = ServerConfig::builder();
    builder.credentials(credential_list({*credential}));
    return builder;
  }

 private:
  ServerConfig make_server() const {
    auto config = server_builder().build();
    REQUIRE(config);
    return *std::move(config);
  }
};

inline const Localhost& localhost() {
  static const Localhost& made = *new Localhost;  // never destroyed: see key()
  return made;
}

}  // namespace tls::test
