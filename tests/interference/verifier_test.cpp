// Memory that runs out while a chain is judged and remembered: what is remembered is true all the same.
#include <doctest/doctest.h>

#include "factory/certificates.h"
#include "support/faults.h"
#include "support/pki.h"

using namespace tls;
using namespace tls::test;

namespace {

/// What a verifier says: accepted, refused, or thrown.
enum class Said { accepted, refused, threw };

Said ask(const ChainVerifier& verifier, const ChainToVerify& question) {
  try {
    const Faults::Call now;
    return verifier.verify(question)->has_value() ? Said::accepted : Said::refused;
  } catch (const std::bad_alloc&) {
    return Said::threw;
  }
}

}  // namespace

TEST_CASE("a verifier with a memory: every allocation of a judgement fails once, and what is remembered is true") {
  const Authority authority;
  const auto plain = trust_pem(authority.root.pem());
  REQUIRE(plain);
  ChainToVerify good, forged;
  good.server_name = forged.server_name = "a.example";
  good.now = forged.now = std::chrono::seconds(kNow);
  sallyport::der::Der leaf = authority.leaf(sallyport::server_leaf("leaf", {"a.example"})).certificate;
  good.chain = std::vector<sallyport::der::Der>{leaf, authority.intermediate.certificate};
  leaf.back() ^= 0x01;
  forged.chain = std::vector<sallyport::der::Der>{leaf, authority.intermediate.certificate};
  std::size_t failed = 0;
  for (std::size_t n = 1;; ++n) {
    CAPTURE(n);
    const auto memory = VerificationMemory::create();
    REQUIRE(memory);
    const auto verifier = with_memory(*plain, *memory);
    REQUIRE(verifier);
    Faults::plan(n);
    const Said first = ask(**verifier, good);
    const bool fired = Faults::fired();
    Faults::plan(0);
    if (!fired) {
      CHECK(first == Said::accepted);
      break;
    }
    failed += first == Said::accepted ? 0 : 1;
    if (first != Said::accepted) CHECK(memory->counts().chains == 0);
    // Nothing is left half done: the right verdicts follow, and the second time from the memory.
    CHECK(ask(**verifier, forged) == Said::refused);
    CHECK(ask(**verifier, good) == Said::accepted);
    CHECK(ask(**verifier, forged) == Said::refused);
    CHECK(memory->counts().chains == 1);
    CHECK(memory->counts().signatures == 2);
    const std::uint64_t known = memory->counts().known_chains;
    CHECK(ask(**verifier, good) == Said::accepted);
    CHECK(memory->counts().known_chains == known + 1);
  }
  CHECK(failed > 10);
}

TEST_CASE("a CRL: every allocation of a judgement fails once, and the revoked leaf is never let in") {
  const Authority authority;
  const sallyport::Issued leaf = authority.leaf(sallyport::server_leaf("leaf", {"a.example"}));
  sallyport::CrlSpec spec{.issuer = &authority.intermediate, .this_update = kNow - 3600, .next_update = kNow + 3600};
  spec.entries = {{.serial = leaf.serial, .revoked_at = kNow - 7200}};
  const std::string text = sallyport::to_pem("X509 CRL", sallyport::crl(spec));
  const auto plain = with_memory(*trust_pem(authority.root.pem()), VerificationMemory::off());
  REQUIRE(plain);
  ChainToVerify question;
  question.server_name = "a.example";
  question.now = std::chrono::seconds(kNow);
  question.chain = std::vector<sallyport::der::Der>{leaf.certificate, authority.intermediate.certificate};
  std::size_t failed = 0;
  for (std::size_t n = 1;; ++n) {
    CAPTURE(n);
    CrlSet::Builder builder;
    REQUIRE(builder.add(text));
    const auto verifier = with_crls(*plain, builder.build());
    REQUIRE(verifier);
    Faults::plan(n);
    const Said first = ask(**verifier, question);
    const bool fired = Faults::fired();
    Faults::plan(0);
    CHECK(first != Said::accepted);
    CHECK(ask(**verifier, question) == Said::refused);
    const auto again = (*verifier)->verify(question);
    REQUIRE(again);
    REQUIRE_FALSE(*again);
    CHECK(again->error().code() == Code::certificate_revoked);
    if (!fired) break;
    failed += first == Said::threw ? 1 : 0;
  }
  CHECK(failed > 10);
}
