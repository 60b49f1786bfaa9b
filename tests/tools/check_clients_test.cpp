// The table of clients that fail: each row with a server that it is about, and one that it just is not.
#include "cli/check/clients.h"

#include <set>

#include "tools/check.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;

namespace {

struct Clients : Judging {
  using Adjust = std::function<void(check::ClientCase&)>;
  [[nodiscard]] Findings ask(
      const std::vector<Issued>& chain, const Adjust& adjust = [](auto&) {}, bool from_browsers = false) const {
    const auto certificates = held(chain);
    check::ChainCase question{.subject = "file", .certificates = certificates, .now = kNow};
    question.trust = {.anchors = &anchors, .named = !from_browsers};
    Findings ignored, out;
    const check::JudgedChain judged = check::check_chain(question, ignored);
    check::ClientCase server{.subject = "file", .chain = &judged};
    adjust(server);
    check::check_clients(server, out);
    return out;
  }
  [[nodiscard]] Findings ask_leaf(const Change& change) const { return ask({leaf(changed(change)), intermediate}); }
  [[nodiscard]] Findings with_key(const KeyPtr& one) const {
    return ask({issue(intermediate, good_leaf(), one), intermediate});
  }
};

/// Valid for so many days and seconds from `from`.
Change lives(std::int64_t from, std::int64_t days, std::int64_t seconds = 0) {
  return [=](CertificateSpec& s) {
    s.not_before = from;
    s.not_after = from + days * kDay + seconds - 1;  // both ends count
  };
}

}  // namespace

TEST_CASE_FIXTURE(Clients, "no client fails for a good chain") {
  MAKES(ask({leaf(good_leaf()), intermediate}), clients);
  SPARES(ask({leaf(good_leaf())}), clients);
}

TEST_CASE_FIXTURE(Clients, "a gap, and a name that is in the common name alone") {
  MAKES(ask({leaf(good_leaf())}), client_gap);
  SPARES(ask({leaf(good_leaf()), intermediate}), client_gap);
  MAKES(ask_leaf([](auto& s) { s.dns_names.clear(); }), client_common_name);
  SPARES(ask_leaf([](auto& s) { s.dns_names.clear(), s.addresses = {"192.0.2.1"}; }), client_common_name);
}

TEST_CASE_FIXTURE(Clients, "keys and signatures that not everybody takes") {
  MAKES(with_key(key(KeyType::ed25519)), client_ed25519);
  SPARES(with_key(key(KeyType::ecdsa_p256)), client_ed25519);
  MAKES(with_key(key(KeyType::ecdsa_p521)), client_p521);
  SPARES(with_key(key(KeyType::ecdsa_p384)), client_p521);
  MAKES(with_key(key(KeyType::rsa_pss_2048)), client_rsa_pss_key);
  SPARES(with_key(key(KeyType::rsa_2048)), client_rsa_pss_key);
  const Issued rsa = issue(root, authority("RSA"), key(KeyType::rsa_2048));
  const auto by_rsa = [&](bool pss) { return ask({issue(rsa, changed([&](auto& s) { s.pss = pss; }), key()), rsa}); };
  MAKES(by_rsa(true), client_pss_signature);
  SPARES(by_rsa(false), client_pss_signature);
}

TEST_CASE_FIXTURE(Clients, "Apple's rules: serverAuth and 825 days, since 1 July 2019") {
  constexpr std::int64_t kRule = 1561939200;
  MAKES(ask_leaf([](auto& s) { s.extended_key_usage.clear(); }), client_no_server_auth);
  MAKES(ask_leaf([](auto& s) { s.extended_key_usage = {"2.5.29.37.0", kClientAuth}; }), client_no_server_auth);
  MAKES(ask_leaf([](auto& s) { s.extended_key_usage = {kClientAuth}; }), client_no_server_auth);
  SPARES(ask_leaf([](auto&) {}), client_no_server_auth);
  SPARES(ask_leaf([&](auto& s) { s.extended_key_usage.clear(), s.not_before = kRule; }), client_no_server_auth);
  MAKES(ask_leaf(lives(kNow - kDay, 825, 1)), client_825_days);
  SPARES(ask_leaf(lives(kNow - kDay, 825)), client_825_days);
  SPARES(ask_leaf(lives(kRule, 9000)), client_825_days);
}

TEST_CASE_FIXTURE(Clients, "public leaves: how long they may be valid follows from when they were issued") {
  const std::pair<std::int64_t, std::int64_t> rules[] = {{1598918400, 398}, {1773532799, 398}, {1773532800, 200},
                                                         {1805068799, 200}, {1805068800, 100}, {1868227199, 100},
                                                         {1868227200, 47}};
  CHECK(check::public_lifetime(1598918399) == 0);
  for (const auto& [from, days] : rules) CHECK(check::public_lifetime(from) == days);
  const auto as = [&](std::int64_t days, std::int64_t seconds, bool from_browsers) {
    return ask({leaf(changed(lives(kNow - kDay, days, seconds))), intermediate}, [](auto&) {}, from_browsers);
  };
  MAKES(as(200, 1, true), client_public_lifetime);
  SPARES(as(200, 0, true), client_public_lifetime);
  SPARES(as(200, 1, false), client_public_lifetime);
}

TEST_CASE_FIXTURE(Clients, "what a server has: versions, curves, staples") {
  const std::vector<Issued> good{leaf(good_leaf()), intermediate};
  const auto has = [](bool tls12, bool curve) {
    return [=](check::ClientCase& s) { s.outside = true, s.tls12 = tls12, s.nist_curve = curve; };
  };
  MAKES(ask(good, has(false, true)), client_no_tls12);
  SPARES(ask(good, has(true, true)), client_no_tls12);
  MAKES(ask(good, has(true, false)), client_no_nist_curve);
  SPARES(ask(good, has(true, true)), client_no_nist_curve);
  const std::vector<Issued> demanding{leaf(changed([](auto& s) { s.extra.push_back(must_staple_extension()); })),
                                      intermediate};
  const auto stapled = [](bool on) { return [=](check::ClientCase& s) { s.outside = true, s.stapled = on; }; };
  MAKES(ask(demanding, stapled(false)), client_must_staple);
  SPARES(ask(demanding, stapled(true)), client_must_staple);
  SPARES(ask(good, stapled(false)), client_must_staple);
}

TEST_CASE("every row of the table has a finding of its own, and says who fails, why, and what to do") {
  std::set<Id> seen;
  for (const check::ClientRow& row : check::client_rows()) {
    CHECK(seen.insert(row.id).second);
    CHECK(check::kind_of(row.id).id.starts_with("client_"));
    CHECK_FALSE((row.who.empty() || row.why.empty() || row.advice.empty()));
  }
}
