// The search for a path: what it verifies, in which order, and what it costs a peer to make us work.
#include "pki/path_search.h"

#include <doctest/doctest.h>

#include <chrono>

#include "base/limits.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using Der = sallyport::der::Der;

namespace {

/// An authority without key identifiers, so that names alone lead to it.
CertificateSpec nameless(std::string name) {
  CertificateSpec spec = authority(std::move(name));
  spec.key_identifiers = false;
  return spec;
}
CertificateSpec nameless_leaf() {
  CertificateSpec spec = server_leaf("leaf", {"a.example"});
  spec.key_identifiers = false;
  return spec;
}
KeyPtr key(int number) { return test::key(KeyType::ecdsa_p256, number); }

/// What came of a search.
struct Found {
  std::optional<Error> refusal;
  pki::SearchReport report;
};
Found search(const std::vector<Der>& roots, const std::vector<Der>& sent, const std::vector<Der>& known = {}) {
  pki::Anchors anchors;
  for (const Der& root : roots) REQUIRE(anchors.add(root, pki::AnchorKind::roots));
  for (const Der& intermediate : known) REQUIRE(anchors.add_intermediate(intermediate));
  auto chain = pki::PeerChain::parse(sent);
  REQUIRE(chain);
  Found found;
  auto path = pki::find_path(anchors, **chain, pki::Role::server, pki::Moment(test::kNow), &found.report);
  if (!path) found.refusal = std::move(path).error();
  return found;
}

/// A chain of `length` certificates below the root, leaf first.
std::vector<Der> line(const Issued& root, std::size_t length) {
  std::vector<Issued> cas = {root};
  for (std::size_t i = 1; i < length; ++i)
    cas.push_back(issue(cas.back(), nameless("CA " + std::to_string(i)), key(static_cast<int>(2 + i % 2))));
  std::vector<Der> chain = {issue(cas.back(), nameless_leaf(), test::key()).certificate};
  for (auto ca = cas.rbegin(); ca + 1 != cas.rend(); ++ca) chain.push_back(ca->certificate);
  return chain;
}

/// The certificate with another signature than its issuer's.
Der forged(Der certificate) {
  certificate.back() ^= 0x01;
  return certificate;
}

struct Fixture {
  Issued root = self_signed(nameless("Root"), key(1));
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a path costs one verification for each certificate below the anchor") {
  for (const std::size_t length : {1u, 2u, 5u, 9u}) {
    const Found found = search({root.certificate}, line(root, length));
    CHECK_FALSE(found.refusal);
    CHECK(found.report.verifications == length);
    CHECK(found.report.paths.size() == 1);
  }
}

TEST_CASE_FIXTURE(Fixture, "signatures are verified from the anchor down: below a forged one nothing is") {
  std::vector<Der> chain = line(root, 9);
  chain.back() = forged(chain.back());
  const Found top = search({root.certificate}, chain);
  CHECK(test::outcome(top.refusal) == "bad_certificate_signature");
  CHECK(top.report.verifications == 1);

  chain = line(root, 9);
  chain.front() = forged(chain.front());
  const Found bottom = search({root.certificate}, chain);
  CHECK(test::outcome(bottom.refusal) == "bad_certificate_signature");
  CHECK(bottom.report.verifications == 9);
}

TEST_CASE("RFC 5280 §6.1.1 (d): an anchor's own signature is not verified, whatever it is") {
  const Issued root = self_signed(nameless("Root"), key(1));
  const Der changed = forged(root.certificate);
  const Found found = search({changed}, line(root, 2));
  CHECK_FALSE(found.refusal);
  CHECK(found.report.verifications == 2);
}

TEST_CASE_FIXTURE(Fixture, "a pair of certificate and issuer key is verified once, however many paths it is on") {
  // Two certificates of one authority, one of which has expired; above it two of another, likewise.
  const auto twice = [&](const Issued& issuer, const char* name, int number) {
    CertificateSpec old = nameless(name);
    old.not_after = test::kNow - 1;
    return std::pair(issue(issuer, old, key(number)), issue(issuer, nameless(name), key(number)));
  };
  const auto [old_top, top] = twice(root, "Top", 2);
  const auto [old_sub, sub] = twice(top, "Sub", 3);
  const Der leaf = issue(sub, nameless_leaf(), test::key()).certificate;
  const Found found =
      search({root.certificate}, {leaf, old_sub.certificate, sub.certificate, old_top.certificate, top.certificate});
  CHECK_FALSE(found.refusal);
  CHECK(found.report.verifications == 3);

  // The leaf is forged, and the same key stands in eight certificates: the leaf is verified with it once.
  std::vector<Der> sent = {forged(leaf)};
  for (int i = 0; i < 8; ++i) sent.push_back(issue(root, nameless("Sub"), key(3)).certificate);
  const Found eight = search({root.certificate}, sent);
  CHECK(test::outcome(eight.refusal) == "bad_certificate_signature");
  CHECK(eight.report.verifications == 2);  // the first of the eight, and the leaf
}

TEST_CASE_FIXTURE(Fixture,
                  "a mesh of authorities that certify each other costs at most the verifications that are allowed") {
  constexpr int kNodes = 8;
  std::vector<Issued> selves;
  for (int i = 0; i < kNodes; ++i) selves.push_back(self_signed(nameless("Node " + std::to_string(i)), key(20 + i)));
  std::vector<Der> sent = {issue(selves[0], nameless_leaf(), test::key()).certificate};
  for (int i = 0; i < kNodes; ++i)
    for (int j = 0; j < kNodes && sent.size() < limits::kMaxCertificates - 1; ++j)
      if (i != j)
        sent.push_back(
            issue(selves[static_cast<std::size_t>(i)], nameless("Node " + std::to_string(j)), key(20 + j)).certificate);
  // Every node claims to be certified by the root, which it is not.
  const Issued impostor = self_signed(nameless("Root"), key(9));
  for (int j = 0; j < kNodes && sent.size() < limits::kMaxCertificates; ++j)
    sent.push_back(issue(impostor, nameless("Node " + std::to_string(j)), key(20 + j)).certificate);
  const Found found = search({root.certificate}, sent);
  CHECK(found.refusal.has_value());
  CHECK(found.report.verifications <= limits::kMaxVerifications);
  CHECK(found.report.steps <= limits::kMaxPathSteps);
}

TEST_CASE_FIXTURE(Fixture, "what cannot be an issuer is passed over before a signature is verified with its key") {
  const Issued right = issue(root, nameless("Sub"), key(2));
  std::vector<Der> sent = {issue(right, nameless_leaf(), test::key()).certificate};
  for (std::size_t i = 0; i < limits::kMaxVerifications; ++i) {
    CertificateSpec wrong = nameless("Sub");
    if (i % 3 == 0) wrong.ca = false;
    if (i % 3 == 1) wrong.not_after = test::kNow - 1;
    sent.push_back(issue(root, wrong, i % 3 == 2 ? test::key(KeyType::rsa_1024) : key(3)).certificate);
  }
  sent.push_back(right.certificate);
  const Found found = search({root.certificate}, sent);
  CHECK_FALSE(found.refusal);
  CHECK(found.report.verifications == 2);
}

TEST_CASE_FIXTURE(Fixture,
                  "candidates whose own signature is wrong do not hide the right one: below the limit, at it, above") {
  const Issued impostor = self_signed(nameless("Root"), key(9)), right = issue(root, nameless("Sub"), key(2));
  const auto with = [&](std::size_t wrong) {
    std::vector<Der> sent = {issue(right, nameless_leaf(), test::key()).certificate};
    for (std::size_t i = 0; i < wrong; ++i) sent.push_back(issue(impostor, nameless("Sub"), key(3)).certificate);
    sent.push_back(right.certificate);
    return search({root.certificate}, sent);
  };
  constexpr std::size_t kSpare = limits::kMaxVerifications - 2;  // the right path takes two
  CHECK_FALSE(with(kSpare - 1).refusal);
  CHECK_FALSE(with(kSpare).refusal);
  CHECK(with(kSpare + 1).report.verifications == limits::kMaxVerifications);
  CHECK(with(kSpare + 1).refusal.has_value());
}

TEST_CASE_FIXTURE(Fixture, "a known intermediate completes a chain that was sent without it, and is no anchor") {
  const Issued sub = issue(root, nameless("Sub"), key(2));
  const Der leaf = issue(sub, nameless_leaf(), test::key()).certificate;
  CHECK(test::outcome(search({root.certificate}, {leaf}).refusal) == "unknown_ca");
  CHECK_FALSE(search({root.certificate}, {leaf}, {sub.certificate}).refusal);
  const Issued stranger = self_signed(nameless("Stranger"), key(3));
  CHECK(test::outcome(search({stranger.certificate}, {leaf}, {sub.certificate}).refusal) == "unknown_ca");
}

TEST_CASE_FIXTURE(Fixture,
                  "a certificate that is distrusted is in no path, as a leaf, an intermediate, a stored one, or under "
                  "another issuer") {
  const Issued sub = issue(root, nameless("Sub"), key(2));
  const Der leaf = issue(sub, nameless_leaf(), test::key()).certificate;
  const auto outcome = [&](const std::vector<Der>& sent, const Der& distrusted, pki::TrustedFor still, bool stored,
                           pki::Role role = pki::Role::server) {
    pki::Anchors anchors;
    REQUIRE(anchors.add(root.certificate, pki::AnchorKind::roots));
    if (stored) REQUIRE(anchors.add(sub.certificate, pki::AnchorKind::mixture, still));
    REQUIRE(anchors.distrust(distrusted, still));
    const auto chain = pki::PeerChain::parse(sent);
    REQUIRE(chain);
    const auto path = pki::find_path(anchors, **chain, role, pki::Moment(test::kNow));
    if (!path) CHECK(path.error().detail().find("rejected by the trust data") != std::string::npos);
    return path ? std::string("accepted") : std::string(facts(path.error().code()).name);
  };
  const Der stranger = self_signed(nameless("Stranger"), key(7)).certificate;
  const Der twin = self_signed(nameless("Sub"), key(2)).certificate;  // another certificate of the same name and key
  CHECK(outcome({leaf, sub.certificate}, stranger, {false, false}, false) == "accepted");
  CHECK(outcome({leaf, sub.certificate}, sub.certificate, {false, false}, false) == "unknown_ca");
  CHECK(outcome({leaf, sub.certificate}, sub.certificate, {false, true}, false) == "unknown_ca");
  CHECK(outcome({leaf, sub.certificate}, sub.certificate, {true, false}, false) == "accepted");
  CHECK(outcome({leaf, sub.certificate}, twin, {false, false}, false) == "unknown_ca");
  const Der namesake = self_signed(nameless("Sub"), key(7)).certificate;  // of the same name alone
  CHECK(outcome({leaf, sub.certificate}, namesake, {false, false}, false) == "accepted");
  CHECK(outcome({leaf}, sub.certificate, {false, true}, true) == "unknown_ca");
  CHECK(outcome({leaf, sub.certificate}, leaf, {false, false}, false) == "unknown_ca");
  CHECK(outcome({leaf, sub.certificate}, root.certificate, {false, false}, false) != "accepted");
}

TEST_CASE_FIXTURE(Fixture,
                  "a self-signed leaf that has a trusted name is not trusted: an anchor is the whole certificate") {
  const Issued trusted = self_signed(server_leaf("Pinned", {"a.example"}), key(1));
  pki::Anchors anchors;
  REQUIRE(anchors.add(trusted.certificate, pki::AnchorKind::any));
  const auto outcome = [&](const Issued& sent) {
    const auto chain = pki::PeerChain::parse(std::vector<Der>{sent.certificate});
    REQUIRE(chain);
    const auto path = pki::find_path(anchors, **chain, pki::Role::server, pki::Moment(test::kNow));
    return path ? std::string("accepted") : std::string(facts(path.error().code()).name);
  };
  CHECK(outcome(trusted) == "accepted");
  for (const bool key_identifiers : {false, true}) {
    CertificateSpec spec = trusted.spec;
    spec.key_identifiers = key_identifiers;
    CHECK(outcome(self_signed(spec, key(9))) != "accepted");
  }
  CertificateSpec older = trusted.spec;  // the same name and key, and another word about its use
  older.not_after = test::kNow - 1;
  CHECK(outcome(self_signed(older, key(1))) != "accepted");
}

TEST_CASE_FIXTURE(Fixture, "a root that is trusted for servers alone vouches for no client, whoever certifies it") {
  const Issued other = self_signed(nameless("Other"), key(2));
  const Der cross = issue(other, nameless("Root"), key(1)).certificate;
  CertificateSpec spec = nameless_leaf();
  spec.extended_key_usage = {};
  pki::Anchors anchors;
  REQUIRE(anchors.add(root.certificate, pki::AnchorKind::roots, {.servers = true, .clients = false}));
  REQUIRE(anchors.add(other.certificate, pki::AnchorKind::roots));
  const auto chain = pki::PeerChain::parse(std::vector<Der>{issue(root, spec, test::key()).certificate, cross});
  REQUIRE(chain);
  CHECK(pki::find_path(anchors, **chain, pki::Role::server, pki::Moment(test::kNow)));
  CHECK_FALSE(pki::find_path(anchors, **chain, pki::Role::client, pki::Moment(test::kNow)));
}

TEST_CASE_FIXTURE(Fixture, "RFC 5280 §4.2.1.1: key identifiers tell authorities of one name apart, and cost nothing") {
  const Issued right = issue(root, authority("Sub"), key(2));
  std::vector<Der> sent = {issue(right, server_leaf("leaf", {"a.example"}), test::key()).certificate};
  for (int i = 3; i < 6; ++i) sent.push_back(issue(root, authority("Sub"), key(i)).certificate);
  sent.push_back(right.certificate);
  const Found found = search({root.certificate}, sent);
  CHECK_FALSE(found.refusal);
  CHECK(found.report.verifications == 2);
}

TEST_CASE("a leaf that has the name of a trusted one is not that one") {
  const Der trusted = self_signed(nameless_leaf(), key(1)).certificate;
  CHECK_FALSE(search({trusted}, {trusted}).refusal);
  CHECK(search({trusted}, {self_signed(nameless_leaf(), key(2)).certificate}).refusal);
  CHECK(search({trusted}, {self_signed(nameless_leaf(), key(1)).certificate}).refusal);  // no authority
}

TEST_CASE_FIXTURE(Fixture, "a signature that did not verify is bad on every path that leads over it") {
  const Issued sub = issue(root, nameless("Sub"), key(2));
  const Der leaf = issue(sub, nameless_leaf(), test::key()).certificate;
  const Der twin = self_signed(nameless("Root"), key(1)).certificate;  // another certificate of that name and key
  CHECK_FALSE(search({root.certificate, twin}, {leaf, sub.certificate}).refusal);
  const Found found = search({root.certificate, twin}, {forged(leaf), sub.certificate});
  CHECK(test::outcome(found.refusal) == "bad_certificate_signature");
  CHECK(found.report.verifications == 2);
  CHECK(found.report.paths.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a signature that verified is good on the next path, too") {
  CertificateSpec narrow = nameless("Sub");
  narrow.name_constraints = NameConstraints{.permitted_dns = {"b.example"}};
  const Issued constrained = issue(root, narrow, key(2)), right = issue(root, nameless("Sub"), key(2));
  const Der leaf = issue(right, nameless_leaf(), test::key()).certificate;
  const Found found = search({root.certificate}, {leaf, constrained.certificate, right.certificate});
  CHECK_FALSE(found.refusal);
  CHECK(found.report.verifications == 3);
}

TEST_CASE("once no further signature may be verified no further root is tried") {
  std::vector<Der> roots;
  for (std::size_t i = 0; i < limits::kMaxVerifications + 3; ++i)
    roots.push_back(self_signed(nameless("Root"), key(20 + static_cast<int>(i))).certificate);
  const Issued impostor = self_signed(nameless("Root"), key(9));
  const Found found = search(roots, {issue(impostor, nameless_leaf(), test::key()).certificate});
  CHECK(found.refusal.has_value());
  CHECK(found.report.verifications == limits::kMaxVerifications);
  CHECK(found.report.paths.size() == limits::kMaxVerifications + 1);
}

TEST_CASE_FIXTURE(Fixture, "once no further signature may be verified the search ends") {
  // Each of the certificates claims to be certified by the root, and is not.
  const Issued impostor = self_signed(nameless("Root"), key(9));
  std::vector<Der> sent = {issue(impostor, nameless_leaf(), test::key()).certificate};
  sent[0] = issue(self_signed(nameless("Sub"), key(3)), nameless_leaf(), test::key()).certificate;
  while (sent.size() < limits::kMaxCertificates) sent.push_back(issue(impostor, nameless("Sub"), key(3)).certificate);
  const Found found = search({root.certificate}, sent);
  CHECK(test::outcome(found.refusal) == "certificate_too_complex");
  CHECK(found.report.verifications == limits::kMaxVerifications);
  CHECK(found.report.paths.size() == limits::kMaxVerifications + 1);
}

TEST_CASE_FIXTURE(Fixture, "the report tells every path and the rule at which it ended") {
  CertificateSpec old = nameless("Sub");
  old.not_after = test::kNow - 1;
  const Issued expired = issue(root, old, key(2));
  const Der leaf = issue(expired, nameless_leaf(), test::key()).certificate;
  const Found found = search({root.certificate}, {leaf, expired.certificate});
  REQUIRE(found.report.paths.size() == 1);
  const pki::TriedPath& path = found.report.paths.front();
  CHECK(path.path.size() == 3);
  CHECK(path.anchored);
  REQUIRE(path.refusal);
  CHECK(path.refusal->code() == Code::certificate_expired);

  const Found nothing =
      search({root.certificate}, {issue(self_signed(nameless("X"), key(3)), nameless_leaf(), test::key()).certificate});
  REQUIRE(nothing.report.paths.size() == 1);
  CHECK_FALSE(nothing.report.paths.front().anchored);
}

TEST_CASE_FIXTURE(Fixture, "a verdict holds until the first certificate of the path ends, its last second included") {
  CertificateSpec short_lived = nameless("Sub");
  short_lived.not_after = test::kNow + 100;
  const Issued sub = issue(root, short_lived, key(2));
  pki::Anchors anchors;
  REQUIRE(anchors.add(root.certificate, pki::AnchorKind::roots));
  const auto chain =
      pki::PeerChain::parse(std::vector<Der>{issue(sub, nameless_leaf(), test::key()).certificate, sub.certificate});
  REQUIRE(chain);
  const auto found = pki::find_path(anchors, **chain, pki::Role::server, pki::Moment(test::kNow));
  REQUIRE(found);
  const Clock::Milliseconds until = found->until;
  CHECK(until == std::chrono::seconds(test::kNow + 100) + std::chrono::milliseconds(999));
  CHECK(pki::find_path(anchors, **chain, pki::Role::server, pki::Moment(until)));
  CHECK_FALSE(pki::find_path(anchors, **chain, pki::Role::server, pki::Moment(until + std::chrono::milliseconds(1))));
  REQUIRE(found->path.size() == 3);
  CHECK(found->path.back()->subject.size() == (*chain)->certificates()[1].issuer.size());
  CHECK(found->anchor_key != nullptr);
}

namespace {

/// What a refusal with unknown_ca says.
std::string unknown(const Found& found) {
  REQUIRE(found.refusal);
  CHECK(found.refusal->code() == Code::unknown_ca);
  return found.refusal->detail();
}
bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("unknown_ca though a trusted root has that name: another key, or another purpose") {
  const test::Authority authority;
  const Issued renewed = self_signed(sallyport::authority("Test Root"), key(7));
  const Der leaf = authority.leaf(server_leaf("leaf", {"a.example"})).certificate;
  const std::string words = "a trusted root of that name has another key (the key identifiers differ)";
  CHECK(says(unknown(search({renewed.certificate}, {leaf, authority.intermediate.certificate})), words));
  CHECK(says(
      unknown(search({renewed.certificate}, {leaf, authority.intermediate.certificate, authority.root.certificate})),
      words));

  const auto with = [&](pki::TrustedFor whom, pki::Role role) {
    pki::Anchors anchors;
    REQUIRE(anchors.add(authority.root.certificate, pki::AnchorKind::roots, whom));
    const auto chain = pki::PeerChain::parse(std::vector<Der>{leaf, authority.intermediate.certificate});
    const auto path = pki::find_path(anchors, **chain, role, pki::Moment(test::kNow));
    REQUIRE_FALSE(path);
    return path.error().detail();
  };
  CHECK(says(with({.servers = false, .clients = true}, pki::Role::server), "is trusted for clients only"));
  CHECK(says(with({.servers = true, .clients = false}, pki::Role::client), "is trusted for servers only"));
}

TEST_CASE("unknown_ca counts the trusted roots: one, and several") {
  const test::Authority authority;
  const std::vector<Der> bare = {authority.leaf(server_leaf("leaf", {"a.example"})).certificate};
  const std::vector<Der> own = {self_signed(server_leaf("own", {"a.example"}), key(8)).certificate};
  const Der one = self_signed(sallyport::authority("One"), key(5)).certificate;
  const Der two = self_signed(sallyport::authority("Two"), key(6)).certificate;
  for (const auto& sent : {bare, own}) {
    CHECK(says(unknown(search({one}, sent)), "which is not the trusted root;"));
    CHECK(says(unknown(search({one, two}, sent)), "which is none of the 2 trusted roots;"));
  }
}

TEST_CASE("a chain in the wrong order: the first certificate is said to be an authority's") {
  const test::Authority authority;
  const Der leaf = authority.leaf(server_leaf("leaf", {"a.example"})).certificate;
  const Der stranger = self_signed(sallyport::authority("Stranger"), key(5)).certificate;
  constexpr std::string_view kWords = "it is an authority's certificate: put the leaf first";
  CHECK(says(unknown(search({stranger}, {authority.intermediate.certificate, leaf})), kWords));
  CHECK_FALSE(says(unknown(search({stranger}, {leaf, authority.intermediate.certificate})), kWords));
  // One self-issued certificate alone may be meant.
  CHECK_FALSE(says(unknown(search({stranger}, {authority.root.certificate})), kWords));
  const auto trusted = test::verdict(authority.root.pem(), {authority.intermediate.certificate, leaf}, "a.example");
  REQUIRE(trusted);
  CHECK(says(trusted->detail(), kWords));
}
