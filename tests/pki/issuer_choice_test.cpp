// Which of several certificates of one name has issued another one.
#include "pki/issuer_choice.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/pki.h"

using namespace tls;
using namespace sallyport;

namespace {

/// An authority that has had several keys, with and without key identifiers.
struct Keys : test::Authority {
  static Issued authority_with(int number, bool identified = true) {
    CertificateSpec spec = authority("Often New");
    spec.key_identifiers = identified;
    return self_signed(spec, test::key(KeyType::ecdsa_p256, number));
  }
  static Issued leaf_of(const Issued& issuer, bool identified = true) {
    CertificateSpec spec = server_leaf("leaf", {"a.example"});
    spec.key_identifiers = identified;
    return issue(issuer, spec, test::key());
  }
  static std::string choice(const Issued& subject, const std::vector<Issued>& among,
                            std::size_t verifications = limits::kMaxOrderVerifications) {
    const auto parsed = pki::parse_certificate(subject.certificate);
    REQUIRE(parsed);
    std::vector<pki::Certificate> all;
    for (const Issued& one : among) all.push_back(*pki::parse_certificate(one.certificate));
    std::vector<const pki::Certificate*> candidates;
    for (const pki::Certificate& one : all) candidates.push_back(&one);
    const std::size_t i = pki::IssuerChoice(verifications).choose(*parsed, candidates);
    return i == among.size() ? "none" : std::to_string(i);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Keys, "the issuer is whose key has signed, with key identifiers and without, wherever it stands") {
  for (const bool identified : {true, false}) {
    CAPTURE(identified);
    const Issued ours = authority_with(11, identified), other = authority_with(12, identified),
                 third = authority_with(13, identified);
    const Issued end = leaf_of(ours, identified);
    CHECK(choice(end, {ours, other, third}) == "0");
    CHECK(choice(end, {other, ours, third}) == "1");
    CHECK(choice(end, {other, third, ours}) == "2");
    CHECK(choice(end, {other}) == "0");
    CHECK(choice(end, {other, third}) == "0");  // neither has: their order decides
    CHECK(choice(end, {}) == "none");
  }
}

TEST_CASE_FIXTURE(Keys, "key identifiers say who is tried first, and the signature who it is") {
  const Issued ours = authority_with(11), other = authority_with(12), unnamed = authority_with(11, false);
  const Issued end = leaf_of(ours);
  // Without any verification the key identifiers decide; one that is not there may fit.
  CHECK(choice(end, {other, ours}, 0) == "1");
  CHECK(choice(end, {other, unnamed}, 0) == "1");
  CHECK(choice(end, {other, ours}, 1) == "1");
  // A key identifier that lies.
  CertificateSpec liar = authority("Often New");
  const auto parsed = pki::parse_certificate(ours.certificate);
  liar.key_identifiers = false;
  liar.extra = {{"2.5.29.14", false, der::octet_string(parsed->subject_key_identifier)}};
  const Issued lying = self_signed(liar, test::key(KeyType::ecdsa_p256, 14));
  CHECK(choice(end, {lying, ours}) == "1");
  CHECK(choice(end, {lying, unnamed}) == "1");
}

TEST_CASE_FIXTURE(Keys, "signatures that are verified to tell issuers apart: at, below and above the limit") {
  std::vector<Issued> all;
  for (int i = 0; i < 4; ++i) all.push_back(authority_with(12 + i, false));
  all.push_back(authority_with(11, false));
  const Issued end = leaf_of(all.back(), false);
  CHECK(choice(end, all, 4) == "0");
  CHECK(choice(end, all, 5) == "4");
  CHECK(choice(end, all, 6) == "4");
}

TEST_CASE_FIXTURE(Keys, "whoever is self-issued has an issuer that has signed it, or none") {
  const Issued root_now = authority_with(11), before = authority_with(12);
  const Issued cross = issue(before, authority("Often New"), root_now.key);  // the new key by the old one
  CHECK(choice(root_now, {before}) == "none");
  CHECK(choice(root_now, {before, cross}) == "1");
  CHECK(choice(cross, {root_now, before}) == "1");
  CHECK(choice(cross, {root_now}) == "none");
  CHECK(choice(root_now, {cross}, 0) == "none");
}
