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

/// A variable of the environment while this lives.
struct Variable {
  explicit Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

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

TEST_CASE("tool: the PIN by --key-password-file and --key-password-env, for server, client and key server") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const TokenPlace place;
  const Variable variable("SALLYPORT_TEST_PIN", kUserPin);
  const std::string uri = token->uri("p256");
  const Words by_file = {"--key-password-file", place.folder.file("two lines", std::string(kUserPin) + "\r\nmore\n")},
              by_name = {"--key-password-env", "SALLYPORT_TEST_PIN"};
  for (const auto& [servers, clients] : {std::pair{by_file, by_name}, {by_name, by_file}}) {
    const RunningServer server(
        Words{"--cert", place.chain, "--key", uri, "--verify-client", "require", "--client-ca", place.root} + servers);
    const Ran ran = place.connect(server, Words{"--cert", place.client_chain, "--key", uri} + clients);
    CHECK_MESSAGE(ran.status == 0, ran.err);
  }
  // One for each: of an encrypted key, and of the token.
  const std::string plain = place.folder.file("key.pem", sallyport::to_pem("PRIVATE KEY", key()->pkcs8())),
                    encrypted = place.folder.path("encrypted.pem");
  REQUIRE(std::system(("openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:password -in '" + plain + "' -out '" +
                       encrypted + "' 2>/dev/null")
                          .c_str()) == 0);
  const KeyServerProcess keys(place.folder.path(),
                              {"--key", "file=" + encrypted, "--key", "web=" + uri, "--key-password-file",
                               place.folder.file("password", "password\n"), "--key-password-file", token->pin_file});
  for (const char* name : {"web", "file"}) {
    const RunningServer server({"--cert", place.chain, "--key", "keyserver:" + keys.path() + "#" + name});
    const Ran ran = place.connect(server, {});
    CHECK_MESSAGE(ran.status == 0, ran.err);
  }
}

TEST_CASE("tool: two sources of a PIN are refused, and each is named") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const TokenPlace place;
  const Variable variable("SALLYPORT_TEST_PIN", kUserPin);
  const Words option = {"--key-password-file", token->pin_file}, name = {"--key-password-env", "SALLYPORT_TEST_PIN"};
  const std::string source = "&pin-source=file:" + token->pin_file;
  const auto refused = [&](const std::string& more, const Words& options, const Words& words) {
    const Words ways[] = {
        Words{"server", "--listen", "127.0.0.1:0", "--cert", place.chain, "--key", token->uri("p256", more)} + options,
        Words{"client", "localhost", "--connect", "127.0.0.1:1", "--cert", place.chain, "--key",
              token->uri("p256", more)} +
            options,
        Words{"keyserver", "--listen", place.folder.path("none"), "--key", "web=" + token->uri("p256", more)} + options,
    };
    for (const Words& way : ways) {
      CAPTURE(way.front());
      const Ran ran = run_tool(way);
      CHECK(ran.status == 1);
      for (const std::string& word : words) CHECK_MESSAGE(has(ran.err, word), ran.err);
    }
  };
  refused(source, option, {"two sources", "--key-password-file", "pin-source"});
  refused(source, name, {"two sources", "--key-password-env", "pin-source"});
  refused("", option + name, {"do not go together"});
  const Variable usual("SALLYPORT_PKCS11_PIN", kUserPin);
  refused(source, {}, {"two sources", "pin-source", "SALLYPORT_PKCS11_PIN"});
  refused("", option, {"two sources", "--key-password-file", "SALLYPORT_PKCS11_PIN"});
  refused("", name, {"two sources", "--key-password-env", "SALLYPORT_PKCS11_PIN"});
}

TEST_CASE("tool: a PIN that is wrong, missing, empty or too long is told, and names its file or variable") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const TokenPlace place;
  const auto words = [&](const Words& options) {
    const Ran ran = run_tool(
        Words{"server", "--listen", "127.0.0.1:0", "--cert", place.chain, "--key", token->uri("p256")} + options);
    CHECK(ran.status == 2);
    return ran.err;
  };
  const auto file = [&](const std::string& text) {
    return words({"--key-password-file", place.folder.file("the pin", text)});
  };
  CHECK(has(file("9999"), "the login to the token"));
  CHECK_FALSE(has(file("9999"), "9999"));
  CHECK(has(file(""), "the pin' holds no PIN"));
  CHECK(has(file("\n1234\n"), "the pin' holds no PIN"));
  CHECK(has(file(std::string(1024, '1')), "the login to the token"));
  CHECK(has(file(std::string(1025, '1')), "more than 1024 bytes"));
  CHECK(has(words({"--key-password-file", place.folder.path("no such")}), "no such"));
  CHECK(has(words({"--key-password-env", "SALLYPORT_NO_SUCH"}), "no environment variable 'SALLYPORT_NO_SUCH'"));
  const Variable variable("SALLYPORT_TEST_PIN", "");
  CHECK(has(words({"--key-password-env", "SALLYPORT_TEST_PIN"}), "'SALLYPORT_TEST_PIN' holds no PIN"));
}

TEST_CASE("tool: each option that may hold a PIN says so in --help") {
  for (const char* command : {"server", "client", "keyserver"}) {
    const Ran ran = run_tool({command, "--help"});
    CHECK(has(ran.out, "or the PIN of a pkcs11:"));
    CHECK(has(ran.out, "password or the PIN"));
  }
}
