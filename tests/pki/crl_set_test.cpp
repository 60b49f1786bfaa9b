// Sets of CRLs: texts that are taken whole or not at all, and the newest of each scope.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/limits.h"
#include "crl_scene.h"
#include "pki/crl.h"
#include "pki/crl_store.h"
#include "tls/crl.h"

using namespace tls;
using namespace sallyport;
using namespace tls::test;
using Der = sallyport::der::Der;

TEST_CASE_FIXTURE(CrlScene, "a set: PEM with text around it, DER, several in one text; what is no CRL is passed over") {
  CrlSpec of_root = empty_crl(root);
  of_root.entries = {revokes(intermediate)};
  of_root.number = 0;
  CrlSet::Builder builder;
  auto added = builder.add("# a bundle\n" + root.pem() + pem(spec()) + "text\n" + pem(of_root));
  REQUIRE(added);
  CHECK(added->added == 2);
  const CrlSet crls = builder.build();
  CHECK(crls.size() == 2);
  CHECK(crls.entries() == 1);
  CHECK(crls.memory() > 2 * sizeof(pki::Crl));
  bool found = false;
  for (const CrlFacts& facts : crls.facts())
    if (facts.issuer == "CN=Test Root") {
      found = true;
      CHECK(facts.number == "00");
      CHECK(facts.entries == 1);
      CHECK(facts.this_update == std::chrono::seconds(kNow - kHour));
      CHECK(facts.next_update == std::chrono::seconds(kNow + kDay));
    } else {
      CHECK(facts.number.empty());
    }
  CHECK(found);
  CHECK(CrlSet().empty());
  const Der der = crl(spec());
  added = builder.add(as_text(der));
  REQUIRE(added);
  CHECK(added->added + added->known == 1);  // a signature of ECDSA is another each time
}

TEST_CASE_FIXTURE(CrlScene, "a text that is refused names block and line, and adds nothing") {
  CrlSet::Builder builder;
  const auto refused = [&](const std::string& text) {
    const auto added = builder.add(text);
    CHECK(builder.build().empty());
    if (added) return std::string("taken");
    CHECK(added.error().code() == Code::bad_crl);
    return added.error().detail();
  };
  CrlSpec delta = spec();
  delta.extra = {Extension{"2.5.29.27", true, der::integer(1)}};
  const std::string good = pem(spec());
  const std::string line = std::to_string(1 + std::ranges::count(good, '\n'));
  CHECK(says(refused(good + pem(delta)), "block 2 ('X509 CRL', line " + line + "): "));
  CHECK(says(refused(as_text(crl(delta)).data() ? std::string(as_text(crl(delta))) : ""), "the DER: "));
  CHECK(says(refused(good.substr(0, good.size() / 2)), "is the file cut off?"));
  CHECK(says(refused(root.pem()), "there is no CRL (-----BEGIN X509 CRL-----) in it: it has block 1 ('CERTIFICATE'"));
  CHECK(says(refused(""), "no PEM block"));
  CHECK(says(refused(std::string(limits::kMaxCrlText + 1, '\n')), "longer than 134217728 bytes"));
  CHECK(says(refused(to_pem("X509 CRL", root.certificate)), "block 1 ('X509 CRL', line 1): "));
}

TEST_CASE_FIXTURE(CrlScene, "a newer CRL is not replaced by an older one: by number, else by thisUpdate") {
  const auto numbered = [&](std::optional<std::uint32_t> number, std::int64_t made) {
    CrlSpec s = spec();
    s.number = number, s.this_update = made;
    return pem(s);
  };
  const auto order = [&](const std::string& first, const std::string& second) {
    CrlSet::Builder builder;
    REQUIRE(builder.add(first));
    const auto added = builder.add(second);
    REQUIRE(added);
    CHECK(added->added + added->outdated == 1);
    CHECK(added->words.size() == added->outdated);
    CHECK(builder.build().size() == 1);
    return added->added == 1;
  };
  const std::int64_t early = kNow - 2 * kHour, late = kNow - kHour;
  CHECK(order(numbered(1, late), numbered(2, early)));
  CHECK_FALSE(order(numbered(2, early), numbered(1, late)));
  CHECK(order(numbered(0x7FFF, late), numbered(0x10000, early)));  // longer is larger
  CHECK(order(numbered(2, early), numbered(2, late)));
  CHECK_FALSE(order(numbered(2, late), numbered(2, early)));
  CHECK(order(numbered({}, early), numbered({}, late)));
  CHECK_FALSE(order(numbered({}, late), numbered(9, early)));
  CrlSet::Builder builder;
  REQUIRE(builder.add(numbered(2, late)));
  const auto words = builder.add(numbered(1, early))->words;
  REQUIRE(words.size() == 1);
  CHECK(says(words[0], "block 1 ('X509 CRL', line 1): the CRL of 'CN=Test Intermediate' of 2026-06-30 22:00:00 UTC"));
  CHECK(says(words[0], "does not replace that of 2026-06-30 23:00:00 UTC"));
}

TEST_CASE_FIXTURE(CrlScene, "CRLs of other scopes, issuers or keys stand beside each other") {
  CrlSet::Builder builder;
  const auto add = [&](const CrlSpec& s) {
    const auto added = builder.add(pem(s));
    REQUIRE(added);
    return added->added;
  };
  CrlSpec s = spec();
  CHECK(add(s) == 1);
  CHECK(add(empty_crl(root)) == 1);
  s.key_identifier = Der{1, 2, 3};
  CHECK(add(s) == 1);
  s.distribution_point = issuing_distribution_point({.user_certificates = true});
  CHECK(add(s) == 1);
  s.distribution_point = issuing_distribution_point({.uris = {"http://crl.example/1"}});
  CHECK(add(s) == 1);
  CHECK(builder.build().size() == 5);
}

TEST_CASE_FIXTURE(CrlScene, "a set begins with another's CRLs, which are not replaced by older ones") {
  CrlSpec s = spec();
  s.number = 5;
  s.entries = {revokes(subject)};
  CrlSet::Builder first;
  REQUIRE(first.add(pem(s)));
  const CrlSet before = first.build();
  CrlSet::Builder next(before);
  s.number = 4;
  s.entries = {};
  CHECK(next.add(pem(s))->outdated == 1);
  CHECK(next.build().entries() == 1);
  s.number = 6;
  CHECK(next.add(pem(s))->added == 1);
  CHECK(next.build().entries() == 0);
  CHECK(before.entries() == 1);
}

TEST_CASE_FIXTURE(CrlScene, "a set: as many CRLs as the limit, and one more") {
  pki::CrlStore store;
  const auto of = [&](std::size_t i) {
    CrlSpec s = spec();
    s.key_identifier = Der{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    return parsed(s);
  };
  for (std::size_t i = 0; i < limits::kMaxCrls; ++i) REQUIRE(store.add(of(i)));
  const auto more = store.add(of(limits::kMaxCrls));
  REQUIRE_FALSE(more);
  CHECK(says(more.error().detail(), "4096 CRLs already"));
}
