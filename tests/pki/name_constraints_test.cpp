// RFC 5280 §4.2.1.10: what an authority may issue for.
#include <doctest/doctest.h>

#include "base/limits.h"
#include "pki/name_constraints.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using tls::test::outcome;

namespace {

/// The verdict on a leaf with these names under an authority with these constraints.
std::string under(const sallyport::NameConstraints& constraints, std::vector<std::string> dns,
                  std::vector<std::string> addresses = {}, std::string asked = {}) {
  const test::Authority authority;
  CertificateSpec spec = sallyport::authority("Constrained");
  spec.name_constraints = constraints;
  const Issued ca = issue(authority.root, spec, test::key(KeyType::ecdsa_p256, 3));
  if (asked.empty()) asked = dns.empty() ? addresses.front() : dns.front();
  const Issued leaf = issue(ca, server_leaf("leaf", std::move(dns), std::move(addresses)), test::key());
  return outcome(test::verdict(authority.root.pem(), {leaf.certificate, ca.certificate}, asked));
}

}  // namespace

TEST_CASE("a DNS constraint covers the name and all below it") {
  CHECK(pki::dns_name_within("example.com", "example.com"));
  CHECK(pki::dns_name_within("A.B.Example.com", "example.COM"));
  CHECK(pki::dns_name_within("anything", ""));
  CHECK_FALSE(pki::dns_name_within("badexample.com", "example.com"));
  CHECK_FALSE(pki::dns_name_within("com", "example.com"));
  CHECK(pki::dns_name_within("a.example.com", ".example.com"));
  CHECK_FALSE(pki::dns_name_within("example.com", ".example.com"));
}

TEST_CASE("permitted DNS names") {
  const sallyport::NameConstraints only{.permitted_dns = {"example.com"}};
  CHECK(under(only, {"www.example.com"}) == "accepted");
  CHECK(under(only, {"www.example.org"}) == "name_constraints_violated");
  CHECK(under(only, {"www.example.com", "www.example.org"}) == "name_constraints_violated");
  CHECK(under(only, {"*.example.com"}, {}, "a.example.com") == "accepted");
}

TEST_CASE("excluded DNS names win, and a wildcard must not reach into them") {
  const sallyport::NameConstraints but{.permitted_dns = {"example.com"}, .excluded_dns = {"secret.example.com"}};
  CHECK(under(but, {"www.example.com"}) == "accepted");
  CHECK(under(but, {"a.secret.example.com"}) == "name_constraints_violated");
  CHECK(under(but, {"*.example.com"}, {}, "a.example.com") == "name_constraints_violated");
}

TEST_CASE("addresses, of both families, critical or not") {
  for (const bool critical : {true, false}) {
    const sallyport::NameConstraints v4{.permitted_addresses = {"192.0.2.0/24"}, .critical = critical};
    CHECK(under(v4, {}, {"192.0.2.77"}) == "accepted");
    CHECK(under(v4, {}, {"192.0.3.77"}) == "name_constraints_violated");
    CHECK(under(v4, {}, {"2001:db8::1"}) == "name_constraints_violated");
    CHECK(under(v4, {"a.example"}) == "accepted");  // constraints of one form do not touch another
    const sallyport::NameConstraints out{.excluded_addresses = {"10.0.0.0/8"}, .critical = critical};
    CHECK(under(out, {}, {"10.1.2.3"}) == "name_constraints_violated");
    CHECK(under(out, {}, {"11.1.2.3"}) == "accepted");
  }
}

TEST_CASE("IPv6 constraints hold even where Botan ignores what it cannot read") {
  const sallyport::NameConstraints v6{.permitted_addresses = {"2001:db8::/32"}, .critical = false};
  CHECK(under(v6, {}, {"2001:db8:1::1"}) == "accepted");
  CHECK(under(v6, {}, {"2001:db9::1"}) == "name_constraints_violated");
}

TEST_CASE("constraints reach every certificate below, not only the next") {
  const test::Authority authority;
  CertificateSpec spec = sallyport::authority("Top");
  spec.name_constraints = sallyport::NameConstraints{.permitted_dns = {"example.com"}};
  const Issued top = issue(authority.root, spec, test::key(KeyType::ecdsa_p256, 3));
  const Issued sub = issue(top, sallyport::authority("Sub"), test::key(KeyType::ecdsa_p256, 4));
  const auto ask = [&](const char* name) {
    const Issued leaf = issue(sub, server_leaf("leaf", {name}), test::key());
    return outcome(test::verdict(authority.root.pem(), {leaf.certificate, sub.certificate, top.certificate}, name));
  };
  CHECK(ask("a.example.com") == "accepted");
  CHECK(ask("a.example.org") == "name_constraints_violated");
}

TEST_CASE("malformed constraints are refused") {
  const test::Authority authority;
  for (const der::Der& value :
       {der::sequence({}), der::null(), der::sequence({der::explicitly(0, der::null())}),
        der::sequence({der::explicitly(0, der::sequence({der::implicitly(7, der::Der(5, 1))}))})}) {
    CertificateSpec spec = sallyport::authority("Constrained");
    spec.extra = {{"2.5.29.30", false, value}};
    const Issued ca = issue(authority.root, spec, test::key(KeyType::ecdsa_p256, 3));
    const Issued leaf = issue(ca, server_leaf("leaf", {"a.example"}), test::key());
    CHECK(outcome(test::verdict(authority.root.pem(), {leaf.certificate, ca.certificate}, "a.example")) ==
          "bad_certificate");
  }
}

TEST_CASE("names times constraints are bounded: below, at the limit, and above") {
  // Below what Botan bears, and exactly at our own bound.
  const auto ask = [](std::size_t names, std::size_t constraints) {
    std::vector<std::string> dns, permitted;
    for (std::size_t i = 0; i < names; ++i) dns.push_back("n" + std::to_string(i) + ".example.com");
    for (std::size_t i = 1; i < constraints; ++i) permitted.push_back("c" + std::to_string(i) + ".example.org");
    permitted.push_back("example.com");
    const test::Authority authority;
    CertificateSpec spec = sallyport::authority("Constrained");
    spec.name_constraints = sallyport::NameConstraints{.permitted_dns = permitted};
    const Issued ca = issue(authority.root, spec, test::key(KeyType::ecdsa_p256, 3));
    const Issued leaf = issue(ca, server_leaf("leaf", dns), test::key());
    const auto issuer = pki::parse_certificate(ca.certificate), subject = pki::parse_certificate(leaf.certificate);
    REQUIRE(issuer);
    REQUIRE(subject);
    pki::ConstraintBudget budget;
    return pki::check_name_constraints(*issuer, *subject, pki::SubjectPosition::leaf, budget).has_value();
  };
  static_assert(256 * 1024 == limits::kMaxNameComparisons);
  CHECK(ask(255, 1024));
  CHECK(ask(256, 1024));
  CHECK_FALSE(ask(257, 1024));
}
