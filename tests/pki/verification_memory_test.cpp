// What is remembered of chains that were accepted: under all that decides, for as long as it decides alike, and nothing
// of anybody who was refused.
#include "tls/verification_memory.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "base/limits.h"
#include "crl_scene.h"
#include "pki/chain_key.h"
#include "pki/crl_store.h"
#include "pki/judge.h"
#include "pki/signature_memory.h"

using namespace tls;
using namespace sallyport;
using namespace tls::test;
using Der = sallyport::der::Der;

namespace {

/// All of a verdict, in words.
std::string in_words(const Result<pki::Accepted>& verdict) {
  if (!verdict) return std::string(facts(verdict.error().code()).name) + ": " + verdict.error().detail();
  std::string words = "accepted until " + std::to_string(verdict->until.count());
  if (const auto& s = verdict->staple)
    words += " staple " + std::to_string(s->produced_at) + " " + std::to_string(s->this_update) + " " +
             std::to_string(s->next_update.value_or(-1)) + " " + std::to_string(s->until) + " " +
             std::to_string(s->unchecked_responder);
  if (const auto& c = verdict->crl)
    words += " crl " + std::to_string(c->this_update) + " " + std::to_string(c->next_update);
  return words;
}

struct Scene : CrlScene {
  pki::VerificationStore store{limits::kDefaultVerificationMemory};
  pki::Anchors anchors = anchors_of(root);
  std::vector<Der> sent = {subject.certificate, intermediate.certificate};

  static pki::Anchors anchors_of(const Issued& one) {
    pki::Anchors made;
    REQUIRE(made.add(one.certificate, pki::AnchorKind::roots));
    return made;
  }
  [[nodiscard]] static pki::Question question(std::int64_t now = kNow) {
    return {.name = "a.example", .now = std::chrono::seconds(now), .leaf_key_checked = true};
  }
  /// The verdict with the memory, which has to be the one without.
  std::string ask(const pki::Anchors& by, const std::vector<Der>& chain, pki::Question asked) {
    const auto parsed = pki::PeerChain::parse(chain);
    if (!parsed) return std::string(facts(parsed.error().code()).name);
    asked.memory = nullptr;
    const std::string without = in_words(pki::judge(by, **parsed, asked));
    asked.memory = &store;
    const std::string with = in_words(pki::judge(by, **parsed, asked));
    CHECK(with == without);
    return with;
  }
  std::string ask(const pki::Question& asked) { return ask(anchors, sent, asked); }
  [[nodiscard]] std::uint64_t known() const { return store.chains().hits; }
  /// Whether the question is answered from the memory.
  bool knows(const pki::Anchors& by, const std::vector<Der>& chain, const pki::Question& asked) {
    const std::uint64_t before = known();
    ask(by, chain, asked);
    return known() != before;
  }
  bool knows(const pki::Question& asked) { return knows(anchors, sent, asked); }

  [[nodiscard]] Der staple(const Issued& of, std::int64_t from = kNow - kHour, std::int64_t until = kNow + kHour,
                           OcspStatus status = OcspStatus::good) const {
    return ocsp_response(&of == &intermediate ? root : intermediate, &of == &intermediate ? root : intermediate, of,
                         status, from, until);
  }
};

bool begins(const std::string& text, std::string_view with) {
  if (text.starts_with(with)) return true;
  MESSAGE(text);
  return false;
}

}  // namespace

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
  REQUIRE(pki::find_path(anchors, **chain, pki::Role::server, kNow, &cold));
  REQUIRE(pki::find_path(anchors, **chain, pki::Role::server, kNow, &warm, {}, &store));
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
