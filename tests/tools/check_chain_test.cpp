// Chains that are as they should be, and chains of which one thing is wrong.
#include "cli/check/chain.h"

#include <algorithm>

#include "pki/credential_chain.h"
#include "tls/crl.h"
#include "tools/check.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;

namespace {

const auto unknown_root = [](check::ChainCase& question) { question.trust = {}; };

Change until(std::int64_t not_after) {
  return [not_after](CertificateSpec& spec) { spec.not_after = not_after; };
}

}  // namespace

TEST_CASE_FIXTURE(Judging, "a good chain is told of, and nothing is said against it") {
  const Findings good = judge({leaf(good_leaf()), intermediate}, [](auto& q) { q.names = {"a.example"}; });
  MAKES(good, chain_complete);
  MAKES(good, days_left);
  MAKES(good, names);
  CHECK(words(good, Id::chain_complete) == "the chain is whole and leads to 'CN=Test Root'");
  CHECK(words(good, Id::days_left) == "the leaf ends in 80 days, on 2026-09-19T00:00:00Z");
  for (const check::Finding& one : good.list()) CHECK(check::kind_of(one.id).severity == check::Severity::ok);
  // A client's leaf has no names to be looked at.
  const Findings client = judge({leaf(client_leaf("c")), intermediate}, [](auto& q) { q.role = pki::Role::client; });
  SPARES(client, names);
  MAKES(client, chain_complete);
}

TEST_CASE_FIXTURE(Judging, "order: the leaf first, then each certificate's issuer; a double is no disorder") {
  const Issued one = leaf(good_leaf());
  const auto leaf_second = [](auto& q) { q.leaf = 1; };
  MAKES(judge({intermediate, one}, leaf_second), chain_order);
  SPARES(judge({intermediate, one}, leaf_second), chain_complete);
  const Findings swapped = judge({one, root, intermediate});
  MAKES(swapped, chain_order);
  MAKES(swapped, chain_root_sent);
  SPARES(judge({one, intermediate}), chain_root_sent);
  const Findings twice = judge({one, one, intermediate});
  SPARES(twice, chain_order);
  MAKES(twice, chain_duplicate);
  MAKES(twice, chain_complete);
  SPARES(judge({one, intermediate}), chain_duplicate);
  // A leaf that stands there twice is the same leaf, whichever is meant.
  SPARES(judge({one, one, intermediate}, leaf_second), chain_order);
}

TEST_CASE_FIXTURE(Judging, "gaps: a leaf alone, and a root above a hole; a chain that ends below a root has none") {
  const Issued one = leaf(good_leaf());
  MAKES(judge({one}), chain_gap);
  CHECK(words(judge({one}), Id::chain_gap) ==
        "the certificate of 'CN=Test Intermediate', which issued that of 'CN=leaf', is missing");
  MAKES(judge({one, root}, unknown_root), chain_gap);
  SPARES(judge({one, intermediate}), chain_gap);
  SPARES(judge({one, intermediate}, unknown_root), chain_gap);
  // What another file holds fills it.
  const auto certificates = held({one});
  const auto others = held({intermediate});
  Findings filled;
  check::ChainCase question{.subject = "file", .certificates = certificates, .now = kNow};
  question.others = {&others[0].parsed};
  question.trust = {.anchors = &anchors, .named = true};
  CHECK(check::check_chain(question, filled).line.borrowed);
  SPARES(filled, chain_gap);
  MAKES(filled, chain_complete);
}

TEST_CASE_FIXTURE(Judging, "an intermediate that this machine happens to know does not hide a gap") {
  pki::Anchors helpful;
  REQUIRE(helpful.add(root.certificate, pki::AnchorKind::mixture));
  REQUIRE(helpful.add(intermediate.certificate, pki::AnchorKind::mixture));
  const auto ask = [&](auto& q) { q.trust = {.anchors = &helpful, .named = false}; };
  MAKES(judge({leaf(good_leaf())}, ask), chain_gap);
  SPARES(judge({leaf(good_leaf()), intermediate}, ask), chain_gap);
}

TEST_CASE_FIXTURE(Judging, "certificates that do not belong there") {
  const Issued stranger = self_signed(authority("Stranger"), key(KeyType::ecdsa_p256, 7));
  const Findings extra = judge({leaf(good_leaf()), intermediate, stranger});
  MAKES(extra, chain_extra);
  CHECK(words(extra, Id::chain_extra) == "the certificate of 'CN=Stranger' issued none of the others");
  // A second certificate of the intermediate is an alternative (RFC 9846 §4.5.1).
  const Issued twin = issue(stranger, authority("Test Intermediate"), intermediate.key);
  SPARES(judge({leaf(good_leaf()), intermediate, twin}), chain_extra);
}

TEST_CASE_FIXTURE(Judging, "more certificates than clients look at") {
  std::vector<Issued> chain{leaf(good_leaf()), intermediate};
  while (chain.size() < 64) chain.push_back(issue(root, changed([](auto& s) { s.hash = "SHA-256"; }), key()));
  SPARES(judge(chain), chain_too_long);
  chain.push_back(leaf(good_leaf()));
  MAKES(judge(chain), chain_too_long);
}

TEST_CASE_FIXTURE(Judging, "trust: a private root is a note of a file, and an error where it is known whom to trust") {
  const std::vector<Issued> chain{leaf(good_leaf()), intermediate}, whole{chain[0], intermediate, root};
  MAKES(judge(whole, unknown_root), root_unknown);
  MAKES(judge(whole, unknown_root), chain_complete);
  SPARES(judge(chain), root_unknown);
  SPARES(judge(chain), untrusted);
  const auto named = [&](auto& q) { q.trust = {.anchors = &nobody, .named = true}; };
  MAKES(judge(chain, named), untrusted);
  const auto sent = [&](auto& q) { q.trust = {.anchors = &nobody, .named = false}, q.sent = true; };
  MAKES(judge(chain, sent), untrusted);
  SPARES(judge(chain, sent), root_unknown);
}

TEST_CASE_FIXTURE(Judging, "an end that is no root and of whose issuer nothing is known may hide a gap") {
  const std::vector<Issued> chain{leaf(good_leaf()), intermediate};
  const Findings unknown = judge(chain, unknown_root);
  MAKES(unknown, chain_end_unknown);
  SPARES(unknown, chain_complete);
  SPARES(unknown, root_unknown);
  SPARES(judge({chain[0], intermediate, root}, unknown_root), chain_end_unknown);
  SPARES(judge(chain), chain_end_unknown);
  // The intermediate between them is missing, and its root is the system's.
  const Issued upper = issue(root, authority("Upper"), key(KeyType::ecdsa_p256, 11));
  const Issued lower = issue(upper, authority("Lower"), key(KeyType::ecdsa_p256, 12));
  const Issued one = issue(lower, good_leaf(), key());
  const auto of_system = [&](auto& q) { q.trust = {.anchors = &anchors, .named = false}; };
  MAKES(judge({one, lower}, of_system), chain_end_unknown);
  SPARES(judge({one, lower}, of_system), chain_complete);
  SPARES(judge({one, lower, upper}, of_system), chain_end_unknown);
  MAKES(judge({one, lower, upper}, of_system), chain_complete);
}

TEST_CASE_FIXTURE(Judging, "an end that nobody can trust is told of, and all below it is judged all the same") {
  const auto end = [&](const Change& change, int number = 2) {
    CertificateSpec spec = authority("Test Intermediate");
    spec.key_identifiers = false;
    change(spec);
    return issue(root, spec, key(KeyType::ecdsa_p256, number));
  };
  const auto has = [](const char* oid, bool critical) {
    return [=](CertificateSpec& s) { s.extra.push_back({oid, critical, sallyport::der::null()}); };
  };
  const Issued one = leaf(changed([](auto& s) { s.key_identifiers = false; }));
  for (const char* oid : {"1.2.3.4.5", "2.5.29.30"}) {  // not known; name constraints that are none
    CAPTURE(oid);
    const Findings refused = judge({one, end(has(oid, true))}, unknown_root);
    MAKES(refused, chain_refused);
    SPARES(refused, chain_complete);
    SPARES(refused, chain_signature);
    MAKES(judge({one, end(has(oid, true), 8)}, unknown_root), chain_signature);
  }
  CHECK(words(judge({one, end(has("1.2.3.4.5", true))}, unknown_root), Id::chain_refused).find("1.2.3.4.5") !=
        std::string::npos);
  SPARES(judge({one, end(has("1.2.3.4.5", false))}, unknown_root), chain_refused);
  SPARES(judge({one, end(has("1.2.3.4.5", false))}, unknown_root), chain_signature);
  // A key that is too weak signs all the same, and so does an impostor's.
  const Issued weak = issue(root, authority("Weak"), key(KeyType::rsa_1024));
  const Issued forged = issue(root, authority("Weak"), key(KeyType::rsa_1024, 3));
  const auto no_identifiers = changed([](auto& s) { s.key_identifiers = false; });
  MAKES(judge({issue(forged, no_identifiers, key()), weak}, unknown_root), chain_signature);
  SPARES(judge({issue(weak, no_identifiers, key()), weak}, unknown_root), chain_signature);
  SPARES(judge({issue(weak, no_identifiers, key()), weak}, unknown_root), chain_complete);
  // CRLs are asked as well.
  const Issued last = end(has("1.2.3.4.5", true));
  CrlSpec spec{.issuer = &last, .this_update = kNow - kDay, .next_update = kNow + kDay, .number = 1};
  spec.entries = {{.serial = one.serial, .revoked_at = kNow - 2 * kDay, .reason = 1}};
  CrlSet::Builder builder;
  REQUIRE(builder.add(as_text(crl(spec))));
  const CrlSet set = builder.build();
  MAKES(judge({one, last}, [&](auto& q) { q.trust = {.crls = {&set.store(), CrlPolicy::if_present}}; }), revoked);
  SPARES(judge({one, last}, unknown_root), revoked);
  // A leaf that is its own issuer is an end, too.
  MAKES(judge({self_signed(changed(has("1.2.3.4.5", true)), key())}, unknown_root), chain_refused);
  SPARES(judge({self_signed(changed(has("1.2.3.4.5", false)), key())}, unknown_root), chain_refused);
}

TEST_CASE_FIXTURE(Judging, "what the trust data rejects is told apart from what nobody knows") {
  const std::vector<Issued> chain{leaf(good_leaf()), intermediate}, whole{chain[0], intermediate, root};
  const auto with = [&](pki::TrustedFor of_root, pki::TrustedFor of_intermediate, bool named = false) {
    pki::Anchors some;
    REQUIRE(some.add(root.certificate, pki::AnchorKind::roots, of_root));
    if (!of_intermediate.servers) REQUIRE(some.distrust(intermediate.certificate, of_intermediate));
    Findings out;
    for (const auto* one : {&chain, &whole}) {
      const Findings judged = judge(*one, [&](auto& q) { q.trust = {.anchors = &some, .named = named}; });
      if (one == &chain) out = judged;
      CHECK(judged.has(Id::distrusted, "file") == out.has(Id::distrusted, "file"));
    }
    return out;
  };
  const pki::TrustedFor all, clients{.servers = false, .clients = true}, servers{.servers = true, .clients = false};
  MAKES(with(clients, all), distrusted);
  MAKES(with(clients, all, true), distrusted);
  SPARES(with(clients, all, true), untrusted);
  SPARES(with(clients, all), chain_complete);
  SPARES(with(clients, all), chain_end_unknown);
  MAKES(with(all, clients), distrusted);
  SPARES(with(servers, all), distrusted);
  SPARES(with(all, all), distrusted);
  // A namesake of what is rejected has another key.
  pki::Anchors others;
  REQUIRE(others.add(self_signed(authority("Test Root"), key(KeyType::ecdsa_p256, 9)).certificate,
                     pki::AnchorKind::roots, clients));
  SPARES(judge(chain, [&](auto& q) { q.trust = {.anchors = &others, .named = false}; }), distrusted);
}

TEST_CASE_FIXTURE(Judging, "signatures are verified, whether the root is known or not") {
  // Of the right name, and not of the key that has signed.
  const Issued impostor = issue(root, authority("Test Intermediate"), key(KeyType::ecdsa_p256, 8));
  const auto no_identifiers = [](auto& s) { s.key_identifiers = false; };
  const Issued one = leaf(changed(no_identifiers));
  MAKES(judge({one, impostor}), chain_signature);
  MAKES(judge({one, impostor}, unknown_root), chain_signature);
  SPARES(judge({one, intermediate}), chain_signature);
  SPARES(judge({one, intermediate}, unknown_root), chain_signature);
}

TEST_CASE_FIXTURE(Judging, "other rules of RFC 5280: the sentence says which") {
  const Findings critical = judge_leaf([](auto& s) { s.extra.push_back({"1.2.3.4.5", true, sallyport::der::null()}); });
  MAKES(critical, chain_refused);
  CHECK(words(critical, Id::chain_refused).find("1.2.3.4.5") != std::string::npos);
  SPARES(judge_leaf([](auto& s) { s.extra.push_back({"1.2.3.4.5", false, sallyport::der::null()}); }), chain_refused);
}

TEST_CASE_FIXTURE(Judging, "leaves that are their own issuer, or authorities") {
  const Issued own = self_signed(good_leaf(), key());
  MAKES(judge({own}, unknown_root), self_signed);
  SPARES(judge({own}, unknown_root), chain_gap);
  SPARES(judge({own}, unknown_root), root_unknown);
  SPARES(judge({leaf(good_leaf()), intermediate}), self_signed);
  MAKES(judge({intermediate}), leaf_is_authority);
  SPARES(judge({leaf(good_leaf()), intermediate}), leaf_is_authority);
}

TEST_CASE_FIXTURE(Judging, "dates: the last second counts, and so does the first") {
  MAKES(judge_leaf(until(kNow - 1)), expired);
  SPARES(judge_leaf(until(kNow - 1)), days_left);
  SPARES(judge_leaf(until(kNow)), expired);
  const auto from = [](std::int64_t not_before) {
    return [not_before](CertificateSpec& spec) { spec.not_before = not_before; };
  };
  MAKES(judge_leaf(from(kNow + 1)), not_yet_valid);
  SPARES(judge_leaf(from(kNow)), not_yet_valid);
  // An intermediate that ends first is what ends the chain.
  CertificateSpec ending = authority("Test Intermediate");
  ending.not_after = kNow + 5 * kDay;
  const Findings early = judge({leaf(good_leaf()), issue(root, ending, intermediate.key)});
  CHECK(words(early, Id::days_left).starts_with("the certificate of 'CN=Test Intermediate' ends in 5 days"));
}

TEST_CASE_FIXTURE(Judging,
                  "a certificate is warned of a quarter of its validity before its end, 21 days at most, or --days") {
  const auto lives = [&](std::int64_t days, std::int64_t left, std::int64_t warn = -1) {
    return judge_leaf(
        [&](auto& s) {
          s.not_after = kNow + left;
          s.not_before = s.not_after - days * kDay;
        },
        [&](auto& q) { q.days = warn; });
  };
  MAKES(lives(365, 21 * kDay - 1), expires_soon);
  SPARES(lives(365, 21 * kDay), expires_soon);
  MAKES(lives(6, 129599), expires_soon);  // a day and a half of six
  SPARES(lives(6, 129600), expires_soon);
  MAKES(lives(365, 40 * kDay - 1, 40), expires_soon);
  SPARES(lives(365, 40 * kDay, 40), expires_soon);
  SPARES(lives(365, 1, 0), expires_soon);
}

TEST_CASE_FIXTURE(Judging, "names: those that are demanded, and those that match nothing") {
  const auto asked = [](const char* name) { return [name](auto& q) { q.names = {name}; }; };
  MAKES(judge_leaf([](auto&) {}, asked("b.example")), name_mismatch);
  SPARES(judge_leaf([](auto&) {}, asked("A.example")), name_mismatch);
  const auto has = [](const char* name) { return [name](CertificateSpec& s) { s.dns_names = {name}; }; };
  for (const char* name : {"*.example", "w*.a.example", "a.*.example", "192.0.2.1", "a b.example"}) {
    CAPTURE(name);
    MAKES(judge_leaf(has(name)), name_useless);
  }
  SPARES(judge_leaf(has("*.a.example")), name_useless);
  const Findings many = judge_leaf([](auto& s) { s.dns_names.assign(20, "*.example"); });
  CHECK(words(many, Id::name_useless).ends_with("'*.example' and 12 more"));
  SPARES(judge_leaf(has("localhost")), name_useless);
}

TEST_CASE_FIXTURE(Judging, "keys and signatures that are too weak, and leaves for something else") {
  const auto with_key = [&](KeyType type) {
    return judge({issue(intermediate, good_leaf(), key(type)), intermediate});
  };
  MAKES(with_key(KeyType::rsa_1024), weak_key);
  SPARES(with_key(KeyType::rsa_2048), weak_key);
  MAKES(judge_leaf([](auto& s) { s.hash = "SHA-1"; }), weak_signature);
  SPARES(judge_leaf([](auto& s) { s.hash = "SHA-384"; }), weak_signature);
  MAKES(judge_leaf([](auto& s) { s.extended_key_usage = {kClientAuth}; }), wrong_purpose);
  SPARES(judge_leaf([](auto& s) { s.extended_key_usage = {kClientAuth, kServerAuth}; }), wrong_purpose);
  SPARES(judge_leaf([](auto& s) { s.extended_key_usage = {kClientAuth}; }, [](auto& q) { q.role = pki::Role::client; }),
         wrong_purpose);
}

TEST_CASE_FIXTURE(Judging, "CRLs: what is revoked, and what nobody knows of") {
  const Issued one = leaf(good_leaf());
  CrlSpec spec{.issuer = &intermediate, .this_update = kNow - kDay, .next_update = kNow + kDay, .number = 1};
  const auto with = [&](CrlPolicy policy, bool any) {
    tls::CrlSet::Builder builder;
    if (any) REQUIRE(builder.add(as_text(crl(spec))));
    const tls::CrlSet set = builder.build();
    return judge({one, intermediate}, [&](auto& q) { q.trust.crls = {&set.store(), policy}; });
  };
  SPARES(with(CrlPolicy::require_leaf, true), revoked);
  SPARES(with(CrlPolicy::require_leaf, true), revocation_unknown);
  MAKES(with(CrlPolicy::require_leaf, false), revocation_unknown);
  spec.entries = {{.serial = one.serial, .revoked_at = kNow - 2 * kDay, .reason = 1}};
  MAKES(with(CrlPolicy::if_present, true), revoked);
}

TEST_CASE_FIXTURE(Judging, "a CRL that the issuer which a server has sent did not sign is told of") {
  const Issued impostor = issue(root, authority("Test Intermediate"), key(KeyType::ecdsa_p256, 8));
  const auto with = [&](const Issued& signer, bool sent) {
    tls::CrlSet::Builder builder;
    REQUIRE(builder.add(as_text(
        crl({.issuer = &intermediate, .this_update = kNow - kDay, .next_update = kNow + kDay, .signer = &signer}))));
    const tls::CrlSet set = builder.build();
    return judge({leaf(good_leaf()), intermediate}, [&](auto& q) {
      q.trust.crls = {&set.store(), CrlPolicy::if_present};
      q.sent = sent;
    });
  };
  MAKES(with(impostor, true), crl_refused);
  SPARES(with(impostor, false), crl_refused);  // files are judged with their CRLs
  SPARES(with(intermediate, true), crl_refused);
}

TEST_CASE_FIXTURE(Judging, "whatever the order of a file, the leaf and its line are those that a server sends") {
  const Issued stranger = self_signed(authority("Stranger"), key(KeyType::ecdsa_p256, 7));
  const Issued twin = issue(stranger, authority("Test Intermediate"), intermediate.key);
  const std::vector<Issued> all{leaf(good_leaf()), intermediate, root, twin};
  std::vector<std::size_t> order{0, 1, 2, 3};
  const auto sorted = [](std::vector<std::vector<std::uint8_t>> ders) {
    std::ranges::sort(ders);
    return ders;
  };
  do {
    std::vector<Issued> file;
    std::vector<pki::FoundCertificate> found;
    for (const std::size_t i : order) {
      file.push_back(all[i]);
      found.push_back({all[i].certificate, "certificate " + std::to_string(found.size() + 1), {}});
    }
    auto sent = pki::CredentialChain::read(std::move(found), "file");
    REQUIRE(sent);
    const std::size_t first = sent->leaf_by_kind(KeyKind::ecdsa_p256);
    Credential credential;
    CredentialReport report;
    REQUIRE(std::move(*sent).fill(credential, first, report));
    const auto certificates = held(file);
    CHECK(check::leaf_of(certificates) == first);
    check::Certificates parsed;
    for (const check::HeldCertificate& one : certificates) parsed.push_back(&one.parsed);
    const check::Line line = check::arrange(parsed, first);
    const auto ders = [](const check::Certificates& some) {
      std::vector<std::vector<std::uint8_t>> out;
      for (const pki::Certificate* one : some) out.emplace_back(one->der.begin(), one->der.end());
      return out;
    };
    CHECK(ders(line.path) == credential.chain);
    CHECK(sorted(ders(line.beside)) == sorted(credential.alternatives));
    CHECK(line.extra.empty());
  } while (std::ranges::next_permutation(order).found);
}
