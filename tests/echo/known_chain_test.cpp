// A client that has accepted a server's chain before: it is told the same, and the server proves its key all the same.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "echo/end.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using test::carry;
using test::End;
using test::kWhole;

namespace {

struct World : test::Authority {
  Issued end = leaf(server_leaf("localhost", {"localhost"}));
  VerificationMemory memory = *VerificationMemory::create();
  std::shared_ptr<const ChainVerifier> with, without;
  Credential honest;

  World() {
    const auto now = std::chrono::floor<std::chrono::seconds>(system_clock().wall()).count();
    const auto trust = trust_pem(root.pem());
    REQUIRE(trust);
    CrlSet::Builder crls;
    REQUIRE(crls.add(
        to_pem("X509 CRL", crl({.issuer = &intermediate, .this_update = now - 60, .next_update = now + 3600}))));
    const auto verifier = with_crls(*trust, crls.build());
    REQUIRE(verifier);
    with = *with_memory(*verifier, memory);
    without = *with_memory(*verifier, VerificationMemory::off());
    const auto loaded = load_credential(end.pem() + intermediate.pem(), end.key_pem());
    REQUIRE(loaded);
    honest = **loaded;
    honest.ocsp_response = ocsp_response(intermediate, intermediate, end, OcspStatus::good, now - 60, now + 3600);
  }

  /// What the client is told of the server in a handshake, in words; or the code with which it fails.
  [[nodiscard]] std::string told(const std::shared_ptr<const ChainVerifier>& trust, const Credential& credential,
                                 ProtocolVersion version) const {
    auto server_config =
        ServerConfig::builder().credentials(credential_list({std::make_shared<const Credential>(credential)})).build();
    auto client_config = ClientConfig::builder().trust(trust).versions(version, version).build();
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
    if (client.failed) return std::string(facts(client.failed->code()).name);
    REQUIRE(client.connection.established());
    const ConnectionInfo& info = client.connection.info();
    std::string words = std::to_string(info.peer_certificates.size());
    if (info.staple)
      words += " staple " + std::to_string(info.staple->produced_at.count()) + " " +
               std::to_string(info.staple->this_update.count()) + " " +
               std::to_string(info.staple->next_update.value_or(std::chrono::milliseconds(0)).count());
    if (info.crl)
      words +=
          " crl " + std::to_string(info.crl->this_update.count()) + " " + std::to_string(info.crl->next_update.count());
    return words;
  }
};

constexpr ProtocolVersion kVersions[] = {ProtocolVersion::tls12, ProtocolVersion::tls13};

}  // namespace

TEST_CASE_FIXTURE(World, "a known chain: the client is told the same, with a memory and without") {
  for (const ProtocolVersion version : kVersions) {
    const std::string words = told(without, honest, version);
    CHECK(words.find("staple") != std::string::npos);
    CHECK(words.find("crl") != std::string::npos);
    const std::uint64_t before = memory.counts().known_chains;
    CHECK(told(with, honest, version) == words);
    CHECK(told(with, honest, version) == words);
    CHECK(memory.counts().known_chains > before);
  }
}

TEST_CASE_FIXTURE(World, "a known chain spares no proof of its key") {
  Credential thief = honest;
  const KeyPtr stranger = Key::generate(KeyType::ecdsa_p256);
  const auto theirs = load_credential(issue(intermediate, server_leaf("x", {"x.example"}), stranger).pem(),
                                      to_pem("PRIVATE KEY", stranger->pkcs8()));
  REQUIRE(theirs);
  thief.key = (*theirs)->key;
  for (const ProtocolVersion version : kVersions) {
    REQUIRE(told(with, honest, version).find("staple") != std::string::npos);
    const std::uint64_t before = memory.counts().known_chains;
    CHECK(told(with, thief, version) == "bad_signature");
    if (version == ProtocolVersion::tls13) CHECK(memory.counts().known_chains == before + 1);  // and is known
    CHECK(told(without, thief, version) == "bad_signature");
  }
  CHECK(memory.counts().known_chains > 0);
}
