// RFC 5280 §6.1: policies along a path, for who accepts any of them.
#include "pki/certificate_policies.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "raw_certificate.h"

using namespace tls;
using namespace tls::test;

namespace {

constexpr const char* kAny = "2.5.29.32.0";

/// One certificate of a path, from the top down. Policies and mappings by their OIDs.
struct Step {
  std::vector<std::string> policies = {};
  std::vector<std::pair<std::string, std::string>> mappings = {};
  std::optional<std::uint8_t> require_explicit = {}, inhibit_mapping = {}, inhibit_any = {};
  bool self_issued = false;
  std::string name = "Subject";
};

der::Der encode(const Step& step) {
  RawCertificate raw;
  raw.subject = dn({attribute(kCn, step.name)});
  if (step.self_issued) raw.issuer = raw.subject;
  std::vector<der::Der> policies, mappings, constraints;
  for (const std::string& one : step.policies) policies.push_back(der::sequence({der::oid(one)}));
  for (const auto& [from, to] : step.mappings) mappings.push_back(der::sequence({der::oid(from), der::oid(to)}));
  if (step.require_explicit) constraints.push_back(der::implicitly(0, der::Der{*step.require_explicit}));
  if (step.inhibit_mapping) constraints.push_back(der::implicitly(1, der::Der{*step.inhibit_mapping}));
  if (!policies.empty()) raw.extensions.push_back(extension("2.5.29.32", sequence_of(policies), true));
  if (!mappings.empty()) raw.extensions.push_back(extension("2.5.29.33", sequence_of(mappings), true));
  if (!constraints.empty()) raw.extensions.push_back(extension("2.5.29.36", sequence_of(constraints), true));
  if (step.inhibit_any)
    raw.extensions.push_back(extension("2.5.29.54", der::integer(std::uint32_t{*step.inhibit_any}), true));
  return raw.encode();
}

/// The verdict on a path below an anchor: intermediates from the top, the leaf last.
std::string path(const std::vector<Step>& steps, const Step& anchor = {}) {
  std::vector<der::Der> ders;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) ders.push_back(encode(*step));
  ders.push_back(encode(anchor));
  std::vector<pki::Certificate> parsed;
  for (const der::Der& one : ders) {
    auto certificate = pki::parse_certificate(one);
    REQUIRE(certificate);
    CHECK_FALSE(certificate->unknown_critical);
    parsed.push_back(*certificate);
  }
  std::vector<const pki::Certificate*> pointers;
  for (const auto& one : parsed) pointers.push_back(&one);
  return words(pki::check_policies(pointers));
}
bool refused(const std::string& said) { return said.starts_with("no_valid_policy") && mentions(said, "policy"); }

const std::string kFirst = "1.2.3.1", kSecond = "1.2.3.2", kThird = "1.2.3.3";

}  // namespace

TEST_CASE("where nobody demands a policy none is needed") {
  CHECK(path({}) == "accepted");
  CHECK(path({Step{}, Step{}}) == "accepted");
  CHECK(path({Step{.policies = {kFirst}}, Step{.policies = {kSecond}}}) == "accepted");
}

TEST_CASE("requireExplicitPolicy: a policy is valid for the whole path") {
  const Step demands{.policies = {kFirst}, .require_explicit = 0};
  CHECK(path({demands, Step{.policies = {kFirst}}}) == "accepted");
  CHECK(path({demands, Step{.policies = {kFirst, kSecond}}}) == "accepted");
  CHECK(refused(path({demands, Step{.policies = {kSecond}}})));
  CHECK(refused(path({demands, Step{}})));
  CHECK(path({demands, Step{.policies = {kFirst}}, Step{.policies = {kFirst}}}) == "accepted");
  CHECK(refused(path({demands, Step{.policies = {kSecond}}, Step{.policies = {kFirst}}})));
  CHECK(refused(path({Step{.policies = {kSecond}}, demands, Step{.policies = {kFirst}}})));
}

TEST_CASE("a refusal names the certificate down to which no policy is valid any more") {
  const Step demands{.policies = {kFirst}, .require_explicit = 0};
  const std::string said = path({demands, Step{.policies = {kSecond}, .name = "Middle"}, Step{.name = "Leaf"}});
  CHECK(refused(said));
  CHECK(mentions(said, "down to 'CN=Middle'"));
}

TEST_CASE("requireExplicitPolicy counts certificates that are not self-issued") {
  const Step later{.policies = {kFirst}, .require_explicit = 1};
  CHECK(refused(path({later, Step{}, Step{}})));
  CHECK(refused(path({later, Step{}})));  // §6.1.5 (a) counts once more
  const Step much_later{.policies = {kFirst}, .require_explicit = 2};
  CHECK(path({much_later, Step{}}) == "accepted");
  CHECK(path({much_later, Step{.self_issued = true}, Step{}}) == "accepted");
  CHECK(refused(path({much_later, Step{}, Step{}})));
  CHECK(refused(path({Step{}, Step{.require_explicit = 0}})));  // the leaf's own demand, §6.1.5 (b)
  CHECK(path({Step{}, Step{.require_explicit = 1}}) == "accepted");
  CHECK(path({Step{.policies = {kFirst}}, Step{.policies = {kFirst}, .require_explicit = 0}}) == "accepted");
}

TEST_CASE("anyPolicy stands for all policies, until it is inhibited") {
  const Step any{.policies = {kAny}, .require_explicit = 0};
  CHECK(path({any, Step{.policies = {kFirst}}}) == "accepted");
  CHECK(path({any, Step{.policies = {kAny}}}) == "accepted");
  CHECK(path({Step{.policies = {kFirst}, .require_explicit = 0}, Step{.policies = {kAny}},
              Step{.policies = {kFirst}}}) == "accepted");
  CHECK(refused(path(
      {Step{.policies = {kFirst}, .require_explicit = 0}, Step{.policies = {kAny}}, Step{.policies = {kSecond}}})));
  const Step inhibits{.policies = {kFirst}, .require_explicit = 0, .inhibit_any = 0};
  CHECK(refused(path({inhibits, Step{.policies = {kAny}}})));
  CHECK(path({inhibits, Step{.policies = {kFirst}}}) == "accepted");
  CHECK(path({inhibits, Step{.policies = {kAny}, .self_issued = true}, Step{.policies = {kFirst}}}) == "accepted");
  CHECK(refused(path({inhibits, Step{.policies = {kAny}, .self_issued = true}})));  // a leaf is not exempt
  const Step later{.policies = {kFirst}, .require_explicit = 0, .inhibit_any = 1};
  CHECK(path({later, Step{.policies = {kAny}}, Step{.policies = {kFirst}}}) == "accepted");
  CHECK(refused(path({later, Step{.policies = {kAny}}, Step{.policies = {kAny}}})));
}

TEST_CASE("policyMappings: a policy goes on under another's name, until mapping is inhibited") {
  const Step maps{.policies = {kFirst}, .mappings = {{kFirst, kSecond}}, .require_explicit = 0};
  CHECK(path({maps, Step{.policies = {kSecond}}}) == "accepted");
  CHECK(refused(path({maps, Step{.policies = {kFirst}}})));
  const Step both{.policies = {kFirst}, .mappings = {{kFirst, kSecond}, {kFirst, kThird}}, .require_explicit = 0};
  CHECK(path({both, Step{.policies = {kSecond}}}) == "accepted");
  CHECK(path({both, Step{.policies = {kThird}}}) == "accepted");
  const Step unrelated{.policies = {kFirst}, .mappings = {{kSecond, kThird}}, .require_explicit = 0};
  CHECK(refused(path({unrelated, Step{.policies = {kThird}}})));
  CHECK(path({unrelated, Step{.policies = {kFirst}}}) == "accepted");
  const Step any{.policies = {kAny}, .mappings = {{kSecond, kThird}}, .require_explicit = 0};
  CHECK(path({any, Step{.policies = {kThird}}}) == "accepted");
  const Step inhibits{.policies = {kFirst}, .require_explicit = 0, .inhibit_mapping = 0};
  CHECK(refused(path({inhibits, maps, Step{.policies = {kSecond}}})));
  CHECK(refused(path({inhibits, maps, Step{.policies = {kFirst}}})));  // §6.1.4 (b)(2): the mapped policy is gone
  const Step two{.policies = {kFirst, kThird}, .mappings = {{kFirst, kSecond}}};
  CHECK(path({Step{.policies = {kFirst, kThird}, .require_explicit = 0, .inhibit_mapping = 0}, two,
              Step{.policies = {kThird}}}) == "accepted");
}

TEST_CASE("an anchor's own extensions do not count (RFC 5280 §6.1.1 (d))") {
  CHECK(path({Step{}, Step{}}, Step{.policies = {kFirst}, .require_explicit = 0, .inhibit_any = 0}) == "accepted");
}

TEST_CASE("valid policies are limited: below, at and above") {
  const auto with = [](std::size_t n) {
    Step top{.policies = {kAny}, .require_explicit = 0}, more{.policies = {kAny}}, leaf{.policies = {kFirst}};
    const std::string arc = "1.2.4.";
    for (std::size_t i = 0; i < n; ++i) {
      top.policies.push_back(arc + std::to_string(i));
      if (top.policies.size() == limits::kMaxPolicies) break;
    }
    for (std::size_t i = top.policies.size() - 1; i < n; ++i) more.policies.push_back(arc + std::to_string(i));
    return path({top, more, leaf});
  };
  CHECK(with(limits::kMaxPolicies - 1) == "accepted");
  CHECK(with(limits::kMaxPolicies) == "accepted");
  CHECK(with(limits::kMaxPolicies + 1).starts_with("certificate_too_complex"));
}
