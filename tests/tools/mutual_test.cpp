// Client certificates and resumption between processes: servers that share a file of ticket keys and nothing else know
// whom a session belongs to, and when it ends.
#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "factory/certificates.h"
#include "support/time_scale.h"
#include "tools/place.h"

using namespace tls::test;
using nlohmann::json;

namespace {

std::int64_t now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

struct Way {
  const char* version;
  const char* resumed;  ///< the tool's word
  bool shared;          ///< by another process, too
};
constexpr Way kWays[] = {{"1.2", "session-id", false}, {"1.2", "ticket", true}, {"1.3", "psk", true}};

/// Servers that demand certificates under the Place's root, or another, and clients that keep their sessions in a file.
struct Mutual : Place {
  std::string master = folder.file("master", std::string("0123456789abcdef0123456789abcdef"));

  [[nodiscard]] Words server(const Way& way, const std::string& client_ca, int connections) const {
    Words out = serve({"--json", "--verify-client", "require", "--client-ca", client_ca, "--accept",
                       std::to_string(connections), "--max-version", way.version});
    if (way.shared)
      out.insert(out.end(), {"--session-cache", "0", "--ticket-master", master});
    else
      out.insert(out.end(), {"--tickets", "off"});
    return out;
  }
  [[nodiscard]] Ran come(const RunningServer& to, const Words& credential, const std::string& session) const {
    Words more = {"--ca", root(), "--get", "/", "--json", "--session", session};
    more.insert(more.end(), credential.begin(), credential.end());
    return connect(to, more);
  }
};

std::vector<json> lines(const Ran& ran) {
  std::vector<json> out;
  std::istringstream text(ran.out);
  for (std::string line; std::getline(text, line);) out.push_back(json::parse(line));
  return out;
}

}  // namespace

TEST_CASE_FIXTURE(Mutual, "a resumed connection names the client, at the server of the first and at another process") {
  const Words client = {"--cert", folder.path("client-chain.pem"), "--key", folder.path("client-key.pem")};
  for (const Way& way : kWays) {
    CAPTURE(way.resumed);
    const std::string session = folder.path(std::string("session-") + way.resumed);
    RunningServer a(server(way, root(), way.shared ? 2 : 3)), b(server(way, root(), 1));
    for (int i = 0; i < 3; ++i) {
      const Ran ran = come(i < 2 || !way.shared ? a : b, client, session);
      REQUIRE_MESSAGE(ran.status == 0, ran.err);
      CHECK(json::parse(ran.out).at("resumed") == (i == 0 ? "no" : way.resumed));
    }
    std::vector<json> told = lines(a.finish());
    if (way.shared) {
      const std::vector<json> there = lines(b.finish());
      told.insert(told.end(), there.begin(), there.end());
    }
    REQUIRE(told.size() == 3);
    for (const json& one : told) CHECK(one.at("peer_certificate") == told[0].at("peer_certificate"));
    CHECK(told[0].at("peer_certificate") != nullptr);
    CHECK(told[0].at("peer_identity") == "chain");
    CHECK(told[0].at("resumed") == "no");
    for (int i = 1; i < 3; ++i) {
      CHECK(told[static_cast<std::size_t>(i)].at("resumed") == way.resumed);
      CHECK(told[static_cast<std::size_t>(i)].at("peer_identity") == (way.shared ? "leaf" : "chain"));
    }
  }
}

TEST_CASE_FIXTURE(Mutual, "a client's certificate that expires in between ends its session, at whatever process") {
  const auto authority = sallyport::self_signed(sallyport::authority("Short Lives"),
                                                sallyport::Key::generate(sallyport::KeyType::ecdsa_p256));
  const std::string ca = folder.file("short.pem", authority.pem());
  const auto key = sallyport::Key::generate(sallyport::KeyType::ecdsa_p256);
  bool in_time = false;
  const std::int64_t scale = time_scale();
  for (std::int64_t life = 4 * scale; !in_time && life <= 64 * scale; life *= 2) {  // longer where the machine is slow
    auto spec = sallyport::client_leaf("mayfly");
    spec.not_before = now() - 3600;
    spec.not_after = now() + life;
    const auto mayfly = sallyport::issue(authority, spec, key);
    const Words client = {"--cert", folder.file("mayfly.pem", mayfly.pem()), "--key",
                          folder.file("mayfly-key.pem", mayfly.key_pem())};
    std::vector<std::unique_ptr<RunningServer>> first, second;
    const auto session = [&](const Way& way) { return folder.path(way.resumed + std::to_string(life)); };
    for (const Way& way : kWays) {
      first.push_back(std::make_unique<RunningServer>(server(way, ca, way.shared ? 2 : 3)));
      second.push_back(std::make_unique<RunningServer>(server(way, ca, 1)));
    }
    in_time = true;
    for (std::size_t i = 0; i < std::size(kWays); ++i)
      for (const char* resumed : {"no", kWays[i].resumed}) {
        const Ran ran = come(*first[i], client, session(kWays[i]));
        if (now() >= spec.not_after) in_time = false;
        if (!in_time) break;
        REQUIRE_MESSAGE(ran.status == 0, ran.err);
        CHECK(json::parse(ran.out).at("resumed") == resumed);
      }
    if (!in_time) continue;
    while (now() <= spec.not_after) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (std::size_t i = 0; i < std::size(kWays); ++i) {
      CAPTURE(kWays[i].resumed);
      RunningServer& to = kWays[i].shared ? *second[i] : *first[i];
      CHECK(come(to, client, session(kWays[i])).status != 0);
      const auto told = lines(to.finish());
      REQUIRE_FALSE(told.empty());
      CHECK(told.back().value("error", "") == "certificate_expired");
    }
  }
  REQUIRE_MESSAGE(in_time, "six handshakes within a minute");
}

TEST_CASE_FIXTURE(Mutual, "a client's certificate that a CRL revokes in between ends its session, at another process") {
  const Words client = {"--cert", folder.path("client-chain.pem"), "--key", folder.path("client-key.pem")};
  for (const Way& way : kWays) {
    if (!way.shared) continue;
    CAPTURE(way.resumed);
    const auto with = [&](const char* crl, int connections) {
      Words words = server(way, root(), connections);
      words.insert(words.end(), {"--crl", folder.path(crl)});
      return words;
    };
    const std::string session = folder.path(std::string("revoked-") + way.resumed);
    RunningServer before(with("intermediate-crl.pem", 2)), after(with("client-revoked-crl.pem", 1));
    for (int i = 0; i < 2; ++i) {
      const Ran ran = come(before, client, session);
      REQUIRE_MESSAGE(ran.status == 0, ran.err);
      CHECK(json::parse(ran.out).at("resumed") == (i == 0 ? "no" : way.resumed));
    }
    CHECK(come(after, client, session).status != 0);
    const std::vector<json> told = lines(before.finish()), then = lines(after.finish());
    REQUIRE(told.size() == 2);
    CHECK(told[0].at("crl_until").is_string());
    CHECK(told[1].at("crl_until").is_null());  // resumed: the CRL was asked about the session, not about a chain
    REQUIRE(then.size() == 1);
    CHECK(then[0].at("error") == "certificate_revoked");
  }
}
