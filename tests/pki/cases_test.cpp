// Inputs that were judged wrongly once, kept beside the repository; without them these tests say so and check nothing.
// The kinds that they stand for have tests of their own, on inputs made by tools/factory.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pki/anchor_sources.h"
#include "pki/certificate_text.h"
#include "pki/key_file.h"
#include "support/pki.h"
#include "support/places.h"

using namespace tls;
namespace fs = std::filesystem;

namespace {

fs::path cases() { return test::reference_dir() / ".." / "cases"; }

bool missing() {
  if (fs::exists(cases())) return false;
  MESSAGE("no cases: set SALLYPORT_REFERENCE to a folder beside them");
  return true;
}

std::string text(const std::string& name) {
  std::ifstream file(cases() / name, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

/// The verdict on files that hold a chain, one after the other: of a server when `name` is not empty.
std::string judge(const std::string& root, const std::vector<std::string>& files, const std::string& name) {
  std::vector<std::vector<std::uint8_t>> chain;
  for (const std::string& file : files) {
    auto found = pki::read_certificates(text(file));
    REQUIRE_MESSAGE(found.has_value(), file);
    for (pki::FoundCertificate& one : *found) chain.push_back(std::move(one.der));
  }
  constexpr std::int64_t kSoonAfter = 1798761600;  // 2027-01-01
  return test::outcome(test::verdict(text(root), chain, name, !name.empty(), kSoonAfter));
}

}  // namespace

TEST_CASE("cases: 30,000 names in issuerAltName are judged at once") {
  if (missing()) return;
  const std::clock_t before = std::clock();
  CHECK(judge("dos/dos-root.pem", {"dos/ianleaf.pem", "dos/inters8.pem"}, "localhost") != "accepted");
  CHECK(std::clock() - before < CLOCKS_PER_SEC / 2);  // it took 48 s; under sanitizers it takes a few ms
}

TEST_CASE("cases: names and name constraints") {
  if (missing()) return;
  const std::string folder = "name-constraints/";
  CHECK(judge("names/e2e-root.pem", {"names/e2e-chain.pem"}, "secret.example.com") == "name_constraints_violated");
  CHECK(judge("names/e2e-root.pem", {"names/e2e-chain-nodot.pem"}, "secret.example.com") ==
        "name_constraints_violated");
  for (const char* kind : {"case-uri-excl-escape", "case-dn-excl-case"}) {
    const std::string one = folder + kind;
    CHECK(judge(one + "-root.pem", {one + "-leaf.pem", one + "-int.pem"}, "") == "name_constraints_violated");
  }
  CHECK(judge(folder + "policy_excl_allip_root.pem", {folder + "policy_excl_allip.pem"}, "www.corp.example") ==
        "accepted");
  CHECK(judge(folder + "acme_root.pem", {folder + "acme_chain.pem"}, "localhost") == "accepted");
  CHECK(judge(folder + "root.pem", {folder + "realistic_200x20.pem"}, "www.company-7.example") == "accepted");
}

TEST_CASE("cases: RSASSA-PSS keys under another kind of authority, and the last date there is") {
  if (missing()) return;
  CHECK(judge("rsassa-pss/r_ec.pem", {"rsassa-pss/l_np_by_ec.pem"}, "localhost") == "accepted");
  CHECK(judge("validity/leaf9999_root.pem", {"validity/leaf9999.pem"}, "localhost") == "accepted");
  const auto restricted =
      load_credential(text("rsassa-pss/c_pss_sha384_48.pem"), text("rsassa-pss/k_pss_sha384_48.pem"));
  REQUIRE(restricted);
  CHECK((*restricted)->signing_schemes == std::vector{SignatureScheme::rsa_pss_pss_sha384});
}

TEST_CASE("cases: texts around certificates") {
  if (missing()) return;
  CHECK(trust_pem(text("pem/r_commented_out.pem")));
  CHECK_FALSE(trust_pem(text("pem/r_hash_begin_only.pem")));
  CHECK_FALSE(trust_pem(text("pem/r_bad_block_between.pem")));  // strict where the user answers for the list
  const auto key = pki::load_private_key(text("pem/k_sec1_noparams.pem"));
  REQUIRE_FALSE(key);  // there is no certificate beside it that names the curve
  CHECK(key.error().detail().find("load it together with its certificate") != std::string::npos);
}
