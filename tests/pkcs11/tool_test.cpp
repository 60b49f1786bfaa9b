// The tool's server, client and key server with keys in a token.
#include "keyserver/child.h"
#include "pkcs11/soft_token.h"

using namespace tls::test;

namespace {

/// The leaf of a key in the token, in a file.
struct TokenPlace {
  TemporaryFolder folder;
  Authority authority;
  std::string chain, client_chain, root;
  TokenPlace() {
    chain = folder.file("chain.pem", authority.leaf(sallyport::server_leaf("localhost", {"localhost"})).pem() +
                                         authority.intermediate.pem());
    client_chain = folder.file("client.pem",
                               authority.leaf(sallyport::client_leaf("somebody")).pem() + authority.intermediate.pem());
    root = folder.file("root.pem", authority.root.pem());
  }
  [[nodiscard]] Ran connect(const RunningServer& server, const Words& more) const {
    Words words = {"client", "localhost", "--connect", "127.0.0.1:" + server.port(), "--ca", root, "--get", "/"};
    words.insert(words.end(), more.begin(), more.end());
    return run_tool(words);
  }
};

}  // namespace

TEST_CASE("tool: server and client with keys of a token, both versions") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const TokenPlace place;
  const std::string uri = token->uri("p256", "&pin-source=file:" + token->pin_file);
  const RunningServer server(
      {"--cert", place.chain, "--key", uri, "--verify-client", "require", "--client-ca", place.root});
  for (const std::string version : {"1.2", "1.3"}) {
    const Ran ran = place.connect(
        server, {"--cert", place.client_chain, "--key", uri, "--min-version", version, "--max-version", version});
    CHECK_MESSAGE(ran.status == 0, ran.err);
  }
}

TEST_CASE("tool: a key server whose key is in a token") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const TokenPlace place;
  const KeyServerProcess keys(place.folder.path(),
                              {"--key", "web=" + token->uri("p256", "&pin-source=file:" + token->pin_file)});
  const RunningServer server({"--cert", place.chain, "--key", "keyserver:" + keys.path() + "#web"});
  const Ran ran = place.connect(server, {});
  CHECK_MESSAGE(ran.status == 0, ran.err);
}

TEST_CASE("tool: the PIN may be in the environment; a wrong key, and a PIN as an argument, are refused in one line") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const TokenPlace place;
  const auto start = [&](const std::string& uri) {
    return run_tool({"server", "--listen", "127.0.0.1:0", "--cert", place.chain, "--key", uri});
  };
  const Ran none = start(token->uri("p256"));
  CHECK(none.status == 2);
  CHECK(has(none.err, "may need a PIN"));
  ::setenv("SALLYPORT_PKCS11_PIN", kUserPin, 1);
  {
    const RunningServer server({"--cert", place.chain, "--key", token->uri("p256")});
    CHECK(place.connect(server, {}).status == 0);
  }
  const Ran wrong = start(token->uri("twin", ""));
  CHECK(wrong.status == 2);
  const Ran other = start("pkcs11:token=sallyport;object=twin;id=%11?module-path=" + token->module);
  CHECK(other.status == 2);
  CHECK(has(other.err, "not that of the leaf"));
  ::unsetenv("SALLYPORT_PKCS11_PIN");
  const Ran argument = start(token->uri("p256", "&pin-value=1234"));
  CHECK(argument.status == 1);
  CHECK(has(argument.err, "pin-source"));
}
