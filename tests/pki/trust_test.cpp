// Where trust comes from.
#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/limits.h"
#include "pki/peer_chain.h"
#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using tls::test::outcome;

namespace {

/// SSL_CERT_FILE names a file with this text, and SSL_CERT_DIR nothing, for as long as this lives.
class RootsFile {
 public:
  explicit RootsFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() / ("sallyport-roots-" + std::to_string(::getpid()) + ".pem")) {
    std::ofstream(path_) << text;
    file_.set(path_.c_str());
  }
  ~RootsFile() { std::filesystem::remove(path_); }
  const std::filesystem::path path_;

 private:
  /// A variable of the environment, unset, and put back in the end.
  class Variable {
   public:
    explicit Variable(const char* name) : name_(name) {
      if (const char* value = std::getenv(name)) before_ = value;
      ::unsetenv(name);
    }
    ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
    void set(const char* value) const { ::setenv(name_, value, 1); }

   private:
    const char* name_;
    std::optional<std::string> before_;
  };
  Variable file_{"SSL_CERT_FILE"}, directory_{"SSL_CERT_DIR"};
};

}  // namespace

TEST_CASE("only roots can be trusted: an intermediate or a leaf in the list is refused with words") {
  const test::Authority authority;
  const auto verifier = trust_pem(authority.root.pem() + authority.intermediate.pem());
  REQUIRE_FALSE(verifier);
  CHECK(verifier.error().code() == Code::bad_key_file);
  CHECK(verifier.error().detail().find("CN=Test Intermediate") != std::string::npos);
  CHECK(verifier.error().detail().find("CN=Test Root") != std::string::npos);
  CHECK_FALSE(trust_pem(""));
  CHECK_FALSE(trust_pem("-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n"));
  CHECK_FALSE(trust_pem(authority.root.key_pem()));
}

TEST_CASE("several roots are trusted, each for its own") {
  const Issued one = self_signed(authority("One"), test::key(KeyType::ecdsa_p256, 1));
  const Issued two = self_signed(authority("Two"), test::key(KeyType::ecdsa_p256, 2));
  const auto leaf = server_leaf("x", {"a.example"});
  for (const Issued& ca : {one, two})
    CHECK(outcome(test::verdict(one.pem() + two.pem(), {issue(ca, leaf, test::key()).certificate}, "a.example")) ==
          "accepted");
  // One name, two keys: a root that was renewed.
  const Issued renewed = self_signed(authority("One"), test::key(KeyType::ecdsa_p256, 3));
  for (const Issued& ca : {one, renewed})
    CHECK(outcome(test::verdict(one.pem() + renewed.pem(), {issue(ca, leaf, test::key()).certificate}, "a.example")) ==
          "accepted");
}

TEST_CASE("the system's roots come from SSL_CERT_FILE; what cannot be used is left out, and told") {
  const test::Authority authority;
  const std::vector<der::Der> leaf = {authority.leaf(server_leaf("x", {"a.example"})).certificate};
  const auto outcome_for = [&](const std::shared_ptr<const ChainVerifier>& verifier) {
    ChainToVerify input;
    input.server_name = "a.example";
    input.now = std::chrono::seconds(test::kNow);
    input.chain = leaf;
    const auto answer = verifier->verify(input);
    return *answer ? std::string("accepted") : std::string(facts(answer->error().code()).name);
  };
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
  {
    const RootsFile file(broken + authority.root.pem());
    std::vector<std::string> warnings;
    const auto verifier = trust_system(&warnings);
    REQUIRE(verifier);
    CHECK(outcome_for(*verifier) == "unknown_ca");  // the intermediate is missing
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("block 1") != std::string::npos);
  }
  for (const std::size_t bad : {limits::kMaxTrustWarnings, limits::kMaxTrustWarnings + 7}) {
    std::string text = authority.root.pem();
    for (std::size_t i = 0; i < bad; ++i) text += to_pem("CERTIFICATE", {0, 1, static_cast<std::uint8_t>(i)});
    const RootsFile file(text);
    std::vector<std::string> warnings;
    REQUIRE(trust_system(&warnings));
    const bool more = bad > limits::kMaxTrustWarnings;
    CHECK(warnings.size() == limits::kMaxTrustWarnings + (more ? 1 : 0));
    CHECK((warnings.back() == "and 7 more") == more);
  }
  {
    const RootsFile file(authority.root.pem() + authority.intermediate.pem());
    const auto verifier = trust_system();
    REQUIRE(verifier);
    CHECK(outcome_for(*verifier) == "accepted");  // the intermediate helps to build the path
  }
  {
    const RootsFile file(authority.intermediate.pem());
    CHECK(trust_system().error().code() == Code::bad_key_file);  // and is no anchor
  }
  {
    const RootsFile file("");
    std::filesystem::remove(file.path_);
    const auto verifier = trust_system();
    REQUIRE_FALSE(verifier);
    CHECK(verifier.error().detail().find("SSL_CERT_FILE") != std::string::npos);
  }
}

TEST_CASE("a bundle of roots and intermediates, and anchors that are no roots: only where they are asked for") {
  const test::Authority authority;
  const std::vector<der::Der> leaf = {authority.leaf(server_leaf("x", {"a.example"})).certificate};
  const std::string bundle = authority.intermediate.pem() + authority.root.pem();
  const auto outcome_for = [&](const Result<std::shared_ptr<const ChainVerifier>>& verifier) {
    if (!verifier) return std::string(facts(verifier.error().code()).name);
    ChainToVerify input;
    input.server_name = "a.example";
    input.now = std::chrono::seconds(test::kNow);
    input.chain = leaf;
    const auto answer = (*verifier)->verify(input);
    return *answer ? std::string("accepted") : std::string(facts(answer->error().code()).name);
  };
  CHECK(outcome_for(trust_pem(bundle)) == "bad_key_file");
  CHECK(outcome_for(trust_pem(bundle, OtherCertificates::build_paths_of)) == "accepted");
  CHECK(outcome_for(trust_pem(authority.intermediate.pem(), OtherCertificates::build_paths_of)) == "bad_key_file");
  CHECK(outcome_for(trust_pem_ignoring_issuers(authority.intermediate.pem())) == "accepted");
  CHECK(outcome_for(trust_pem_ignoring_issuers(to_pem("CERTIFICATE", leaf.front()))) == "accepted");  // pinned
  CHECK(outcome_for(trust_pem_ignoring_issuers(authority.leaf(server_leaf("y", {"a.example"})).pem())) == "unknown_ca");
  CHECK(outcome_for(trust_pem(std::string_view(reinterpret_cast<const char*>(authority.root.certificate.data()),
                                               authority.root.certificate.size()))) == "unknown_ca");  // DER
}

TEST_CASE("a chain that was parsed before counts only where it is the one that was sent") {
  const Issued one = self_signed(server_leaf("one", {"a.example"}), test::key(KeyType::ecdsa_p256, 1));
  const Issued two = self_signed(server_leaf("two", {"a.example"}), test::key(KeyType::ecdsa_p256, 2));
  const auto verifier = trust_pem(one.pem());
  REQUIRE(verifier);
  const CertificateChain trusted(std::vector<der::Der>{one.certificate}), other(std::vector<der::Der>{two.certificate});
  const auto outcome_of = [&](const CertificateChain& sent, const CertificateChain& parsed) {
    ChainToVerify input;
    input.server_name = "a.example";
    input.now = std::chrono::seconds(test::kNow);
    input.chain = sent;
    input.parsed = *pki::PeerChain::parse(parsed);
    const auto answer = (*verifier)->verify(input);
    return *answer ? std::string("accepted") : std::string(facts(answer->error().code()).name);
  };
  CHECK(outcome_of(trusted, trusted) == "accepted");
  CHECK(outcome_of(trusted, other) == "accepted");
  CHECK(outcome_of(other, trusted) == "unknown_ca");
}

TEST_CASE("a verifier that parses a chain itself makes the leaf's key, whose point may be on no curve") {
  const test::Authority authority;
  const auto verifier = trust_pem(authority.root.pem());
  REQUIRE(verifier);
  der::Der off_curve = authority.leaf(server_leaf("x", {"a.example"})).certificate;
  const der::Der point = test::key()->public_bits();
  const auto at = std::search(off_curve.begin(), off_curve.end(), point.begin(), point.end());
  REQUIRE(at != off_curve.end());
  at[static_cast<std::ptrdiff_t>(point.size()) - 1] ^= 0x01;
  ChainToVerify input;
  input.server_name = "a.example";
  input.now = std::chrono::seconds(test::kNow);
  input.chain = std::vector<der::Der>{off_curve, authority.intermediate.certificate};
  const auto refusal = [&] {
    const auto answer = (*verifier)->verify(input);
    return *answer ? std::string("accepted") : std::string(facts(answer->error().code()).name);
  };
  CHECK(refusal() == "bad_certificate");               // before any signature is looked at
  input.parsed = *pki::PeerChain::parse(input.chain);  // as the handshake has it, which has made the key
  CHECK(refusal() == "bad_certificate_signature");
}

TEST_CASE("Debian's roots can be read") {
  if (!std::filesystem::exists("/etc/ssl/certs/ca-certificates.crt")) return;
  const auto verifier = trust_system();
  CHECK(verifier.has_value());
}

TEST_CASE("who trusts anyone accepts anything") {
  ChainToVerify input;
  input.chain = std::vector<der::Der>{{0x00}};
  CHECK(trust_anyone_insecurely()->verify(input)->has_value());
}
