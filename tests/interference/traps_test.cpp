// What an application does by mistake: it must be told, and nothing worse may happen.
#include "interference/wire.h"

using namespace tls;
using namespace tls::test;

TEST_CASE("the certificate of a handshake that failed is not a peer's: it is kept for diagnosis alone") {
  for (const bool tls12 : {false, true}) {
    CAPTURE(tls12);
    const Shape shape{"refused", tls12 ? +[](World& w) {
                        with12(w);
                        w.verdict->refusal = Code::unknown_ca;
                      }
                                       : +[](World& w) {
                                           quick(w);
                                           w.verdict->refusal = Code::unknown_ca;
                                         }};
    Wire wire(shape);
    wire.run();
    REQUIRE(wire.client.error);
    REQUIRE(wire.client.error->code() == Code::unknown_ca);
    const ConnectionInfo& info = wire.client.connection->info();
    CHECK(info.peer_identity == PeerIdentity::none);
    CHECK(info.peer_certificates.empty());
    CHECK(info.peer_certificate_sha256.empty());
    CHECK(info.unproven_certificates == credential(KeyKind::ed25519)->chain);
  }
}

TEST_CASE("after the handshake a failure takes nothing back, and nothing is unproven") {
  Wire wire(kShapes[0]);
  wire.run();
  REQUIRE(wire.connected());
  wire.cut();
  const ConnectionInfo& info = wire.client.connection->info();
  CHECK(info.peer_certificates == credential(KeyKind::ed25519)->chain);
  CHECK(info.unproven_certificates.empty());
}

TEST_CASE("a credential without a key, or without certificates, fails the handshake with bad_config") {
  for (const bool tls12 : {false, true})
    for (const bool of_server : {false, true})
      for (const bool keyless : {false, true})
        for (const bool listed : {false, true}) {
          CAPTURE(tls12);
          CAPTURE(of_server);
          CAPTURE(keyless);
          CAPTURE(listed);
          World w;
          with_client_auth(w);
          if (tls12) with12(w);
          Credential broken = *credential(KeyKind::ed25519);
          if (keyless)
            broken.key = nullptr;
          else
            broken.chain.clear();
          const auto made = std::make_shared<const Credential>(std::move(broken));
          const std::shared_ptr<const CredentialSource> source =
              listed ? credential_list({made}) : std::make_shared<Source>(made);
          if (of_server)
            w.server.credentials(source);
          else
            w.client.credentials(source);
          Pair pair(w);
          pair.run();
          const Side& side = of_server ? pair.server : pair.client;
          REQUIRE(side.error);
          CHECK(side.error->code() == Code::bad_config);
          CHECK(side.error->alert() == Alert::internal_error);
        }
}

TEST_CASE("a builder can be kept as a value, and used for two configurations") {
  World w;
  const auto common = ClientConfig::builder().trust(w.verdict).alpn({"h2"});
  auto strict = common;
  const auto first = strict.versions(ProtocolVersion::tls13, ProtocolVersion::tls13).build();
  auto lax = common;
  const auto second = lax.build();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->settings().min_version == ProtocolVersion::tls13);
  CHECK(second->settings().min_version == ProtocolVersion::tls12);
  CHECK(second->settings().alpn == std::vector<std::string>{"h2"});
  auto server = ServerConfig::builder().credentials(w.source);
  CHECK(server.build());
}
