// What is remembered of chains that were accepted: under all that decides, and nothing of anybody who was refused.
#include "memory_scene.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <set>

#include "pki/chain_key.h"
#include "pki/signature_memory.h"

using namespace tls;
using namespace sallyport;
using namespace tls::test;
using Der = sallyport::der::Der;

TEST_CASE_FIXTURE(Scene, "a chain that was accepted is known the second time") {
  CHECK(begins(ask(question()), "accepted"));
  CHECK(known() == 0);
  CHECK(store.chains().values == 1);
  CHECK(store.signatures().values == 2);
  CHECK(begins(ask(question()), "accepted"));
  CHECK(known() == 1);
}

TEST_CASE_FIXTURE(Scene, "remembered under who is asked, by whom, and how: where one thing differs all is judged") {
  CertificateSpec both = server_leaf("leaf", {"a.example", "b.example"});
  both.extended_key_usage = {};
  const Issued certificate = leaf(both);
  sent = {certificate.certificate, intermediate.certificate};
  REQUIRE(begins(ask(question()), "accepted"));
  REQUIRE(knows(question()));
  const auto changed = [](auto change) {
    pki::Question q = question();
    change(q);
    return q;
  };
  pki::CrlStore crls, same_crls;
  REQUIRE(crls.add(parsed(spec())));
  REQUIRE(same_crls.add(parsed(spec())));
  const pki::Question others[] = {
      changed([](auto& q) { q.name = "b.example"; }),
      changed([](auto& q) { q.name = "A.example"; }),
      changed([](auto& q) { q.role = pki::Role::client; }),
      changed([](auto& q) { q.leaf_key_checked = false; }),
      changed([](auto& q) { q.staples = StaplePolicy::if_present; }),
      changed([&](auto& q) { q.crls = {&crls, CrlPolicy::if_present}; }),
      changed([&](auto& q) { q.crls = {&same_crls, CrlPolicy::if_present}; }),
      changed([&](auto& q) { q.crls = {&crls, CrlPolicy::require_leaf}; }),
      changed([](auto& q) { q.crls = {nullptr, CrlPolicy::require_leaf}; }),
  };
  for (const pki::Question& changed_one : others) {
    CAPTURE(&changed_one - others);
    CHECK_FALSE(knows(changed_one));
    CHECK(knows(changed_one));
  }
  CHECK(knows(question()));
  // And where it would be refused it is.
  CHECK(begins(ask(changed([](auto& q) { q.name = "c.example"; })), "name_mismatch"));
  CHECK(begins(ask(changed([](auto& q) { q.staples = StaplePolicy::require; })), "bad_staple"));
  CHECK(begins(ask(changed([&](auto& q) { q.crls = {&crls, CrlPolicy::require_chain}; })), "revocation_unknown"));
  CrlSpec revoking = spec();
  revoking.entries = {revokes(certificate)};
  revoking.this_update = kNow - kHour + 1;
  pki::Question last = changed([&](auto& q) { q.crls = {&crls, CrlPolicy::if_present}; });
  REQUIRE(knows(last));
  REQUIRE(crls.add(parsed(revoking)));  // the same object, with another CRL
  CHECK(begins(ask(last), "certificate_revoked"));
}

TEST_CASE_FIXTURE(Scene, "remembered under the anchors, as they are: not under their address, nor their certificates") {
  auto one = std::make_unique<pki::Anchors>(anchors_of(root));
  CHECK_FALSE(knows(*one, sent, question()));
  CHECK(knows(*one, sent, question()));
  const pki::Anchors same = anchors_of(root);
  CHECK_FALSE(knows(same, sent, question()));
  REQUIRE(one->distrust(intermediate.certificate, {.servers = false, .clients = true}));
  CHECK(begins(ask(*one, sent, question()), "unknown_ca"));
  *one = anchors_of(root);
  CHECK_FALSE(knows(*one, sent, question()));
  CHECK(knows(*one, sent, question()));
  const Issued stranger = self_signed(authority("Another"), key(KeyType::ecdsa_p256, 7));
  REQUIRE(one->add(stranger.certificate, pki::AnchorKind::roots));
  CHECK_FALSE(knows(*one, sent, question()));
  CHECK(knows(*one, sent, question()));
  REQUIRE(one->add_intermediate(intermediate.certificate));
  CHECK_FALSE(knows(*one, sent, question()));
  CHECK(knows(*one, sent, question()));
  const pki::Anchors moved = std::move(*one);
  CHECK_FALSE(knows(moved, sent, question()));
  CHECK(begins(ask(*one, sent, question()), "unknown_ca"));  // NOLINT: nothing is left in it
}

TEST_CASE_FIXTURE(Scene, "remembered under every certificate that was sent, in its order") {
  REQUIRE(begins(ask(question()), "accepted"));
  const Der extra = other.certificate, broken = {0x30, 0x03, 0x02, 0x01, 0x00};
  const std::vector<std::vector<Der>> others = {
      {sent[0], sent[1], extra},   {sent[0], extra, sent[1]},
      {sent[0], sent[1], sent[1]},  // one that comes again is not looked at, and is part of it all the same
      {sent[0], sent[1], broken},  {sent[0], sent[1], root.certificate},
      {sent[0], sent[1], Der()},
  };
  for (const auto& chain : others) {
    CAPTURE(chain.size());
    CHECK_FALSE(knows(anchors, chain, question()));
    CHECK(knows(anchors, chain, question()));
    CHECK(store.chains().values == 1);  // they all have the leaf's one place
  }
  // Any octet of any certificate: no chain is taken for the one that is known.
  REQUIRE(begins(ask(question()), "accepted"));
  const std::uint64_t before = known();
  for (std::size_t i = 0; i < sent.size(); ++i)
    for (std::size_t at = 0; at < sent[i].size(); at += 7) {
      std::vector<Der> changed = sent;
      changed[i][at] ^= 0x01;
      ask(anchors, changed, question());
    }
  CHECK(known() == before);
}

TEST_CASE_FIXTURE(Scene, "remembered under the staples, of the leaf and of each issuer in its place") {
  pki::Question q = question();
  q.staples = StaplePolicy::if_present;
  const Der good = staple(subject), newer = staple(subject, kNow - kHour + 1),
            revoked = staple(subject, kNow - kHour, kNow + kHour, OcspStatus::revoked),
            of_issuer = staple(intermediate),
            issuer_revoked = staple(intermediate, kNow - kHour, kNow + kHour, OcspStatus::revoked);
  q.leaf_staple = good;
  CHECK_FALSE(knows(q));
  CHECK(knows(q));
  q.leaf_staple = newer;
  CHECK_FALSE(knows(q));
  CHECK(knows(q));
  q.leaf_staple = {};
  CHECK_FALSE(knows(q));
  q.leaf_staple = revoked;
  CHECK(begins(ask(q), "certificate_revoked"));
  q.leaf_staple = good;
  const std::vector<Der> lists[] = {{of_issuer}, {Der(), of_issuer}, {Der()}, {of_issuer, Der()}};
  for (const auto& list : lists) {
    q.issuer_staples = list;
    CHECK_FALSE(knows(q));
    CHECK(knows(q));
  }
  const std::vector<Der> bad = {issuer_revoked, Der()};  // as many as the last list has
  q.issuer_staples = bad;
  CHECK(begins(ask(q), "certificate_revoked"));
  CHECK(store.chains().values == 1);
}

TEST_CASE_FIXTURE(Scene, "what is a certificate in one question is not a staple in another") {
  const auto parsed = [](const std::vector<Der>& chain) {
    auto made = pki::PeerChain::parse(chain);
    REQUIRE(made);
    return std::move(*made);
  };
  const Der zero(std::size_t{8}, std::uint8_t{0});
  Der one = zero;
  one.back() = 1;
  pki::Question two_certificates = question(), with_staples = question();
  two_certificates.leaf_staple = one;
  with_staples.leaf_staple = intermediate.certificate;
  const std::vector<std::vector<std::uint8_t>> staples = {zero};
  with_staples.issuer_staples = staples;
  const auto both = parsed({subject.certificate, intermediate.certificate}), alone = parsed({subject.certificate});
  const auto first = pki::chain_key(anchors, *both, two_certificates),
             second = pki::chain_key(anchors, *alone, with_staples);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->place == second->place);
  CHECK(first->content != second->content);
}

TEST_CASE_FIXTURE(Scene, "who is refused is not remembered, nor are his signatures") {
  // His path is valid, and another thing is not.
  pki::Question q = question();
  q.name = "c.example";
  CHECK(begins(ask(q), "name_mismatch"));
  q = question();
  q.staples = StaplePolicy::require;
  CHECK(begins(ask(q), "bad_staple"));
  // Or one of its signatures is good, and the other is not.
  std::vector<Der> forged = sent;
  forged[0].back() ^= 0x01;
  CHECK(begins(ask(anchors, forged, question()), "bad_certificate_signature"));
  CHECK(begins(ask(question(kNow + 400 * 365 * kDay)), "certificate_expired"));
  CHECK(store.chains().values == 0);
  CHECK(store.signatures().values == 0);
  CHECK(store.chains().bytes + store.signatures().bytes < 24 << 10);
}

TEST_CASE_FIXTURE(Scene, "a signature is remembered under key, algorithm, content and signature") {
  REQUIRE(begins(ask(question()), "accepted"));
  const auto leaf_parsed = pki::parse_certificate(subject.certificate),
             issuer = pki::parse_certificate(intermediate.certificate),
             stranger = pki::parse_certificate(root.certificate);
  const auto verified = [&](const pki::Certificate& one, const pki::Certificate& by) {
    pki::SignatureMemory memory(&store);
    const std::uint64_t before = store.signatures().hits;
    const bool good = memory.verify(one, by, nullptr) == pki::SignatureMemory::Verdict::good;
    CHECK(store.signatures().hits == before + (good ? 1 : 0));
    return good;
  };
  CHECK(verified(*leaf_parsed, *issuer));
  const auto changed = [](Bytes whole, std::size_t at) {
    Der copy(whole.begin(), whole.end());
    copy[at] ^= 0x01;
    return copy;
  };
  CHECK_FALSE(verified(*leaf_parsed, *stranger));
  {
    pki::Certificate other_key = *issuer;
    const Der key = changed(issuer->subject_public_key_info, issuer->subject_public_key_info.size() - 1);
    other_key.subject_public_key_info = key;
    CHECK_FALSE(verified(*leaf_parsed, other_key));
  }
  for (Bytes pki::Certificate::* field :
       {&pki::Certificate::signature_identifier, &pki::Certificate::tbs, &pki::Certificate::signature}) {
    pki::Certificate one = *leaf_parsed;
    const Der value = changed(one.*field, (one.*field).size() - 1);
    one.*field = value;
    CHECK_FALSE(verified(one, *issuer));
  }
  CHECK(verified(*leaf_parsed, *issuer));
}

TEST_CASE_FIXTURE(Scene,
                  "what is known of an issuer's signature serves its other leaves, and counts as if it were verified") {
  REQUIRE(begins(ask(question()), "accepted"));
  pki::Question q = question();
  q.name = "b.example";
  CHECK(begins(ask(anchors, {other.certificate, intermediate.certificate}, q), "accepted"));
  CHECK(store.signatures().hits == 1);  // the root's on the intermediate
  CHECK(store.signatures().values == 3);
  const auto chain = pki::PeerChain::parse(sent);
  pki::SearchReport cold, warm;
  REQUIRE(pki::find_path(anchors, **chain, pki::Role::server, pki::Moment(kNow), &cold));
  REQUIRE(pki::find_path(anchors, **chain, pki::Role::server, pki::Moment(kNow), &warm, {}, &store));
  CHECK(store.signatures().hits == 3);
  CHECK(cold.verifications == 2);
  CHECK(warm.verifications == 2);
}

TEST_CASE_FIXTURE(Scene, "who wants to see every path has everything verified") {
  REQUIRE(begins(ask(question()), "accepted"));
  const auto chain = pki::PeerChain::parse(sent);
  pki::Question q = question();
  q.memory = &store;
  pki::SearchReport report;
  const std::uint64_t chains = store.chains().hits, signatures = store.signatures().hits;
  REQUIRE(pki::judge(anchors, **chain, q, &report));
  CHECK(report.paths.size() == 1);
  CHECK(report.verifications == 2);
  CHECK(store.chains().hits == chains);
  CHECK(store.signatures().hits == signatures);
}
