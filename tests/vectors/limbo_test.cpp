// x509-limbo's format, with chains of our own.
#include <nlohmann/json.hpp>

#include "support/pki.h"
#include "vectors/support.h"

using namespace tls;
using namespace tls::vectors;
using Json = nlohmann::json;

namespace {

const test::Authority& authority() {
  static const auto& one = *new test::Authority;
  return one;
}

/// A testcase that is to be accepted: every field that the schema requires.
Json sound() {
  const auto leaf = authority().leaf(sallyport::server_leaf("leaf", {"www.example.com"}));
  return {{"id", "ours::sound"},
          {"description", "Produces a **valid** chain:\n\nand more"},
          {"validation_kind", "SERVER"},
          {"trusted_certs", {authority().root.pem()}},
          {"untrusted_intermediates", {authority().intermediate.pem()}},
          {"peer_certificate", leaf.pem()},
          {"validation_time", "2026-07-01T00:00:00+00:00"},
          {"signature_algorithms", Json::array()},
          {"key_usage", Json::array()},
          {"extended_key_usage", Json::array()},
          {"expected_result", "SUCCESS"},
          {"expected_peer_name", {{"kind", "DNS"}, {"value", "www.example.com"}}},
          {"expected_peer_names", Json::array()},
          {"max_chain_depth", nullptr}};
}

Case case_of(const Json& test) {
  const auto cases = test::cases_of({"x.json", Json{{"version", 1}, {"testcases", {test}}}.dump()});
  REQUIRE(cases.size() == 1);
  return cases.front();
}

bool passes(const Json& test) { return test::check(case_of(test)).verdict == Outcome::Verdict::passed; }

Json with(const char* field, Json value) {
  Json out = sound();
  out[field] = std::move(value);
  return out;
}

}  // namespace

TEST_CASE("x509-limbo: what is to be accepted is accepted, what is to be refused is refused, and not the other way") {
  CHECK(case_of(sound()).comment == "Produces a **valid** chain:");
  CHECK(passes(sound()));
  CHECK_FALSE(passes(with("expected_result", "FAILURE")));
  for (Json wrong : {with("expected_peer_name", {{"kind", "DNS"}, {"value", "other.example.com"}}),
                     with("validation_time", "2019-12-31T23:59:59Z"), with("untrusted_intermediates", Json::array()),
                     with("trusted_certs", {authority().intermediate.pem()}), with("validation_kind", "CLIENT")}) {
    CHECK_FALSE(passes(wrong));
    wrong["expected_result"] = "FAILURE";
    CHECK(passes(wrong));
  }
}

TEST_CASE("x509-limbo: the last millisecond of a validity counts") {
  const auto leaf_until = [&](const char* time) {
    auto spec = sallyport::server_leaf("leaf", {"www.example.com"});
    spec.not_after = test::kNow;
    Json out = with("peer_certificate", authority().leaf(spec).pem());
    out["validation_time"] = time;
    return out;
  };
  CHECK(passes(leaf_until("2026-07-01T00:00:00.999+00:00")));
  CHECK_FALSE(passes(leaf_until("2026-07-01T00:00:01.000+00:00")));
  for (const char* bad :
       {"", "2026-07-01", "2026-07-01T00:00:00+01:00", "2026-02-30T00:00:00Z", "2026-07-01T00:00:0xZ"})
    CHECK_THROWS_AS((void)case_of(leaf_until(bad)), BadVector);
}

TEST_CASE("x509-limbo: what cannot be asked here is skipped, and the reason names the feature") {
  const auto skip = [](const Json& test) { return case_of(test).skip; };
  CHECK(skip(sound()).empty());
  CHECK(skip(with("features", {"denial-of-service"})).empty());
  CHECK(skip(with("features", {"has-crl"})).starts_with("has-crl: "));
  CHECK(skip(with("crls", {"x"})).starts_with("crls: "));
  CHECK(skip(with("max_chain_depth", 1)).starts_with("max_chain_depth: "));
  CHECK(skip(with("signature_algorithms", {"ED25519"})).starts_with("signature_algorithms: "));
  CHECK(skip(with("extended_key_usage", {"codeSigning"})).starts_with("extended_key_usage: "));
  CHECK(skip(with("extended_key_usage", {"serverAuth"})).empty());
  CHECK(skip(with("expected_peer_name", nullptr)).starts_with("expected_peer_name: "));
}

TEST_CASE("x509-limbo: a file that does not hold to the schema is bad") {
  CHECK_THROWS_AS((void)case_of(with("expected_result", "MAYBE")), BadVector);
  CHECK_THROWS_AS((void)case_of(with("validation_kind", "NEITHER")), BadVector);
  Json lacking = sound();
  lacking.erase("peer_certificate");
  CHECK_THROWS_AS((void)case_of(lacking), BadVector);
  const Json other_version = {{"version", 2}, {"testcases", {sound()}}};
  CHECK_THROWS_AS((void)test::cases_of({"x.json", other_version.dump()}), BadVector);
}
