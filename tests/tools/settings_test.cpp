// Every setting of the library can be set by an option of the tool, or it is said here why not.
#include "cli/settings.h"

#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "factory/certificates.h"
#include "support/places.h"
#include "tools/place.h"

using namespace tls::test;

namespace {

/// Setters whose options have names of their own; empty: there is none, for the reason behind it.
const std::map<std::string, std::string> kOther = {
    {"versions", "--min-version"},
    {"cipher_suites", "--ciphers"},
    {"signature_schemes", "--sigalgs"},
    {"key_log", "--keylog"},
    {"force_kernel", "--kernel"},
    {"external_psks", "--psk"},
    {"trust", "--ca"},
    {"credentials", "--cert"},
    {"sessions", "--session"},
    {"client_auth", "--verify-client"},
    {"new_tickets", "--num-tickets"},
    {"random", ""},        // the operating system's: another one is for tests
    {"clock", ""},         // likewise
    {"session_data", ""},  // an application's own notes
};

/// The setters of one class of include/tls/config.h.
std::set<std::string> setters(const std::string& header, const std::string& from, const std::string& to) {
  const std::size_t begin = header.find(from), end = header.find(to, begin);
  REQUIRE(begin != std::string::npos);
  const std::string text = header.substr(begin, end - begin);
  const std::regex setter("Builder& ([a-z_0-9]+)\\(");
  std::set<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), setter), none; at != none; ++at) out.insert((*at)[1]);
  return out;
}

std::string option_of(std::string setter) {
  if (const auto other = kOther.find(setter); other != kOther.end()) return other->second;
  std::replace(setter.begin(), setter.end(), '_', '-');
  return "--" + setter;
}

}  // namespace

TEST_CASE("each setter of the builders has its option") {
  const std::string header = slurp(tls::test::source_dir() / "include/tls/config.h");
  const auto common = setters(header, "class CommonBuilder", "class ClientConfig");
  const auto client = setters(header, "class ClientConfig::Builder", "class ServerConfig {");
  const auto server = setters(header, "class ServerConfig::Builder", "}  // namespace tls");
  REQUIRE(common.size() >= 15);
  REQUIRE(client.size() >= 15);
  REQUIRE(server.size() >= 12);
  for (const auto& [command, own] : {std::pair{"client", client}, std::pair{"server", server}}) {
    const std::string help = run_tool({command, "--help"}).out;
    for (const auto* list : {&common, &own})
      for (const std::string& setter : *list) {
        const std::string option = option_of(setter);
        CAPTURE(command);
        CAPTURE(setter);
        CHECK((option.empty() || help.find("\n  " + option + " ") != std::string::npos));
      }
  }
}

TEST_CASE_FIXTURE(Place, "what is set is what the other side sees") {
  const RunningServer server(serve({"--record-size-limit", "2000"}));
  const auto facts = [&](const Words& more) {
    Words all = {"--ca", root(), "--get", "/json", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    const Ran ran = connect(server, all);
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    return nlohmann::json::parse(ran.out);
  };
  CHECK(facts({}).at("peer_record_size_limit").is_null());
  CHECK(facts({"--record-size-limit", "1000"}).at("peer_record_size_limit") == 2000);
  CHECK(facts({}).at("hello_retry") == false);
  CHECK(facts({"--key-shares", "none"}).at("hello_retry") == true);
  CHECK(facts({"--key-shares", "secp256r1"}).at("group") == "secp256r1");
  const auto larger = facts({"--padding", "4096"});
  CHECK(larger.at("bytes_out") > facts({}).at("bytes_out").get<int>() + 3000);
  const auto tls12 = facts({"--max-version", "1.2", "--fallback-scsv", "off", "--renegotiation-info", "if-offered"});
  CHECK(tls12.at("extended_main_secret") == true);
}

TEST_CASE_FIXTURE(Place, "--fallback-scsv: a server with a newer version refuses, and says so; the client knows why") {
  RunningServer server(serve({"--accept", "1"}));
  const Ran ran = connect(server, {"--ca", root(), "--get", "/", "--max-version", "1.2", "--fallback-scsv", "on"});
  CHECK(ran.status == 3);
  CHECK(has(ran.err, "inappropriate_fallback, sent by the peer"));
  CHECK(has(ran.err, "leave --fallback-scsv and --max-version out"));
  CHECK(has(server.finish().err, "the client fell back below TLS 1.3"));
}

TEST_CASE_FIXTURE(Place, "--psk: both sides know each other by it, and by nothing else that differs") {
  const std::string key = folder.file("psk", "00112233445566778899aabbccddeeff\n0123456789ABCDEF 0123456789abcdef\n");
  const std::string other = folder.file("other", "ffeeddccbbaa99887766554433221100");
  const RunningServer server(serve({"--psk", "alice=" + key}));
  const auto facts = [&](const Words& more) {
    Words all = {"--ca", root(), "--get", "/json", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return connect(server, all);
  };
  const Ran same = facts({"--psk", "alice=" + key});
  REQUIRE_MESSAGE(same.status == 0, same.err);
  const auto json = nlohmann::json::parse(same.out);
  CHECK(json.at("resumed") == "psk");
  CHECK(json.at("peer_certificate").is_null());
  // An identity that nobody knows, and one that is imported in another way, make a handshake with a certificate.
  for (const Words& more : {Words{"--psk", "bob=" + key}, Words{"--psk", "alice=" + key, "--psk-context", "x"},
                            Words{"--psk", "alice=" + key, "--psk-import", "off"}}) {
    const Ran full = facts(more);
    REQUIRE_MESSAGE(full.status == 0, full.err);
    CHECK(nlohmann::json::parse(full.out).at("resumed") == "no");
  }
  const Ran wrong = facts({"--psk", "alice=" + other});
  CHECK(wrong.status == 3);
  CHECK(has(wrong.err, "both sides need the same identity, key"));
}

TEST_CASE_FIXTURE(Place, "values that cannot be are refused with what can be") {
  const std::string key = folder.file("short", "001122");
  const std::vector<std::pair<Words, std::string>> rows = {
      {{"--record-size-limit", "63"}, "63"},
      {{"--padding", "16385"}, "16385"},
      {{"--extended-main-secret", "never"}, "always"},
      {{"--grease", "yes"}, "on"},
      {{"--ticket-request", "1"}, "NEW,RESUMED"},
      {{"--ticket-request", "1,256"}, "0 to 255"},
      {{"--key-shares", "p-1"}, "x25519"},
      {{"--key-shares", "secp521r1"}, "secp521r1"},
      {{"--psk", "alice"}, "IDENTITY=FILE"},
      {{"--psk", "alice=" + key}, "at least 16"},
      {{"--psk", "alice=" + folder.file("words", "not hexadecimal")}, "hexadecimal"},
      {{"--psk-hash", "sha384"}, "needs --psk"},
  };
  for (const auto& [more, words] : rows) {
    CAPTURE(more[0]);
    Words all = {"client", "localhost", "--ca", root()};
    all.insert(all.end(), more.begin(), more.end());
    const Ran ran = run_tool(all);
    CHECK(ran.status == 1);
    CHECK_MESSAGE(has(ran.err, words), ran.err);
  }
  Words retry = serve({"--always-retry", "on", "--retry-cookie", "off"});
  retry.insert(retry.begin(), "server");
  const Ran ran = run_tool(retry);
  CHECK(ran.status == 1);
  CHECK(has(ran.err, "retry_cookie is --retry-cookie"));
}

TEST_CASE_FIXTURE(Place, "--client-authorities names whom the server accepts, and --authorities-bind heeds it") {
  const std::string other =
      folder.file("other.pem", sallyport::self_signed(sallyport::authority("Somebody Else"),
                                                      sallyport::Key::generate(sallyport::KeyType::ecdsa_p256))
                                   .pem());
  Words with = credential("client");
  with.insert(with.end(), {"--ca", root(), "--get", "/json", "--json", "--authorities-bind", "on"});
  const auto sent = [&](const std::string& authorities) {
    const RunningServer server(
        serve({"--verify-client", "request", "--client-ca", root(), "--client-authorities", authorities}));
    const Ran ran = connect(server, with);
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    return nlohmann::json::parse(ran.out).at("client_certificate").get<std::string>();
  };
  CHECK(sent(root()) == "sent");
  CHECK(sent(other) == "empty");
}
