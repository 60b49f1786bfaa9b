// A server with a current and a deprecated intermediate: each client finds the way to the root that it has.
#include <doctest/doctest.h>

#include <chrono>

#include "echo/end.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using test::carry;
using test::End;
using test::kWhole;

namespace {

struct World : test::Authority {
  Issued old_root = self_signed(authority("Old Root"), test::key(KeyType::ecdsa_p256, 5));
  Issued deprecated = issue(old_root, authority("Test Intermediate"), intermediate.key);
  Issued end = leaf(server_leaf("localhost", {"localhost"}));
  CredentialPtr credential;

  World() {
    auto loaded = load_credential(end.pem() + intermediate.pem() + deprecated.pem(), end.key_pem());
    REQUIRE(loaded);
    credential = std::move(*loaded);
  }

  /// What a client that trusts `roots` sees; none: it refuses the server.
  std::optional<CertificateChain> seen(const std::string& roots, ProtocolVersion version) const {
    auto server_config = ServerConfig::builder().credentials(credential_list({credential})).build();
    auto trust = trust_pem(roots);
    REQUIRE(trust);
    auto client_config = ClientConfig::builder().trust(*trust).versions(version, version).build();
    REQUIRE(server_config);
    REQUIRE(client_config);
    Output out;
    End client{std::move(*ClientConnection::start(*client_config, "localhost", out)), {}, {}, {}, true};
    End server{ServerConnection::start(*server_config), {}, {}, {}, true};
    client.out = std::move(out);
    for (int flight = 0; flight < 3 && !client.failed && !server.failed; ++flight) {
      carry(client, server, kWhole);
      carry(server, client, kWhole);
    }
    if (client.failed) {
      CHECK(client.failed->code() == Code::unknown_ca);
      return std::nullopt;
    }
    REQUIRE(client.connection.established());
    return client.connection.info().peer_certificates;
  }
};

}  // namespace

TEST_CASE_FIXTURE(World, "RFC 9846 §4.5.1: TLS 1.3 sends the alternative behind the chain; either root will do") {
  const std::vector<der::Der> all{end.certificate, intermediate.certificate, deprecated.certificate};
  CHECK(seen(root.pem(), ProtocolVersion::tls13) == CertificateChain(all));
  CHECK(seen(old_root.pem(), ProtocolVersion::tls13) == CertificateChain(all));
}

TEST_CASE_FIXTURE(World, "RFC 5246 §7.4.2: TLS 1.2 sends the chain alone, each certificate certifying the one before") {
  CHECK(seen(root.pem(), ProtocolVersion::tls12) ==
        CertificateChain(std::vector<der::Der>{end.certificate, intermediate.certificate}));
  CHECK_FALSE(seen(old_root.pem(), ProtocolVersion::tls12));
}
