// For how long a verdict is remembered: as long as it stays what it is; and who has which place.
#include "memory_scene.h"

#include <algorithm>
#include <random>
#include <set>

#include "pki/chain_key.h"
#include "pki/signature_memory.h"

using namespace tls;
using namespace sallyport;
using namespace tls::test;
using Der = sallyport::der::Der;

TEST_CASE_FIXTURE(Scene,
                  "with a memory and without: the same verdicts at every second at which something begins or ends") {
  CertificateSpec spec_of_leaf = server_leaf("leaf", {"a.example"});
  spec_of_leaf.not_before = kNow - 5 * kDay, spec_of_leaf.not_after = kNow + 5 * kDay;
  const Issued certificate = leaf(spec_of_leaf);
  CertificateSpec delegate_spec;
  delegate_spec.common_name = "Responder";
  delegate_spec.extended_key_usage = {kOcspSigning};
  delegate_spec.not_before = kNow - 90 * kHour, delegate_spec.not_after = kNow + 80 * kHour;
  const Issued delegate = issue(intermediate, delegate_spec, key(KeyType::ecdsa_p256, 5));
  OcspSpec response{.issuer = &intermediate, .responder = &delegate, .entries = {}, .produced_at = kNow - 3 * kDay + 7};
  response.entries = {{.subject = &certificate, .this_update = kNow - 3 * kDay, .next_update = kNow + 3 * kDay}};
  const Der leaf_staple = ocsp_response(response);
  const std::vector<Der> issuer_staples = {staple(intermediate, kNow - 40 * kHour, kNow + 40 * kHour)};
  CrlSpec of_leaf = spec(), of_root = empty_crl(root), held = spec();
  of_leaf.this_update = kNow - kDay, of_leaf.next_update = kNow + kDay;
  of_root.this_update = kNow - 30 * kHour, of_root.next_update = kNow + 30 * kHour;
  CrlEntrySpec hold = revokes(certificate);
  hold.reason = 6;  // certificateHold: counts in a CRL that is current
  held.entries = {hold};
  held.this_update = kNow - 2 * kDay, held.next_update = kNow - 2 * kDay + 3 * kHour;
  held.distribution_point = issuing_distribution_point({.user_certificates = true});
  pki::CrlStore crls;
  for (const CrlSpec& one : {of_leaf, of_root, held}) REQUIRE(crls.add(parsed(one)));
  CertificateSpec stale = authority("Test Intermediate");  // a further certificate that only may be used for some time
  stale.not_before = kNow - 20 * kHour, stale.not_after = kNow + 20 * kHour;
  const Issued further = issue(root, stale, key(KeyType::ecdsa_p256, 2));
  sent = {certificate.certificate, further.certificate, intermediate.certificate};

  constexpr std::int64_t kSkew = 300;
  std::set<std::int64_t> seconds;
  for (const std::int64_t at :
       {spec_of_leaf.not_before, spec_of_leaf.not_after, delegate_spec.not_before - kSkew, delegate_spec.not_after,
        kNow - 3 * kDay + 7 - kSkew, kNow - 3 * kDay - kSkew, kNow + 3 * kDay + kSkew, kNow - 40 * kHour - kSkew,
        kNow + 40 * kHour + kSkew, kNow - kDay - kSkew, kNow + kDay + kSkew, kNow - 30 * kHour - kSkew,
        kNow + 30 * kHour + kSkew, held.this_update - kSkew, *held.next_update + kSkew, stale.not_before,
        stale.not_after})
    for (const std::int64_t beside : {-1, 0, 1}) seconds.insert(at + beside);
  std::vector<std::int64_t> order(seconds.begin(), seconds.end());
  std::mt19937 shuffle(7);  // NOLINT: the same order each time
  std::set<std::string> verdicts;
  for (const CrlPolicy policy : {CrlPolicy::if_present, CrlPolicy::require_leaf, CrlPolicy::require_chain})
    for (const StaplePolicy staples : {StaplePolicy::ignore, StaplePolicy::if_present, StaplePolicy::require})
      for (int round = 0; round < 3; ++round) {
        std::ranges::shuffle(order, shuffle);
        for (const std::int64_t now : order) {
          CAPTURE(now - kNow);
          pki::Question q = question(now);
          q.crls = {&crls, policy};
          q.staples = staples;
          q.leaf_staple = leaf_staple;
          q.issuer_staples = issuer_staples;
          verdicts.insert(ask(q).substr(0, 18));
        }
      }
  CHECK(verdicts.size() >= 5);  // both sides of most of them are there
  CHECK(known() > 50);
}

TEST_CASE_FIXTURE(Scene, "a verdict holds from the latest notBefore to the first end, both seconds included") {
  CertificateSpec young = server_leaf("leaf", {"a.example"});
  young.not_before = kNow - kHour, young.not_after = kNow + kHour;
  sent[0] = leaf(young).certificate;
  REQUIRE(begins(ask(question()), "accepted"));
  for (const std::int64_t at : {kNow - kHour, kNow + kHour}) CHECK(knows(question(at)));
  for (const std::int64_t at : {kNow - kHour - 1, kNow + kHour + 1}) {
    CHECK_FALSE(knows(question(at)));
    CHECK_FALSE(ask(question(at)).starts_with("accepted"));
  }
  pki::Question late = question();
  late.now = std::chrono::seconds(kNow + kHour) + std::chrono::milliseconds(999);
  CHECK(knows(late));
}

TEST_CASE_FIXTURE(Scene, "a verdict that passed over CRLs for want of verifications is not remembered") {
  const Issued impostor = self_signed(authority("Test Intermediate"), key(KeyType::ecdsa_p256, 9));
  pki::CrlStore crls;
  for (std::size_t i = 0; i <= limits::kMaxCrlVerifications; ++i) {
    CrlSpec one = spec();
    Der names = der::explicitly(4, distinguished_name("Test Intermediate"));
    const Der uri = der::implicitly(6, as_bytes("http://crl.example/" + std::to_string(i)));
    names.insert(names.end(), uri.begin(), uri.end());
    one.distribution_point = der::sequence({der::explicitly(0, der::element(0xA0, names))});
    one.signer = &impostor;
    REQUIRE(crls.add(parsed(one)));
  }
  const auto chain = pki::PeerChain::parse(sent);
  pki::Question q = question();
  q.crls = {&crls, CrlPolicy::if_present};
  q.memory = &store;
  REQUIRE(pki::judge(anchors, **chain, q));
  CHECK(store.chains().values == 0);
  CHECK(store.signatures().values == 2);
  REQUIRE(pki::judge(anchors, **chain, q));  // the last one is verified now
  CHECK(store.chains().values == 1);
}

TEST_CASE_FIXTURE(Scene, "whoever has one leaf pushes nobody out, whatever he sends with it") {
  pki::VerificationStore small(limits::kMinVerificationMemory);
  const auto judge = [&](const std::vector<Der>& chain, std::string_view name) {
    const auto parsed = pki::PeerChain::parse(chain);
    pki::Question q = question();
    q.name = name;
    q.memory = &small;
    return pki::judge(anchors, **parsed, q).has_value();
  };
  REQUIRE(judge({other.certificate, intermediate.certificate}, "b.example"));
  for (std::size_t i = 0; i < 500; ++i) {
    const Der ballast = der::integer(static_cast<std::uint32_t>(i));
    REQUIRE(judge({subject.certificate, intermediate.certificate, ballast}, "a.example"));
  }
  CHECK(small.chains().values == 2);
  CHECK(small.signatures().values == 3);
  // Another leaf has a place of its own, under the same name.
  const Issued second = leaf(server_leaf("second", {"a.example"}));
  REQUIRE(judge({second.certificate, intermediate.certificate}, "a.example"));
  CHECK(small.chains().values == 3);
  const std::uint64_t before = small.chains().hits;
  REQUIRE(judge({other.certificate, intermediate.certificate}, "b.example"));
  CHECK(small.chains().hits == before + 1);
}

TEST_CASE_FIXTURE(Scene, "a leaf that is signed twice has one place, and each signature is verified") {
  const Issued rsa = self_signed(authority("RSA Root"), key(KeyType::rsa_2048));
  const pki::Anchors roots = anchors_of(rsa);
  CertificateSpec signed_anew = server_leaf("leaf", {"a.example"});
  signed_anew.pss = true;  // with a salt: no two signatures are the same
  signed_anew.serial = 5;
  for (int i = 0; i < 3; ++i) {
    const std::vector<Der> chain = {issue(rsa, signed_anew, key()).certificate};
    CHECK_FALSE(knows(roots, chain, question()));
    CHECK(knows(roots, chain, question()));
  }
  CHECK(store.chains().values == 1);
  CHECK(store.signatures().values == 1);
  CHECK(store.signatures().hits == 0);
}

TEST_CASE_FIXTURE(Scene,
                  "a chain is remembered up to a size, certificates and staples together: at, below and above it") {
  const std::size_t bare = sent[0].size() + sent[1].size();
  const auto padded = [&](std::size_t size) {
    std::vector<Der> chain = sent;
    chain.emplace_back(size - bare);
    return chain;
  };
  for (const std::size_t size : {limits::kMaxRememberedChain - 1, limits::kMaxRememberedChain}) {
    CHECK_FALSE(knows(anchors, padded(size), question()));
    CHECK(knows(anchors, padded(size), question()));
  }
  const std::uint64_t signatures = store.signatures().hits;
  for (int i = 0; i < 2; ++i) CHECK_FALSE(knows(anchors, padded(limits::kMaxRememberedChain + 1), question()));
  CHECK(store.signatures().hits == signatures);  // nor are its signatures looked for
  // Staples count, whether they are looked at or not.
  const Der rest(limits::kMaxRememberedChain - bare);
  const std::vector<Der> for_issuer = {rest}, one_more = {Der(1), rest};
  pki::Question q = question();
  q.leaf_staple = rest;
  CHECK_FALSE(knows(q));
  CHECK(knows(q));
  q.issuer_staples = one_more;
  for (int i = 0; i < 2; ++i) CHECK_FALSE(knows(q));
  q.leaf_staple = {};
  for (int i = 0; i < 2; ++i) CHECK_FALSE(knows(q));
  q.issuer_staples = for_issuer;
  CHECK_FALSE(knows(q));
  CHECK(knows(q));
  const Der too_long(limits::kMaxRememberedChain - bare + 1);
  q.issuer_staples = {};
  q.leaf_staple = too_long;
  for (int i = 0; i < 2; ++i) CHECK_FALSE(knows(q));
}
