// HTTP over our own client and server, as far as a script sees it; and what goes wrong around a connection.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tools/place.h"

using namespace tls::test;

TEST_CASE_FIXTURE(Place, "status 5: an HTTP error is named, and its page is not taken for what was asked for") {
  const RunningServer server(serve());
  const Ran missing = connect(server, {"--ca", root(), "--get", "/nothing"});
  CHECK(missing.status == 5);
  CHECK(missing.out.empty());
  CHECK(has(missing.err, "GET /nothing: the server answered 404 Not Found"));
  const Ran json = connect(server, {"--ca", root(), "--get", "/nothing", "--json"});
  CHECK(json.status == 5);
  CHECK(nlohmann::json::parse(json.out).at("http_status") == 404);
  const Ran twice = connect(server, {"--ca", root(), "--get", "/nothing", "--json", "--reconnect", "1"});
  CHECK(twice.status == 5);
  CHECK(nlohmann::json::parse(twice.out).size() == 2);
  const Ran there = connect(server, {"--ca", root(), "--get", "/json", "--json"});
  CHECK(there.status == 0);
  CHECK(nlohmann::json::parse(there.out).at("http_status") == 200);
}

TEST_CASE_FIXTURE(Place, "--error-body: the page of an error on request, and still status 5") {
  const RunningServer server(serve());
  const Ran page = connect(server, {"--ca", root(), "--get", "/nothing", "--error-body"});
  CHECK(page.status == 5);
  CHECK(has(page.out, "<p>"));
  CHECK(connect(server, {"--ca", root(), "--error-body"}).status == 1);  // of --get
}

TEST_CASE_FIXTURE(Place, "status 2: a server that answers --get with something else than HTTP") {
  const RunningServer server(serve({"--send", "100"}));
  const Ran ran = connect(server, {"--ca", root(), "--get", "/"});
  CHECK(ran.status == 2);
  CHECK(has(ran.err, "not an HTTP/1.1 response"));
}

TEST_CASE_FIXTURE(Place,
                  "--keylog: a file that cannot be opened ends the program, one that fills up is a warning, once") {
  for (const Words& words : {Words{"client", "localhost", "--ca", root()}, serve()}) {
    Words all = words;
    if (words[0] != "client") all.insert(all.begin(), "server");
    all.insert(all.end(), {"--keylog", folder.path("no/such/folder")});
    const Ran ran = run_tool(all);
    CHECK(ran.status == 2);
    CHECK(has(ran.err, "--keylog '" + folder.path("no/such/folder") + "'"));
    CHECK(has(ran.err, "No such file or directory"));
  }
  const RunningServer server(serve());
  const Ran full = connect(server, {"--ca", root(), "--get", "/json", "--keylog", "/dev/full", "--reconnect", "1"});
  CHECK(full.status == 0);
  const std::size_t warning = full.err.find("WARNING: --keylog '/dev/full'");
  REQUIRE(warning != std::string::npos);
  CHECK(has(full.err, "No space left on device"));
  CHECK(full.err.find("WARNING", warning + 1) == std::string::npos);
}

TEST_CASE_FIXTURE(Place, "a connection that is not made names host, port, why and what to do") {
  std::string port;
  {
    const RunningServer gone(serve());
    port = gone.port();
  }
  const Ran refused = run_tool({"client", "127.0.0.1:" + port, "--ca", root(), "--get", "/"});
  CHECK(refused.status == 2);
  CHECK(has(refused.err, "127.0.0.1:" + port));
  CHECK(has(refused.err, "Connection refused"));
  CHECK(has(refused.err, "is the server running"));
  const Ran nameless = run_tool({"client", "no..name:4433", "--ca", root(), "--get", "/"});
  CHECK(nameless.status == 2);
  CHECK(has(nameless.err, "'no..name', port 4433"));
  const Ran named = run_tool({"server", "--listen", "localhost:0", "--cert", folder.path("ecdsa-p256-chain.pem"),
                              "--key", folder.path("ecdsa-p256-key.pem")});
  CHECK(named.status == 2);
  CHECK(has(named.err, "give an address of this machine"));
}

TEST_CASE_FIXTURE(Place, "a failure behind the handshake's first byte names the peer, too") {
  const RunningServer server(serve());
  const Ran ran = connect(server, {"--ca", root(), "--get", "/", "--servername", "other.example"});
  CHECK(has(ran.err, "\n  peer        127.0.0.1:" + server.port() + "\n"));
}

TEST_CASE_FIXTURE(Place, "early data without TLS 1.3 is one clear error on both sides") {
  Words there = serve({"--early-data", "1024", "--max-version", "1.2"});
  there.insert(there.begin(), "server");
  for (const Words& words : {there, Words{"client", "localhost", "--ca", root(), "--early-data",
                                          folder.file("request", "GET /"), "--max-version", "1.2"}}) {
    const Ran ran = run_tool(words);
    CHECK(ran.status == 1);
    CHECK(has(ran.err, "--early-data is for TLS 1.3, which --max-version 1.2 rules out"));
  }
}

TEST_CASE_FIXTURE(Place, "--staple is given to clients that ask, for the certificate of its place") {
  Words two = credential("ed25519");
  const Words second = credential("ecdsa-p256");
  two.insert(two.end(), second.begin(), second.end());
  two.insert(two.end(), {"--staple", folder.path("ed25519-ocsp-good.der")});
  const RunningServer server(two);
  const auto ocsp = [&](const std::string& scheme) {
    const Ran ran = connect(server, {"--ca", root(), "--get", "/json", "--json", "--sigalgs",
                                     scheme + ",ecdsa_secp384r1_sha384,ecdsa_secp256r1_sha256"});
    REQUIRE(ran.status == 0);
    const auto facts = nlohmann::json::parse(ran.out);
    CHECK(facts.at("signature_scheme") == scheme);
    return facts.at("ocsp").get<std::string>();
  };
  CHECK(ocsp("ed25519") == "good");
  Words without = serve();
  const RunningServer plain(without);
  const Ran ran = connect(plain, {"--ca", root(), "--get", "/json", "--json"});
  CHECK(nlohmann::json::parse(ran.out).at("ocsp") == "none");
}

TEST_CASE_FIXTURE(Place, "a staple is judged: revoked, ignored, missing where it is required") {
  const auto facts_with = [&](const Words& server_more, const Words& client_more) {
    const RunningServer server(serve(server_more));
    Words all = {"--ca", root(), "--get", "/json", "--json"};
    all.insert(all.end(), client_more.begin(), client_more.end());
    return connect(server, all);
  };
  const Words good = {"--staple", folder.path("ecdsa-p256-ocsp-good.der")};
  const Words revoked = {"--staple", folder.path("ecdsa-p256-ocsp-revoked.der")};
  for (const char* version : {"1.2", "1.3"}) {
    const Words at = {"--max-version", version};
    const auto plus = [&](const char* policy) { return Words{"--max-version", version, "--staples", policy}; };
    const Ran fine = facts_with(good, plus("require"));
    REQUIRE_MESSAGE(fine.status == 0, fine.err);
    CHECK_FALSE(nlohmann::json::parse(fine.out).at("ocsp_next_update").is_null());
    const Ran bad = facts_with(revoked, at);
    CHECK(bad.status == 4);
    CHECK(has(bad.err, "was revoked at"));
    CHECK(facts_with(revoked, plus("ignore")).status == 0);
    CHECK(facts_with({}, at).status == 0);
    const Ran missing = facts_with({}, plus("require"));
    CHECK(missing.status == 4);
    CHECK(has(missing.err, "no OCSP response is stapled"));
  }
}

TEST_CASE_FIXTURE(Place, "a --staple that is none, of another certificate, or one too many, is refused at the start") {
  const auto run = [&](const Words& more) {
    Words words = serve(more);
    words.insert(words.begin(), "server");
    return run_tool(words);
  };
  const Ran garbage = run({"--staple", root()});
  CHECK(garbage.status == 2);
  CHECK(has(garbage.err, "not a successful OCSP response"));
  // OCSPResponse { tryLater(3) }: a responder's refusal.
  CHECK(run({"--staple", folder.file("later", std::string("\x30\x03\x0A\x01\x03", 5))}).status == 2);
  const Ran other = run({"--staple", folder.path("ecdsa-p384-ocsp-good.der")});
  CHECK(other.status == 2);
  CHECK(has(other.err,
            "ecdsa-p384-ocsp-good.der': the OCSP response for 'CN=localhost' tells of other certificates only"));
  const std::string good = folder.path("ecdsa-p256-ocsp-good.der");
  const Ran many = run({"--staple", good, "--staple", good});
  CHECK(many.status == 1);
  CHECK(has(many.err, "2 and 1"));
}
