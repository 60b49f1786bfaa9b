// Keys in every form through the program: combined files, PKCS#12, passwords from a file, the environment, a terminal.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/command.h"
#include "cli/tls_options.h"
#include "support/places.h"
#include "support/time_scale.h"
#include "tools/place.h"

using namespace tls::test;
namespace cli = sallyport::cli;

namespace {

std::string key_file(const std::string& name) { return (source_dir() / "tests/pki/keys" / name).string(); }

/// A variable of the environment while this lives.
struct Variable {
  explicit Variable(const char* value) { ::setenv(kName, value, 1); }
  ~Variable() { ::unsetenv(kName); }
  static constexpr const char* kName = "SALLYPORT_TEST_KEY_PASSWORD";
};

/// What loading says: "loaded", or the failure.
std::string loaded(const cli::TlsOptions& options, cli::KeyPasswords& passwords) {
  try {
    (void)cli::load_credentials(options, passwords);
    return "loaded";
  } catch (const cli::Failure& failure) {
    return failure.what();
  }
}

/// Runs a client that needs a password at a terminal of its own, types what is given, and gives what the terminal
/// shows.
struct AtTerminal {
  int status = -1;
  std::string shown;

  AtTerminal(Words words, const std::string& typed) {
    words.insert(words.begin(), SALLYPORT_TOOL);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    REQUIRE(child >= 0);
    if (child == 0) {
      ::execv(SALLYPORT_TOOL, argv.data());
      ::_exit(127);
    }
    bool asked = false;
    for (int left = 200 * time_scale(); left > 0; --left) {
      pollfd input{terminal, POLLIN, 0};
      if (::poll(&input, 1, 100) <= 0) continue;
      char piece[4096];
      const ssize_t n = ::read(terminal, piece, sizeof piece);
      if (n <= 0) break;
      shown.append(piece, static_cast<std::size_t>(n));
      if (!asked && has(shown, "Password of ")) {
        asked = true;
        CHECK(::write(terminal, typed.data(), typed.size()) == static_cast<ssize_t>(typed.size()));
      }
    }
    int state = 0;
    CHECK(::waitpid(child, &state, 0) == child);
    status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    ::close(terminal);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Place,
                  "a server and a client with combined files, PKCS#12 and encrypted keys that OpenSSL has just made") {
  const std::string password = folder.file("password", "password\r\nsecond line\n");
  const std::string key = folder.path("ecdsa-p256-key.pem"), chain = folder.path("ecdsa-p256-chain.pem");
  const Variable variable("password");
  const auto openssl = [&](const std::string& words, const std::string& name) {
    const std::string out = folder.path(name);
    REQUIRE(std::system(("openssl " + words + " -passout pass:password -out '" + out + "' 2>/dev/null").c_str()) == 0);
    return out;
  };
  const std::string encrypted = openssl("pkcs8 -topk8 -v2 aes-256-cbc -in '" + key + "'", "encrypted.pem");
  const std::string scrypt = openssl("pkcs8 -topk8 -scrypt -outform DER -in '" + key + "'", "scrypt.p8");
  const std::string p12 = openssl("pkcs12 -export -inkey '" + key + "' -in '" + chain + "'", "pair.p12");
  const std::string both = folder.file("both.pem", slurp(encrypted) + slurp(chain));
  const Words by_file = {"--key-password-file", password}, by_name = {"--key-password-env", Variable::kName};
  for (const Words& credential :
       {Words{"--cert", p12}, {"--cert", both}, {"--cert", both, "--key", both}, {"--cert", chain, "--key", scrypt}}) {
    CAPTURE(credential[1]);
    Words options = credential;
    options.insert(options.end(), by_file.begin(), by_file.end());
    options.insert(options.end(), {"--accept", "1"});
    RunningServer server(options);
    const Ran client = connect(server, {"--ca", root(), "--get", "/"});
    CHECK_MESSAGE(client.status == 0, client.err);
    CHECK(server.finish().status == 0);
  }
  const std::string own = openssl(
      "pkcs12 -export -inkey '" + folder.path("client-key.pem") + "' -in '" + folder.path("client-chain.pem") + "'",
      "client.p12");
  RunningServer server(serve({"--verify-client", "require", "--client-ca", root(), "--accept", "1"}));
  Words options = {"--ca", root(), "--get", "/", "--cert", own};
  options.insert(options.end(), by_name.begin(), by_name.end());
  const Ran client = connect(server, options);
  CHECK_MESSAGE(client.status == 0, client.err);
  CHECK(server.finish().status == 0);
}

TEST_CASE("passwords: one for all or one for each; files and environment are read at every load") {
  const TemporaryFolder folder;
  const std::string right = folder.file("right", "password"), wrong = folder.file("wrong", "nothing\n");
  cli::TlsOptions options;
  options.certs = {key_file("openssl.p12"), key_file("java.p12")};
  options.key_passwords.files = {right};
  cli::KeyPasswords one(options.key_passwords, 2);
  CHECK(loaded(options, one) == "loaded");
  (void)folder.file("right", "changed");
  CHECK(has(loaded(options, one), "openssl.p12': the password is wrong"));
  (void)folder.file("right", "password");
  CHECK(loaded(options, one) == "loaded");
  cli::KeyPasswords two({.files = {right, wrong}, .names = {}}, 2);
  CHECK(has(loaded(options, two), "java.p12': the password is wrong"));
  cli::KeyPasswords gone({.files = {folder.path("none")}, .names = {}}, 2);
  CHECK(has(loaded(options, gone), "openssl.p12': --key-password-file '" + folder.path("none")));
  cli::KeyPasswords named({.files = {}, .names = {Variable::kName}}, 2);
  CHECK(has(loaded(options, named), "no environment variable 'SALLYPORT_TEST_KEY_PASSWORD'"));
  const Variable variable("password");
  CHECK(loaded(options, named) == "loaded");
  CHECK_THROWS_AS(cli::KeyPasswords({.files = {right, right, right}, .names = {}}, 2), cli::Failure);
  CHECK_THROWS_AS(cli::KeyPasswords({.files = {right}, .names = {Variable::kName}}, 2), cli::Failure);
  CHECK_THROWS_AS(cli::KeyPasswords({.files = {right}, .names = {}}, 0), cli::Failure);
}

TEST_CASE("at a reload nobody is asked") {
  cli::TlsOptions options;
  options.certs = {key_file("openssl.p12")};
  cli::KeyPasswords passwords({}, 1);
  passwords.settle();
  CHECK(has(loaded(options, passwords), "nobody is asked at a reload: give the password by --key-password-file"));
}

TEST_CASE("a password is asked for at the terminal, and what is typed is not shown") {
  const Words client = {
      "client", "localhost", "--connect", "127.0.0.1:1", "--insecure", "--cert", key_file("openssl.p12")};
  const AtTerminal good(client, "password\n");
  CHECK(has(good.shown, "Password of '" + key_file("openssl.p12") + "': "));
  CHECK_FALSE(has(good.shown, "password\r"));
  CHECK_FALSE(has(good.shown, "is wrong"));  // the key loads, and nobody listens on port 1
  CHECK(good.status == cli::kIo);
  const AtTerminal wrong(client, "passw0rd\n");
  CHECK(has(wrong.shown, "the password is wrong"));
  CHECK_FALSE(has(wrong.shown, "passw0rd"));
  const AtTerminal interrupted(client, "pass\x03");
  CHECK(interrupted.status == 128 + SIGINT);
  const AtTerminal ended(client, "\x04");
  CHECK(has(ended.shown, "no password came from a terminal"));
}

TEST_CASE("where there is no terminal, the options that help are named") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // in a session of its own, which has none
    (void)::setsid();
    const Ran ran =
        run_tool({"client", "localhost", "--connect", "127.0.0.1:1", "--insecure", "--cert", key_file("openssl.p12")});
    const bool good = ran.status == cli::kIo &&
                      has(ran.err, "openssl.p12': it is encrypted, and no password came from a terminal") &&
                      has(ran.err, "--key-password-file FILE or --key-password-env NAME");
    ::_exit(good ? 0 : 1);
  }
  int state = 0;
  REQUIRE(::waitpid(child, &state, 0) == child);
  CHECK(state == 0);
}

TEST_CASE("what is put right or missing is a warning") {
  const TemporaryFolder folder;
  const std::string turned = folder.file("turned.pem", slurp(key_file("root.pem")) + slurp(key_file("chain.pem")));
  const Ran ran = run_tool({"client", "localhost", "--connect", "127.0.0.1:1", "--insecure", "--cert", turned, "--key",
                            key_file("key.pem")});
  CHECK(has(ran.err, "WARNING: '" + turned + "': the certificates do not stand in order"));
  const Ran alone = run_tool({"client", "localhost", "--connect", "127.0.0.1:1", "--insecure", "--cert",
                              key_file("empty.p12"), "--key-password-file", "/dev/null"});
  CHECK(has(alone.err, "WARNING: '" + key_file("empty.p12") +
                           "': the leaf stands alone, and the certificate of 'CN=Keys Intermediate'"));
}
