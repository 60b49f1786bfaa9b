// sallyport server and client, over loopback: what they print, and how they end.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tools/place.h"

using namespace tls::test;

TEST_CASE_FIXTURE(Place, "client and server agree on the facts") {
  RunningServer server(serve({"--json", "--accept", "1", "--alpn", "h2,http/1.1"}));
  const Ran ran = connect(server, {"--ca", root(), "--get", "/", "--json", "--groups", "P-384", "--ciphers",
                                   "TLS_CHACHA20_POLY1305_SHA256", "--alpn", "http/1.1"});
  REQUIRE(ran.status == 0);
  const auto ours = nlohmann::json::parse(ran.out), theirs = nlohmann::json::parse(server.finish().out);
  CHECK(ours.at("version") == "TLS 1.3");
  CHECK(ours.at("suite") == "TLS_CHACHA20_POLY1305_SHA256");
  CHECK(ours.at("group") == "secp384r1");
  CHECK(ours.at("alpn") == "http/1.1");
  CHECK(ours.at("peer_certificate") == "CN=localhost");
  CHECK(ours.at("flights") == 3);
  for (const char* key : {"version", "suite", "group", "alpn", "server_name", "resumed"})
    CHECK(ours.at(key) == theirs.at(key));
  CHECK(ours.at("bytes_in") == theirs.at("bytes_out"));
}

TEST_CASE_FIXTURE(Place, "--get writes the body and nothing else to the standard output") {
  const RunningServer server(serve());
  const Ran json = connect(server, {"--ca", root(), "--get", "/json"});
  CHECK(json.status == 0);
  CHECK(nlohmann::json::parse(json.out).at("server_name") == "localhost");
  CHECK(has(connect(server, {"--ca", root(), "--get", "/"}).out, "<h1>Sallyport</h1>"));
}

TEST_CASE_FIXTURE(Place, "--root serves its folder, and nothing outside") {
  (void)folder.file("secret", "not yours");
  std::filesystem::create_directory(folder.path("www"));
  (void)folder.file("www/hello.txt", "hello");
  std::filesystem::create_symlink(folder.path("secret"), folder.path("www/link"));
  const RunningServer server(serve({"--root", folder.path("www")}));
  CHECK(connect(server, {"--ca", root(), "--get", "/hello.txt"}).out == "hello");
  for (const char* path : {"/../secret", "//../secret", "/link", "/nothing", "/www/../../secret"})
    CHECK_FALSE(has(connect(server, {"--ca", root(), "--get", path}).out, "not yours"));
}

TEST_CASE_FIXTURE(Place, "--echo and the relay of standard input; --send and its size") {
  {
    const RunningServer server(serve({"--echo"}));
    const std::string text(200000, 'e');
    const Ran ran = connect(server, {"--ca", root()}, text);
    CHECK(ran.status == 0);
    CHECK(ran.out == text);
  }
  const RunningServer server(serve({"--send", "1000001"}));
  CHECK(connect(server, {"--ca", root()}).out.size() == 1000001);
}

TEST_CASE_FIXTURE(Place, "status 4: the certificate is refused, and why") {
  const RunningServer server(serve());
  const Ran name = connect(server, {"--ca", root(), "--get", "/", "--servername", "other.example"});
  CHECK(name.status == 4);
  CHECK(has(name.err, "'other.example'"));
  CHECK(has(name.err, "localhost"));
  CHECK(has(name.err, "sent by us"));
  CHECK(has(name.err, "RFC 9525"));
  const TemporaryFolder other;
  REQUIRE(run_tool({"pki", other.path()}).status == 0);
  const Ran stranger = connect(server, {"--ca", other.path("root.pem"), "--get", "/"});
  CHECK(stranger.status == 4);
  CHECK(stranger.out.empty());
}

TEST_CASE_FIXTURE(Place, "status 3: alert and sender, rule, configuration and advice") {
  RunningServer server(serve({"--groups", "secp384r1", "--accept", "1"}));
  const Ran ran = connect(server, {"--ca", root(), "--get", "/", "--groups", "x25519"});
  CHECK(ran.status == 3);
  for (const char* words : {"handshake_failure", "sent by the peer", "rule", "RFC 9846", "x25519", "try", "--groups"})
    CHECK(has(ran.err, words));
  const Ran there = server.finish();
  CHECK(there.status == 3);
  for (const char* words : {"handshake_failure", "sent by us", "secp384r1"}) CHECK(has(there.err, words));
}

TEST_CASE_FIXTURE(Place, "status 2: files and sockets, each named") {
  const Ran refused = run_tool({"client", "127.0.0.1:1", "--ca", root(), "--get", "/"});
  CHECK(refused.status == 2);
  CHECK(has(refused.err, "refused"));
  const Ran missing = run_tool({"client", "localhost", "--ca", folder.path("nowhere"), "--get", "/"});
  CHECK(missing.status == 2);
  CHECK(has(missing.err, "nowhere"));
  Words mixed = {"server", "--cert", folder.path("ecdsa-p256-chain.pem"), "--key", folder.path("client-key.pem")};
  const Ran mismatched = run_tool(mixed);
  CHECK(mismatched.status == 2);
  CHECK(has(mismatched.err, "not that of the leaf"));
  CHECK(has(mismatched.err, "client-key.pem"));
  const Ran garbage = run_tool({"client", "localhost", "--ca", folder.file("garbage", "hello"), "--get", "/"});
  CHECK(garbage.status == 2);
  CHECK(has(garbage.err, "PEM"));
}

TEST_CASE_FIXTURE(Place, "status 1: options that make no sense") {
  const std::vector<Words> wrong = {{"server"},
                                    {"server", "--cert", root(), "--cert", root(), "--key", root()},
                                    {"server", "--verify-client", "sometimes"},
                                    {"client"},
                                    {"client", "localhost", "--ca", root(), "--ciphers", "NULL"},
                                    {"client", "localhost", "--ca", root(), "--groups", "p-1"},
                                    {"client", "localhost", "--ca", root(), "--min-version", "1.1"},
                                    {"client", "localhost", "--ca", root(), "--insecure"},
                                    {"client", "localhost", "--ca", root(), "--kernel", "none"}};
  for (const Words& words : wrong) {
    CAPTURE(words.back());
    const Ran ran = run_tool(words);
    CHECK(ran.status == 1);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, "--help"));
  }
}

TEST_CASE_FIXTURE(Place, "client certificates are asked for, demanded and verified") {
  const Words demand = {"--verify-client", "require", "--client-ca", root(), "--json"};
  const RunningServer server(serve(demand));
  CHECK(connect(server, {"--ca", root(), "--get", "/"}).status != 0);
  Words with = credential("client");
  with.insert(with.end(), {"--ca", root(), "--get", "/json"});
  const Ran ran = connect(server, with);
  REQUIRE(ran.status == 0);
  CHECK(nlohmann::json::parse(ran.out).at("peer_certificate") == "CN=Sallyport Test Client");
}

TEST_CASE_FIXTURE(Place, "--insecure says so, --keylog writes secrets for their owner, --reconnect connects again") {
  const RunningServer server(serve());
  const std::string log = folder.path("keys.log");
  const Ran ran = connect(server, {"--insecure", "--get", "/", "--keylog", log, "--reconnect", "2", "--json"});
  CHECK(ran.status == 0);
  CHECK(has(ran.err, "NOT verified"));
  CHECK(nlohmann::json::parse(ran.out).size() == 3);
  CHECK(has(slurp(log), "CLIENT_TRAFFIC_SECRET_0 "));
  struct stat facts{};
  REQUIRE(::stat(log.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("bench reports figures as JSON") {
  const Ran ran = run_tool({"bench", "aead", "--seconds", "0.005", "--size", "64", "--json"});
  REQUIRE(ran.status == 0);
  const auto json = nlohmann::json::parse(ran.out);
  CHECK(json.at("bench") == "aead");
  REQUIRE(json.at("results").size() >= 6);
  for (const auto& row : json.at("results")) {
    CHECK(row.at("best") >= row.at("median"));
    CHECK(row.at("median") > 0);
  }
}
