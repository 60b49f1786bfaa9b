// Where trust comes from.
#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/pki.h"

using namespace tls;
using namespace sallyport;
using tls::test::outcome;

namespace {

/// SSL_CERT_FILE, for as long as this lives.
class RootsFile {
 public:
  explicit RootsFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() / ("sallyport-roots-" + std::to_string(::getpid()) + ".pem")) {
    std::ofstream(path_) << text;
    ::setenv("SSL_CERT_FILE", path_.c_str(), 1);
  }
  ~RootsFile() {
    ::unsetenv("SSL_CERT_FILE");
    std::filesystem::remove(path_);
  }
  const std::filesystem::path path_;
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

TEST_CASE("the system's roots come from SSL_CERT_FILE; what cannot be a root is left out") {
  const test::Authority authority;
  ChainToVerify input;
  input.server_name = "a.example";
  input.now = std::chrono::seconds(test::kNow);
  std::vector<der::Der> chain = {authority.leaf(server_leaf("x", {"a.example"})).certificate};
  input.chain = chain;
  {
    const RootsFile file(authority.intermediate.pem() + authority.root.pem() +
                         "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n");
    const auto verifier = trust_system();
    REQUIRE(verifier);
    CHECK((*verifier)->verify(input)->error().code() == Code::unknown_ca);  // the intermediate is no anchor
    chain.push_back(authority.intermediate.certificate);
    input.chain = chain;
    CHECK((*verifier)->verify(input)->has_value());
  }
  {
    const RootsFile file(authority.intermediate.pem());
    CHECK(trust_system().error().code() == Code::bad_key_file);
  }
  {
    const RootsFile file("");
    std::filesystem::remove(file.path_);
    const auto verifier = trust_system();
    REQUIRE_FALSE(verifier);
    CHECK(verifier.error().detail().find("SSL_CERT_FILE") != std::string::npos);
  }
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
