// sallyport check as it is run: options, targets, exit statuses, JSON, and a server on this machine.
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tools/check.h"
#include "tools/place.h"
#include "tools/strange.h"

using namespace tls::test;
using nlohmann::json;

namespace {

struct Checked : Place {
  [[nodiscard]] Ran check(Words more, const std::string& input = {}) const {
    more.insert(more.begin(), "check");
    return run_tool(more, input);
  }
  [[nodiscard]] std::string at(const std::string& name) const { return folder.path(name); }
  [[nodiscard]] Words pair(Words more) const {
    Words out{at("ecdsa-p256-chain.pem"), at("ecdsa-p256-key.pem"), "--ca", root()};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
};

bool found(const json& document, const std::string& id) {
  for (const json& one : document.at("findings"))
    if (one.at("id") == id) return true;
  return false;
}

}  // namespace

TEST_CASE_FIXTURE(Checked, "files that are in order: status 0, a line for each verdict, nothing with --quiet") {
  const Ran good = check(pair({"--name", "localhost", "--staple", at("ecdsa-p256-ocsp-good.der"), "--crl",
                               at("intermediate-crl.pem"), "--crl-policy", "require-leaf"}));
  CHECK_MESSAGE(good.status == 0, good.out);
  for (const char* id : {"chain_complete", "key_match", "key_private", "names", "days_left", "staple_good", "clients"})
    CHECK(has(good.out, "ok       " + std::string(id)));
  CHECK(has(good.out, "0 errors, 0 warnings"));
  CHECK(good.err.empty());
  const Ran quiet = check(pair({"--quiet"}));
  CHECK(quiet.status == 0);
  CHECK(quiet.out.empty());
  CHECK(quiet.err.empty());
}

TEST_CASE_FIXTURE(Checked, "exit statuses: 6 for warnings, 4 for errors, 2 for what cannot be read, 1 for usage") {
  CHECK(check(pair({"--days", "3650"})).status == 6);
  CHECK(check(pair({"--days", "3650", "--strict"})).status == 4);
  CHECK(check(pair({"--days", "3650", "--skip", "expires_soon", "--strict"})).status == 0);
  CHECK(check(pair({"--time", "2099-01-01"})).status == 4);
  CHECK(check(pair({"--time", "2099-01-01", "--only", "key_match"})).status == 0);
  CHECK(check(pair({"--name", "other.example"})).status == 4);
  CHECK(check({at("none.pem")}).status == 2);
  CHECK(check({at("none.pem"), "--only", "expired"}).status == 2);
  CHECK(check({at("none.pem"), "--only", "expired", "--skip", "file_unreadable"}).status == 0);
  CHECK(check(pair({at("none.pem"), "--name", "other.example"})).status == 4);
  for (const Words& wrong : std::vector<Words>{{},
                                               {at("root.pem"), "--only", "nothing"},
                                               {at("root.pem"), "--name", "https://a/"},
                                               {at("root.pem"), "--time", "soon"},
                                               {at("root.pem"), "--days", "-1"},
                                               {at("root.pem"), "--connect", "127.0.0.1:1"},
                                               {"localhost", "--client"},
                                               {at("client-chain.pem"), "--client", "--name", "localhost"},
                                               {at("root.pem"), "--days", "3651"},
                                               {"localhost", "--timeout", "3601"},
                                               {"localhost:99999"},
                                               {"localhost", "--timeout", "0"}})
    CHECK(check(wrong).status == 1);
  CHECK(check({at("root.pem"), "--ca", at("none.pem")}).status == 2);
}

TEST_CASE_FIXTURE(Checked, "a mixed-up pair, an open key, a link: the program looks at the file system") {
  const Ran mixed = check({at("ecdsa-p384-chain.pem"), at("ecdsa-p256-key.pem"), "--ca", root()});
  CHECK(mixed.status == 4);
  CHECK(has(mixed.out, "error    key_mismatch"));
  REQUIRE(::chmod(at("ecdsa-p256-key.pem").c_str(), 0644) == 0);
  const Ran open = check(pair({}));
  CHECK(open.status == 4);
  CHECK(has(open.out, "error    key_readable_by_all"));
  REQUIRE(::chmod(at("ecdsa-p256-key.pem").c_str(), 0640) == 0);
  CHECK(check(pair({})).status == 6);
  // The file of a password is a secret, too.
  const std::string password = folder.file("password", "password\n");
  REQUIRE(::chmod(password.c_str(), 0604) == 0);
  const Ran told = check({at("root.pem"), "--key-password-file", password, "--only", "key_readable_by_all"});
  CHECK(has(told.out, "every user may read the password (mode 0604)"));
}

TEST_CASE_FIXTURE(Checked, "names of files are shown without control characters") {
  const std::string file = folder.file("evil\x1b[2J.pem", "nothing");
  const Ran lines = check({file}), document = check({file, "--json"});
  CHECK(lines.out.find('\x1b') == std::string::npos);
  CHECK(has(lines.out, "evil?[2J.pem"));
  CHECK(json::parse(document.out).at("findings")[0].at("subject").get<std::string>().ends_with("evil?[2J.pem"));
  const Ran missing = check({folder.path("evil\x1b[2K.pem")});
  CHECK(missing.out.find('\x1b') == std::string::npos);
  const Ran authority = check({at("root.pem"), "--ca", file});  // it holds no certificate
  CHECK(authority.status == 2);
  CHECK(authority.err.find('\x1b') == std::string::npos);
  CHECK(has(authority.err, "evil?[2J.pem"));
}

TEST_CASE_FIXTURE(Checked, "--list names every finding, as lines and as JSON") {
  const Ran list = check({"--list"});
  CHECK(list.status == 0);
  const auto document = json::parse(check({"--list", "--json"}).out);
  CHECK(document.size() == check::all_kinds().size());
  for (const json& one : document) CHECK(has(list.out, one.at("id").get<std::string>() + " "));
}

TEST_CASE_FIXTURE(Checked, "a server is asked from outside, and compared with the files") {
  const RunningServer server(serve({"--staple", at("ecdsa-p256-ocsp-good.der")}));
  const std::string host = "localhost:" + server.port(), to = "127.0.0.1:" + server.port();
  const Ran good = check(pair({host, "--connect", to, "--json"}));
  CHECK_MESSAGE(good.status == 0, good.out);
  CHECK(good.err.empty());
  const auto document = json::parse(good.out);
  for (const char* id : {"versions", "suites", "groups", "resumption", "staple_good", "serves_this_leaf", "clients"})
    CHECK(found(document, id));
  CHECK(document.at("servers")[0].at("complete") == true);
  CHECK(document.at("checked").size() == 3);

  const Ran other = check({at("ecdsa-p384-chain.pem"), host, "--connect", to, "--ca", root(), "--json"});
  CHECK(other.status == 6);
  CHECK(found(json::parse(other.out), "serves_other_leaf"));
  const Ran named = check({host, "--connect", to, "--ca", root(), "--name", "other.example", "--json"});
  CHECK(named.status == 4);
  CHECK(found(json::parse(named.out), "name_mismatch"));
  CHECK(check({host, "--connect", to}).status == 4);  // the root is none of the system's
  // From outside the same CRL counts.
  const Ran crl = check({host, "--connect", to, "--ca", root(), "--crl", at("intermediate-crl.pem"), "--crl-policy",
                         "require-chain", "--json"});
  CHECK(found(json::parse(crl.out), "revocation_unknown"));
}

TEST_CASE_FIXTURE(Checked,
                  "a server that is not there is 2, one that speaks something else 3, and one that asks is told") {
  {
    const Strange other([](tls::Socket& socket) { send_all(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
    const Ran ran = check({"localhost:" + other.port, "--connect", "127.0.0.1:" + other.port});
    CHECK(ran.status == 3);
    CHECK(has(ran.out, "error    handshake_failed"));
  }
  std::string port;
  {
    const RunningServer gone(serve());
    port = gone.port();
  }
  const Ran none = check({"localhost:" + port, "--connect", "127.0.0.1:" + port});
  CHECK(none.status == 2);
  CHECK(has(none.out, "error    unreachable"));
  const RunningServer demanding(serve({"--verify-client", "require", "--client-ca", root()}));
  const Ran asked =
      check({"localhost:" + demanding.port(), "--connect", "127.0.0.1:" + demanding.port(), "--ca", root()});
  CHECK(has(asked.out, "note     client_certificate_wanted"));
}

TEST_CASE_FIXTURE(Checked, "a client's chain has no name and no rules of browsers") {
  const Ran client = check({at("client-chain.pem"), at("client-key.pem"), "--ca", root(), "--client"});
  CHECK(client.status == 0);
  CHECK_FALSE(has(client.out, "ok       clients"));
  CHECK(check({at("client-chain.pem"), at("client-key.pem"), "--ca", root()}).status == 4);  // clientAuth alone
  const Ran revoked =
      check({at("client-chain.pem"), "--ca", root(), "--client", at("client-revoked-crl.pem"), "--only", "revoked"});
  CHECK(revoked.status == 4);
}
