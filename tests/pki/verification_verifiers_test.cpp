// A memory of verifications in the hands of verifiers: how large it is, who shares it, and threads.
#include "memory_scene.h"

#include <atomic>
#include <thread>

using namespace tls;
using namespace sallyport;
using namespace tls::test;
using Der = sallyport::der::Der;

TEST_CASE("verification memory: its size is bounded from both sides, and so is what it takes") {
  for (const std::size_t bytes :
       {limits::kMinVerificationMemory - 1, limits::kMaxVerificationMemory + 1, std::size_t{0}}) {
    const auto refused = VerificationMemory::create(bytes);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::bad_config);
    CHECK(says(refused.error().detail(), "16384 to 67108864 bytes"));
  }
  for (const std::size_t bytes : {limits::kMinVerificationMemory, limits::kMinVerificationMemory + 1,
                                  limits::kMaxVerificationMemory - 1, limits::kMaxVerificationMemory})
    CHECK(VerificationMemory::create(bytes)->counts().bytes < bytes);
  for (const std::size_t bytes : {limits::kMinVerificationMemory, limits::kDefaultVerificationMemory}) {
    const auto memory = VerificationMemory::create(bytes);
    REQUIRE(memory);
    for (std::uint64_t n = 0; n < 20'000; ++n) {
      pki::Fingerprinter place("place");
      place.add(n);
      const pki::MemoryKey key[] = {{place.finish(), {}}};
      memory->store()->keep_accepted(key[0], {}, {});
      memory->store()->keep_verified(key);
    }
    const VerificationCounts full = memory->counts();
    CHECK(full.bytes <= bytes);
    CHECK(full.bytes > bytes / 2);
    CHECK(full.chains > 0);
    CHECK(full.signatures > full.chains);
  }
  const VerificationCounts none = VerificationMemory::off().counts();
  CHECK(none.bytes == 0);
  CHECK(VerificationMemory::off().store() == nullptr);
}

namespace {

struct Verifiers : Scene {
  [[nodiscard]] static std::shared_ptr<const ChainVerifier> must(Result<std::shared_ptr<const ChainVerifier>> made) {
    REQUIRE(made);
    return *made;
  }
  [[nodiscard]] std::string verify(const std::shared_ptr<const ChainVerifier>& verifier) const {
    ChainToVerify input;
    input.server_name = "a.example";
    input.chain = sent;
    input.now = std::chrono::seconds(kNow);
    const auto answer = verifier->verify(input);
    return *answer ? "accepted" : std::string(facts(answer->error().code()).name);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Verifiers, "with_memory(): a memory is shared, handed on, or switched off; identities stay") {
  const auto plain = must(trust_pem(root.pem()));
  const auto memory = VerificationMemory::create();
  REQUIRE(memory);
  const auto one = must(with_memory(plain, *memory));
  CHECK(one->identity() == plain->identity());
  CHECK(verify(one) == "accepted");
  CHECK(memory->counts().chains == 1);
  CHECK(memory->counts().known_chains == 0);
  CHECK(verify(one) == "accepted");
  CHECK(memory->counts().known_chains == 1);
  CHECK(verify(plain) == "accepted");  // has its own
  CHECK(memory->counts().known_chains == 1);

  // Anchors that were read anew: verdicts do not count for them, signatures do.
  const auto again = must(with_memory(must(trust_pem(root.pem())), *memory));
  CHECK(verify(again) == "accepted");
  CHECK(memory->counts().known_chains == 1);
  CHECK(memory->counts().known_signatures == 2);
  const auto stranger = self_signed(authority("Test Root"), key(KeyType::ecdsa_p256, 8));
  CHECK(verify(must(with_memory(must(trust_pem(stranger.pem())), *memory))) == "unknown_ca");

  const auto off = must(with_memory(one, VerificationMemory::off()));
  CHECK(off->identity() == plain->identity());
  CHECK(verify(off) == "accepted");
  CHECK(memory->counts().known_signatures == 2);

  for (const auto& another : {trust_anyone_insecurely(), std::shared_ptr<const ChainVerifier>()}) {
    const auto refused = with_memory(another, *memory);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::bad_config);
    CHECK(says(refused.error().detail(), "with_memory() takes"));
  }
}

TEST_CASE_FIXTURE(Verifiers, "CRLs that are exchanged count at once, though the chain is remembered") {
  const auto memory = VerificationMemory::create();
  REQUIRE(memory);
  CrlSet::Builder builder;
  REQUIRE(builder.add(pem(spec())));
  const auto before = must(with_crls(must(with_memory(must(trust_pem(root.pem())), *memory)), builder.build()));
  CHECK(verify(before) == "accepted");
  CHECK(verify(before) == "accepted");
  CHECK(memory->counts().known_chains == 1);
  CrlSpec revoking = spec();
  revoking.entries = {revokes(subject)};
  revoking.this_update = kNow - kHour + 1;
  CrlSet::Builder next(builder.build());
  REQUIRE(next.add(pem(revoking)));
  const auto after = must(with_crls(before, next.build()));
  CHECK(verify(after) == "certificate_revoked");
  CHECK(verify(before) == "accepted");  // who still has the old ones
  // The memory goes on in verifiers that are made of this one, and CRLs outlive a change of the memory.
  CHECK(memory->counts().known_chains == 2);
  CHECK(verify(must(with_memory(after, *VerificationMemory::create()))) == "certificate_revoked");
  CHECK(memory->counts().chains == 1);
}

TEST_CASE_FIXTURE(Verifiers, "a verifier with a memory is shared by threads: every verdict is the right one") {
  const auto memory = VerificationMemory::create(limits::kMinVerificationMemory);
  REQUIRE(memory);
  const auto verifier = must(with_memory(must(trust_pem(root.pem())), *memory));
  std::vector<Der> forged = sent;
  forged[0].back() ^= 0x01;
  const std::vector<Der> other_leaf = {other.certificate, intermediate.certificate};
  const CertificateChain good_chain(sent), forged_chain(forged), other_chain(other_leaf);
  std::atomic<int> wrong = 0;
  const auto work = [&](int first) {
    for (int i = first; i < first + 60; ++i) {
      ChainToVerify input;
      input.server_name = "a.example";
      input.now = std::chrono::seconds(kNow);
      input.chain = i % 3 == 0 ? good_chain : i % 3 == 1 ? forged_chain : other_chain;
      const auto answer = verifier->verify(input);
      const bool right = i % 3 == 0   ? answer->has_value()
                         : i % 3 == 1 ? answer->error().code() == Code::bad_certificate_signature
                                      : answer->error().code() == Code::name_mismatch;
      if (!right) ++wrong;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int first = 0; first < 4; ++first) threads.emplace_back(work, first);
  }
  CHECK(wrong == 0);
  CHECK(memory->counts().chains == 1);
  CHECK(memory->counts().known_chains > 0);
}
