// sallyport pki: what it writes can be loaded, and fits together.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pki/pem.h"
#include "tls/verifier.h"
#include "tools/run.h"

using namespace tls;
using namespace tls::test;

namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Written {
  TemporaryFolder folder;
  Ran ran = run_tool({"pki", folder.path("pki"), "--json"});
  [[nodiscard]] std::string text(const std::string& name) const { return slurp(folder.path("pki/" + name)); }
};

}  // namespace

TEST_CASE_FIXTURE(Written, "every file is listed, and keys are for their owner alone") {
  REQUIRE(ran.status == 0);
  CHECK(ran.err.empty());
  const auto json = nlohmann::json::parse(ran.out);
  std::size_t keys = 0;
  for (const auto& row : json.at("files")) {
    const std::string name = row.at("file");
    CAPTURE(name);
    struct stat facts{};
    REQUIRE(::stat(folder.path("pki/" + name).c_str(), &facts) == 0);
    const bool key = name.ends_with("key.pem");
    keys += key;
    CHECK((facts.st_mode & 0777) == (key ? 0600u : 0644u));
    CHECK_FALSE(row.at("what").get<std::string>().empty());
  }
  CHECK(keys == 10);
}

TEST_CASE_FIXTURE(Written, "every chain loads with its key and is accepted for localhost and its addresses") {
  const auto verifier = trust_pem(text("root.pem"));
  REQUIRE(verifier);
  for (const std::string leaf : {"ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-2048", "rsa-pss-2048", "client"}) {
    CAPTURE(leaf);
    const auto credential = load_credential(text(leaf + "-chain.pem"), text(leaf + "-key.pem"));
    REQUIRE(credential);
    for (const char* name : {"localhost", "127.0.0.1", "::1"}) {
      ChainToVerify input;
      input.peer_is_server = leaf != "client";
      input.server_name = name;
      input.chain = (*credential)->chain;
      input.now = system_clock().wall();
      const auto answer = (*verifier)->verify(input);
      REQUIRE(answer);
      CHECK(answer->has_value());
    }
  }
  CHECK(load_credential(text("ocsp-chain.pem"), text("ocsp-key.pem")));
  CHECK_FALSE(load_credential(text("ecdsa-p256-chain.pem"), text("client-key.pem")));
}

TEST_CASE_FIXTURE(Written, "a second run writes nothing unless it is forced to replace what the first wrote") {
  const std::string before = text("root.pem");
  const Ran refused = run_tool({"pki", folder.path("pki")});
  CHECK(refused.status == 2);
  CHECK(refused.out.empty());
  CHECK(refused.err.find("root.pem") != std::string::npos);
  CHECK(refused.err.find("--force") != std::string::npos);
  CHECK(text("root.pem") == before);
  const Ran again = run_tool({"pki", folder.path("pki"), "--force"});
  CHECK(again.status == 0);
  CHECK(again.out.empty());
  CHECK(again.err.find("root.pem") != std::string::npos);
  CHECK(text("root.pem") != before);
}

TEST_CASE("one file in the way is enough, even the last one and a dangling link") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink(folder.path("nowhere"), folder.path("ocsp-key.pem"));
  CHECK(run_tool({"pki", folder.path()}).status == 2);
  CHECK_FALSE(std::filesystem::exists(folder.path("root.pem")));
}

TEST_CASE("a folder that cannot be made is status 2, and named") {
  const TemporaryFolder folder;
  const std::string file = folder.file("file", "x");
  const Ran ran = run_tool({"pki", file + "/pki"});
  CHECK(ran.status == 2);
  CHECK(ran.err.find(file) != std::string::npos);
}

TEST_CASE_FIXTURE(Written, "the CRLs fit: one revokes nobody, the other the client") {
  const auto roots = trust_pem(text("root.pem"));
  REQUIRE(roots);
  for (const bool revoked : {false, true}) {
    CrlSet::Builder crls;
    REQUIRE(crls.add(text(revoked ? "client-revoked-crl.pem" : "intermediate-crl.pem")));
    const auto verifier = with_crls(*roots, crls.build(), CrlPolicy::require_leaf);
    REQUIRE(verifier);
    ChainToVerify input;
    input.peer_is_server = false;
    input.chain = (*load_credential(text("client-chain.pem"), text("client-key.pem")))->chain;
    input.now = system_clock().wall();
    const auto answer = (*verifier)->verify(input);
    REQUIRE(answer);
    CHECK(answer->has_value() == !revoked);
    if (!*answer) CHECK(answer->error().code() == Code::certificate_revoked);
  }
}
