// LiveServerConfig by itself, and who would still be let in.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "handshake/settings.h"
#include "live/service.h"

using namespace tls;
using namespace tls::test;

namespace {

const Service& service() {
  static const Service one;
  return one;
}

ServerConfig::Builder server(std::uint64_t generation = 1) {
  auto builder = ServerConfig::builder();
  service().apply(generation, builder);
  return builder;
}
ServerConfig built(ServerConfig::Builder builder) { return expect(builder.build(), "a server"); }

/// A server's facts of a client that has met `config`.
ConnectionInfo met(const ServerConfig& config, const ClientConfig& client) {
  Meeting m = Meeting::between(client, ServerConnection::start(config));
  REQUIRE(m.connected());
  return m.server.info();
}
std::string verdict(const ConnectionInfo& info, const ServerConfig& config) {
  const auto answer = review_client(info, config);
  if (!answer) return "later";
  return *answer ? "stays" : std::string(facts(answer->error().code()).name);
}

}  // namespace

TEST_CASE("live: the configuration that is current when the ClientHello is there is the connection's, to its end") {
  const auto live = std::make_shared<LiveServerConfig>(built(server(1)));
  CHECK(live->generation() == 1);
  const auto client = expect(service().client_config(ProtocolVersion::tls13, service().client(0)).build(), "a client");
  ServerConnection waiting = ServerConnection::start(live);
  CHECK(live->replace(built(server(2))) == 2);
  CHECK(live->generation() == 2);
  const Meeting m = Meeting::between(client, std::move(waiting));
  REQUIRE(m.connected());
  CHECK(Service::mark_of(m.client->info()) == 2);
  CHECK(live->current().share() != nullptr);
}

TEST_CASE("live: a change that fails changes nothing, nor does one that throws; none is lost to another") {
  LiveServerConfig live(built(server(1)));
  const auto before = live.current().share();
  CHECK_FALSE(live.update([](const ServerConfig&) -> Result<ServerConfig> { return fail(Code::bad_config); }));
  CHECK_THROWS_AS(
      (void)live.update([](const ServerConfig&) -> Result<ServerConfig> { throw std::runtime_error("no"); }),
      std::runtime_error);
  CHECK(live.generation() == 1);
  CHECK(live.current().share() == before);
  // Each adds a protocol to those that are there.
  constexpr int kThreads = 4, kEach = 25;
  std::atomic<int> next = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i)
          (void)live.update([&](const ServerConfig& now) {
            const auto size = static_cast<std::uint8_t>(now.rebuild().build()->settings().ticket_certificate % 251 + 1);
            ++next;
            return now.rebuild().ticket_certificate(size).build();
          });
      });
  }
  CHECK(next == kThreads * kEach);
  CHECK(live.generation() == 1 + kThreads * kEach);
}

TEST_CASE("live: what was replaced goes with its last connection, and at once where there is none") {
  LiveServerConfig live(built(server(1)));
  std::weak_ptr<const ServerSettings> first = live.current().share();
  auto connection = std::make_unique<ServerConnection>(ServerConnection::start(live.current()));
  live.replace(built(server(2)));
  CHECK_FALSE(first.expired());
  connection.reset();
  CHECK(first.expired());
  const std::weak_ptr<const ServerSettings> second = live.current().share();
  live.replace(built(server(3)));
  CHECK(second.expired());
}

TEST_CASE("rebuild: what is not set again is as it was, on both sides") {
  const auto config = built(
      server(1).alpn({"h2"}).session_context("a service").versions(ProtocolVersion::tls13, ProtocolVersion::tls13));
  auto again = config.rebuild();
  const auto other = built(again.alpn({"http/1.1"}));
  CHECK(other.settings().alpn == std::vector<std::string>{"http/1.1"});
  CHECK(other.settings().session_context == "a service");
  CHECK(other.settings().min_version == ProtocolVersion::tls13);
  CHECK(other.settings().credentials == config.settings().credentials);
  CHECK(other.settings().session_policy13 == config.settings().session_policy13);
  CHECK(config.settings().alpn == std::vector<std::string>{"h2"});

  const auto client = expect(service().client_config(ProtocolVersion::tls12, service().client(0)).build(), "a client");
  const auto changed = expect(client.rebuild().alpn({"h2"}).build(), "a client");
  CHECK(changed.settings().alpn == std::vector<std::string>{"h2"});
  CHECK(changed.settings().max_version == ProtocolVersion::tls12);
  CHECK(changed.settings().session_configuration == client.settings().session_configuration);
}

TEST_CASE("review: who would be let in stays, and who would not does not, with the code of a handshake") {
  const auto both = service().clients_of({0, 1});
  const auto config = built(server().client_auth(ClientAuth::request, both));
  const auto known = expect(service().client_config(ProtocolVersion::tls13, service().client(1)).build(), "a client");
  const auto stranger =
      expect(service().client_config(ProtocolVersion::tls13, service().client(1)).credentials(nullptr).build(),
             "a client without a certificate");
  const ConnectionInfo with = met(config, known), without = met(config, stranger);
  REQUIRE(with.peer_identity == PeerIdentity::chain);
  REQUIRE(without.peer_identity == PeerIdentity::none);
  CHECK(verdict(with, config) == "stays");
  CHECK(verdict(without, config) == "stays");
  const auto only_0 = built(config.rebuild().client_auth(ClientAuth::require, service().clients_of({0})));
  CHECK(verdict(with, only_0) == "unknown_ca");
  CHECK(verdict(without, only_0) == "client_certificate_required");
  CHECK(review_client(with, only_0)->error().alert() == Alert::unknown_ca);
  const auto nobody_asked = built(config.rebuild().client_auth(ClientAuth::none, nullptr));
  CHECK(verdict(with, nobody_asked) == "stays");
  CHECK(verdict(without, nobody_asked) == "stays");
}

TEST_CASE("review: of a resumed connection what its session kept is judged: the leaf, or nothing of a summary") {
  const auto config = built(server().client_auth(ClientAuth::require, service().clients_of({0, 1})));
  const auto client = expect(service().client_config(ProtocolVersion::tls13, service().client(1)).build(), "a client");
  ConnectionInfo info = met(config, client);
  info.peer_identity = PeerIdentity::leaf;
  CHECK(verdict(info, config) == "stays");
  info.peer_identity = PeerIdentity::summary;
  info.peer_certificates = {};
  CHECK(verdict(info, config) == "certificate_refused");
}

TEST_CASE("review: an external PSK has to be there still") {
  ExternalPsk psk;
  psk.identity = {1, 2, 3};
  std::ranges::fill(psk.key.fill(32), std::uint8_t{7});
  const auto shared = std::make_shared<const ExternalPsk>(std::move(psk));
  const auto config = built(server().external_psks({shared}));
  const auto client = expect(
      service().client_config(ProtocolVersion::tls13, service().client(0)).external_psks({shared}).build(), "a client");
  const ConnectionInfo info = met(config, client);
  REQUIRE_FALSE(info.external_psk.empty());
  CHECK(verdict(info, config) == "stays");
  CHECK(verdict(info, built(config.rebuild().external_psks({}))) == "unknown_psk_identity");
  // The identity decides: of the key nothing is kept.
  ExternalPsk renewed;
  renewed.identity = {1, 2, 3};
  std::ranges::fill(renewed.key.fill(32), std::uint8_t{8});
  CHECK(verdict(info, built(config.rebuild().external_psks(
                          {std::make_shared<const ExternalPsk>(std::move(renewed))}))) == "stays");
  // Where certificates are required a handshake takes no external PSK, and none that was taken stays.
  const auto both = service().clients_of({0, 1});
  CHECK(verdict(info, built(config.rebuild().client_auth(ClientAuth::request, both))) == "stays");
  const auto strict = built(config.rebuild().client_auth(ClientAuth::require, both));
  CHECK(verdict(info, strict) == "client_certificate_required");
  CHECK(met(strict, client).external_psk.empty());
}
