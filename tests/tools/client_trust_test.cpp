// What a server remembers of clients' chains when it reads roots and CRLs again: signatures, and no verdict.
#include "cli/serve/client_trust.h"

#include <doctest/doctest.h>

#include <chrono>

#include "support/pki.h"
#include "tools/run.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;

namespace {

struct Reloaded : Authority {
  TemporaryFolder folder;
  std::string ca = folder.file("ca.pem", root.pem()), crl_file = folder.path("crl.pem");
  cli::CrlOptions options;
  cli::ClientTrust kept;
  Issued client = leaf(client_leaf("client"));

  [[nodiscard]] auto load() { return cli::load_client_trust(ca, options, kept); }
  [[nodiscard]] std::string verify(const std::shared_ptr<const ChainVerifier>& verifier) const {
    ChainToVerify input;
    input.peer_is_server = false;
    const std::vector<der::Der> chain{client.certificate, intermediate.certificate};
    input.chain = chain;
    input.now = std::chrono::seconds(kNow);
    const auto answer = verifier->verify(input);
    REQUIRE(answer);
    return *answer ? "accepted" : std::string(facts(answer->error().code()).name);
  }
  void write_crl(std::uint32_t number, bool revokes) const {
    CrlSpec spec{.issuer = &intermediate, .this_update = kNow - 3600, .next_update = kNow + 3600, .number = number};
    if (revokes) spec.entries = {{.serial = client.serial, .revoked_at = kNow - 3600}};
    (void)folder.file("crl.pem", to_pem("X509 CRL", crl(spec)));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Reloaded, "roots that are read again: signatures are known, and every verdict is made anew") {
  const auto first = load();
  CHECK(verify(first) == "accepted");
  CHECK(verify(first) == "accepted");
  const VerificationCounts before = kept.memory.counts();
  CHECK(before.chains == 1);
  CHECK(before.known_chains == 1);

  const auto again = load();
  CHECK(verify(again) == "accepted");
  CHECK(kept.memory.counts().known_chains == before.known_chains);
  CHECK(kept.memory.counts().known_signatures == before.known_signatures + 2);

  // Roots of the same name, and none of the chain's: what was accepted under the old ones does not count.
  (void)folder.file("ca.pem", self_signed(authority("Test Root"), key(KeyType::ecdsa_p256, 8)).pem());
  CHECK(verify(load()) == "unknown_ca");
  CHECK(verify(first) == "accepted");  // connections that are under way have the old ones
  (void)folder.file("ca.pem", root.pem());
  CHECK(verify(load()) == "accepted");
}

TEST_CASE_FIXTURE(Reloaded, "CRLs that are read again: who was accepted under the old ones and is revoked is refused") {
  options.files = {crl_file};
  write_crl(1, false);
  const auto first = load();
  CHECK(verify(first) == "accepted");
  CHECK(verify(first) == "accepted");
  CHECK(kept.memory.counts().known_chains == 1);
  write_crl(2, true);
  const auto second = load();
  CHECK(verify(second) == "certificate_revoked");
  CHECK(verify(second) == "certificate_revoked");
  write_crl(3, false);
  CHECK(verify(load()) == "accepted");
  CHECK(kept.memory.counts().known_chains == 1);
}
