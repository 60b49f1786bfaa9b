// Chains of other projects, where the reference data is at hand: what they call invalid is refused here.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "pki/pem.h"
#include "support/pki.h"
#include "support/places.h"

using namespace tls;
namespace fs = std::filesystem;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::vector<std::uint8_t>> certificates(const fs::path& path) {
  std::vector<std::vector<std::uint8_t>> out;
  auto blocks = pki::parse_pem(slurp(path));
  if (!blocks) return out;
  for (pki::PemBlock& block : *blocks)
    if (block.label == "CERTIFICATE") out.push_back(block.der);
  return out;
}

/// One *.test file: keys and values, then the expected errors.
struct Case {
  std::map<std::string, std::string> values;
  bool invalid = false;
};

Case read_case(const fs::path& path) {
  Case one;
  std::istringstream text(slurp(path));
  for (std::string line; std::getline(text, line);) {
    if (line.find("ERROR: ") != std::string::npos) one.invalid = true;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos && one.values.count("expected_errors") == 0)
      one.values[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return one;
}

/// "151002120000Z"; DEFAULT is 2021-10-05T12:00:00Z.
std::int64_t seconds(const std::string& utc) {
  if (utc == "DEFAULT") return 1633435200;
  const auto two = [&](std::size_t at) { return std::stoi(utc.substr(at, 2)); };
  const std::chrono::year_month_day day{std::chrono::year(2000 + two(0)),
                                        std::chrono::month(static_cast<unsigned>(two(2))),
                                        std::chrono::day(static_cast<unsigned>(two(4)))};
  return std::chrono::sys_days(day).time_since_epoch().count() * std::int64_t{86400} + two(6) * 3600 + two(8) * 60 +
         two(10);
}

/// Whether a path is found; the name is not what these sets are about.
std::string path_outcome(const std::vector<std::uint8_t>& root, const std::vector<std::vector<std::uint8_t>>& chain,
                         bool server, std::int64_t now) {
  const auto error = test::verdict(pki::to_pem("CERTIFICATE", root), chain, "not-its-name.example", server, now);
  return !error || error->code() == Code::name_mismatch ? "accepted" : test::outcome(error);
}

}  // namespace

TEST_CASE("BoringSSL's chains: all that is invalid is refused, all that is valid is accepted but for stated reasons") {
  const fs::path folder = test::reference_dir() / "vectors/x509/boringssl-pki/verify_certificate_chain_unittest";
  if (!fs::exists(folder)) {
    MESSAGE("no reference data: set SALLYPORT_REFERENCE to its folder");
    return;
  }
  // Valid there, refused here: each folder for a rule that we hold and they leave to their callers.
  const std::map<std::string, std::string> stricter = {
      {"root-lacks-basic-constraints", "a root is an authority like any other"},
      {"root-basic-constraints-ca-false", "likewise"},
      {"root-lacks-keycertsign-key-usage", "likewise"},
      {"root-eku-clientauth/serverauth", "likewise: its extKeyUsage binds"},
      {"violates-pathlen-1-from-root", "likewise: its path length binds"},
      {"expired-root", "likewise: its validity binds"},
      {"non-self-signed-root", "only roots can be trusted"},
      {"target-only/trusted_leaf", "likewise"},
      {"target-msapplicationpolicies-and-eku", "a critical extension that is not RFC 5280's"},
      {"issuer-and-subject-not-byte-for-byte-equal", "SHA-1 signatures and RSA keys below 2048 bits"},
      {"target-serverauth-various-keyusages/ec-decipherOnly", "it lacks digitalSignature (RFC 9846 §4.5.1.2)"},
      {"target-serverauth-various-keyusages/ec-key", "likewise"},
      {"target-serverauth-various-keyusages/rsa-decipherOnly", "likewise"},
      {"target-serverauth-various-keyusages/rsa-key", "likewise"},
      {"target-not-end-entity", "likewise"},
      {"many-names/ok-all-types", "more comparisons of names with constraints than limits::kMaxNameComparisons"},
  };
  // Invalid there, valid here.
  const std::set<std::string> laxer = {
      // A self-signed leaf that is trusted is its own anchor, and the signature of an anchor is not looked at (RFC 5280
      // §6.1.1 (d)); OpenSSL and Go do likewise.
      "target-selfissued/trusted_anchor",
      // Policies are a matter of the certificates below an anchor (RFC 5280 §6.1.1 (d)).
      "policies-inhibit-anypolicy-by-root-fail/ta-with-constraints",
      "policies-inhibit-mapping-by-root-fail/ta-with-constraints",
      "policies-on-root-wrong/ta-with-constraints",
      "policies-required-by-root-fail/ta-with-constraints",
      "policy-mappings-on-root-fail/ta-with-constraints",
  };
  std::set<std::string> met;  // of the excuses
  const auto stricter_here = [&](const std::string& name) {
    const auto row = std::ranges::find_if(stricter, [&](const auto& one) { return name.starts_with(one.first); });
    if (row != stricter.end()) met.insert(row->first);
    return row != stricter.end();
  };
  int invalid = 0, valid = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".test") continue;
    const Case one = read_case(entry.path());
    const std::string trust = one.values.at("last_cert_trust"), purpose = one.values.at("key_purpose");
    if (!trust.starts_with("TRUSTED_ANCHOR") || (purpose != "SERVER_AUTH" && purpose != "CLIENT_AUTH")) continue;
    auto chain = certificates(entry.path().parent_path() / one.values.at("chain"));
    REQUIRE_FALSE(chain.empty());
    const auto root = chain.back();
    if (chain.size() > 1) chain.pop_back();
    const std::string name = fs::relative(entry.path(), folder).replace_extension().string();
    const std::string got = path_outcome(root, chain, purpose == "SERVER_AUTH", seconds(one.values.at("utc_time")));
    CAPTURE(name);
    CAPTURE(got);
    if (one.invalid) {
      ++invalid;
      if (laxer.contains(name)) met.insert(name);
      CHECK((got == "accepted") == laxer.contains(name));
    } else {
      ++valid;
      CHECK((got == "accepted") != stricter_here(name));
    }
  }
  CHECK(met.size() == stricter.size() + laxer.size());  // no excuse is needless
  CHECK(invalid >= 40);
  CHECK(valid >= 30);
}
