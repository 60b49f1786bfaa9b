// CRLs of other projects, where the reference data is at hand: BoringSSL's, and those of NIST's PKITS. What they call
// good, revoked or not usable is so here, but for stated reasons.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "pki/certificate.h"
#include "pki/pem.h"
#include "pki/revocation.h"
#include "support/places.h"
#include "tls/verifier.h"

using namespace tls;
namespace fs = std::filesystem;
using ByteList = std::vector<std::uint8_t>;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// True where the data is there.
bool have(const fs::path& folder) {
  if (fs::exists(folder)) return true;
  MESSAGE("no reference data: set SALLYPORT_REFERENCE to its folder");
  return false;
}

std::string outcome_of(const Error& error) {
  return error.code() == Code::certificate_revoked ? "revoked" : "unknown: " + error.detail();
}

/// What one of BoringSSL's files says: its leaf, the leaf's issuer and a CRL.
std::string boringssl_outcome(const fs::path& path) {
  constexpr std::int64_t kThen = 1489017600;  // 2017-03-09, as their test has it
  const auto blocks = pki::parse_pem(slurp(path));
  REQUIRE(blocks);
  std::map<std::string, ByteList> parts;
  for (const pki::PemBlock& block : *blocks) parts[block.label] = block.der;
  const auto leaf = pki::parse_certificate(parts.at("CERTIFICATE")),
             issuer = pki::parse_certificate(parts.at("CA CERTIFICATE"));
  REQUIRE(leaf);
  REQUIRE(issuer);
  auto crl = pki::Crl::parse(parts.at("CRL"));
  if (!crl) return "unknown: " + crl.error().detail();
  pki::CrlStore store;
  REQUIRE(store.add(std::move(*crl)));
  const auto key = crypto::PublicKey::from_spki(issuer->subject_public_key_info, 1024);  // theirs are of 1024 bits
  REQUIRE(key);
  const pki::Moment then(kThen);
  pki::RevocationCheck check({&store, CrlPolicy::require_leaf}, then);
  const pki::Certificate* const chain[] = {&*leaf, &*issuer};
  const auto verdict = check.check(chain, &*key);
  return verdict ? "good" : outcome_of(verdict.error());
}

}  // namespace

TEST_CASE("BoringSSL's CRLs: good, revoked or of no use, as their names say") {
  const fs::path folder = test::reference_dir() / "vectors/x509/boringssl-pki/crl_unittest";
  if (!have(folder)) return;
  const std::map<std::string, std::string> otherwise = {
      {"good_no_nextupdate", "unknown"},                 // RFC 5280 §5.1.2.5 wants one
      {"good_fake_extension_no_nextupdate", "unknown"},  // likewise
      {"revoked_no_nextupdate", "unknown"},              // likewise
      {"revoked_key_rollover", "unknown"},
      {"good_key_rollover", "unknown"},        // another key of the issuer's name: not the certificate's issuer itself
      {"bad_thisupdate_too_old", "good"},      // they take none that is older than seven days; nextUpdate decides here
      {"bad_crldp_has_crlissuer", "good"},     // a CRL for all certificates tells of this one, too (RFC 5280 §6.3.3)
      {"invalid_idp_empty_sequence", "good"},  // it says nothing
      {"invalid_revoked_empty_sequence", "good"},            // likewise
      {"invalid_idp_onlycontainsusercerts_v1_leaf", "good"}  // a leaf is no authority, whatever its version
  };
  std::set<std::string> met;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".pem") continue;
    const std::string name = entry.path().stem().string();
    CAPTURE(name);
    std::string expected = name.starts_with("good") ? "good" : name.starts_with("revoked") ? "revoked" : "unknown";
    if (const auto row = otherwise.find(name); row != otherwise.end()) {
      CHECK(row->second != expected);
      expected = row->second;
      met.insert(name);
    }
    const std::string outcome = boringssl_outcome(entry.path());
    CHECK_MESSAGE(outcome.starts_with(expected), outcome);
    ++count;
  }
  CHECK(met.size() == otherwise.size());
  CHECK(count >= 60);
}

namespace {

/// PKITS: every certificate, and every CRL that is taken.
struct Pkits {
  fs::path folder = test::reference_dir() / "vectors/x509/boringssl-pki/nist-pkits";
  std::shared_ptr<const ChainVerifier> verifier;
  std::map<std::string, std::string> refused;  ///< CRLs that are not taken, and why

  void load() {
    std::string authorities;
    for (const auto& entry : fs::directory_iterator(folder / "certs")) {
      if (entry.path().filename().string().ends_with("EE.crt")) continue;
      const std::string der = slurp(entry.path());
      if (pki::parse_certificate(as_bytes(der))) authorities += pki::to_pem("CERTIFICATE", as_bytes(der));
    }
    // All of them as intermediates; one is the root.
    const std::string root = slurp(folder / "certs/TrustAnchorRootCertificate.crt");
    const auto trusted = trust_pem(pki::to_pem("CERTIFICATE", as_bytes(root)) + authorities_behind(authorities),
                                   OtherCertificates::build_paths_of);
    REQUIRE_MESSAGE(trusted, (trusted ? "" : trusted.error().message()));
    CrlSet::Builder crls;
    for (const auto& entry : fs::directory_iterator(folder / "crls")) {
      const auto added = crls.add(slurp(entry.path()));
      if (!added) refused[entry.path().stem().string()] = added.error().detail();
    }
    verifier = *with_crls(*trusted, crls.build(), CrlPolicy::require_chain);
  }
  /// Without those that are self-signed: they would be roots.
  [[nodiscard]] static std::string authorities_behind(const std::string& pem) {
    std::string out;
    const auto blocks = pki::parse_pem(pem);
    REQUIRE(blocks);
    for (const pki::PemBlock& block : *blocks) {
      const auto parsed = pki::parse_certificate(block.der);
      if (parsed && !parsed->self_issued()) out += pki::to_pem("CERTIFICATE", block.der);
    }
    return out;
  }
  [[nodiscard]] std::string outcome(const fs::path& leaf) const {
    const std::string der = slurp(leaf);
    ChainToVerify question;
    question.peer_is_server = false;
    question.chain = CertificateChain(std::vector<ByteList>{{der.begin(), der.end()}});
    question.now = std::chrono::seconds(1300000000);  // 2011-03-13
    const auto verdict = verifier->verify(question);
    REQUIRE(verdict);
    if (*verdict) return "accepted";
    return std::string(facts(verdict->error().code()).name) + ": " + verdict->error().detail();
  }
};

bool about_crls(const std::string& name) {
  for (const char* part : {"CRL", "Revoked", "SerialNumber", "istributionPoint", "onlyContains", "onlySomeReasons",
                           "IDP", "cRLIssuer", "delta"})
    if (name.find(part) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("NIST's PKITS: certificates that are about CRLs are valid or invalid as their names say") {
  Pkits pkits;
  if (!have(pkits.folder)) return;
  pkits.load();
  const std::map<std::string, std::string> otherwise = {
      // CRLs that another key than the issuer's has signed, of the same name or of another one.
      {"ValidSeparateCertificateandCRLKeysTest19EE", "revocation_unknown"},
      {"ValidBasicSelfIssuedCRLSigningKeyTest6EE", "revocation_unknown"},
      {"ValidIDPwithindirectCRLTest22EE", "revocation_unknown"},
      {"ValidIDPwithindirectCRLTest24EE", "revocation_unknown"},
      {"ValidIDPwithindirectCRLTest25EE", "revocation_unknown"},
      {"ValidcRLIssuerTest28EE", "revocation_unknown"},
      {"ValidcRLIssuerTest29EE", "revocation_unknown"},
      {"ValidcRLIssuerTest30EE", "revocation_unknown"},
      {"ValidcRLIssuerTest33EE", "revocation_unknown"},
      // RFC 5280 §4.1.2.2: a serial number is positive. A CRL with a negative one is not taken.
      {"ValidNegativeSerialNumberTest14EE", "revocation_unknown"},
      // What has changed since the complete CRL stands in a delta CRL, which is not taken.
      {"ValiddeltaCRLTest5EE", "(certificateHold)"},
      {"InvaliddeltaCRLTest4EE", "accepted"},
  };
  std::set<std::string> met;
  std::size_t valid = 0, invalid = 0;
  for (const auto& entry : fs::directory_iterator(pkits.folder / "certs")) {
    const std::string name = entry.path().stem().string();
    if (!name.ends_with("EE") || !about_crls(name)) continue;
    CAPTURE(name);
    const std::string outcome = pkits.outcome(entry.path());
    const bool good = name.starts_with("Valid");
    ++(good ? valid : invalid);
    if (const auto row = otherwise.find(name); row != otherwise.end()) {
      CHECK_MESSAGE(outcome.find(row->second) != std::string::npos, outcome);
      met.insert(name);
      continue;
    }
    CHECK_MESSAGE((outcome == "accepted") == good, outcome);
  }
  CHECK(met.size() == otherwise.size());
  CHECK(valid >= 20);
  CHECK(invalid >= 30);
}
