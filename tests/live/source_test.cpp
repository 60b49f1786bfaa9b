// A configuration that is chosen by ClientHello.
#include <doctest/doctest.h>

#include <new>

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
ClientConfig client(ProtocolVersion version = ProtocolVersion::tls13) {
  return expect(service().client_config(version, service().client(0)).build(), "a client");
}

/// Gives the first configuration, then the second; notes what it was asked.
struct Counting final : ServerConfigSource {
  ServerConfig first = built(server(1)), second = built(server(2));
  bool later = false;
  mutable std::vector<ConfigRequest> asked;
  Answer<ServerConfig> choose(const ConfigRequest& request) const override {
    asked.push_back(request);
    if (later) return std::nullopt;
    return asked.size() == 1 ? first : second;
  }
};

/// A server whose source answers later, with a ClientHello in front of it.
struct Waiting {
  std::shared_ptr<Counting> source = std::make_shared<Counting>();
  Output to_server, out;
  std::optional<ClientConnection> peer;
  std::optional<ServerConnection> connection;
  std::vector<std::uint8_t> in;
  OperationId id{};
  Waiting() {
    source->later = true;
    peer = expect(ClientConnection::start(client(), "example.com", to_server), "a client");
    in.assign(to_server.bytes().begin(), to_server.bytes().end());
    connection = ServerConnection::start(source, {.peer_address = "192.0.2.1:50000"});
    Step step = connection->step(in, out);
    REQUIRE(step.consumed == in.size());
    REQUIRE(std::holds_alternative<Await>(step.event));
    id = std::get<Await>(step.event).id;
  }
  [[nodiscard]] Event next() { return connection->step({}, out).event; }
};

}  // namespace

TEST_CASE("a source is asked once, and what it gave holds to the end: a HelloRetryRequest changes nothing") {
  for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
    const auto source = std::make_shared<Counting>();
    source->first = built(source->first.rebuild().groups({NamedGroup::secp384r1}));
    const Meeting m =
        Meeting::between(client(version), ServerConnection::start(source, {.peer_address = "192.0.2.1:50000"}));
    REQUIRE(m.connected());
    CHECK(m.client->info().hello_retry == (version == ProtocolVersion::tls13));
    CHECK(Service::mark_of(m.client->info()) == 1);
    REQUIRE(source->asked.size() == 1);
    CHECK(source->asked[0].peer_address == "192.0.2.1:50000");
    CHECK(source->asked[0].hello.server_name == "example.com");
    CHECK(source->asked[0].hello.versions == std::vector{version});
  }
}

TEST_CASE("a source that answers later: the operation has the facts, and the handshake goes on with the answer") {
  Waiting w;
  REQUIRE(w.connection->pending() != nullptr);
  const auto& request = std::get<ConfigRequest>(*w.connection->pending());
  CHECK(request.hello.server_name == "example.com");
  CHECK(request.peer_address == "192.0.2.1:50000");
  CHECK(w.out.empty());
  CHECK_FALSE(w.connection->may_send());
  std::vector<std::uint8_t> more = {22, 3, 3, 0, 1, 0};
  CHECK(w.connection->step(more, w.out).consumed == 0);  // nothing is looked at meanwhile
  REQUIRE(w.connection->complete(w.id, Result<ServerConfig>(w.source->second), w.out));
  CHECK(std::holds_alternative<NeedInput>(w.next()));
  std::vector<std::uint8_t> flight(w.out.bytes().begin(), w.out.bytes().end());
  Output out;
  std::size_t used = 0;
  bool done = false;
  while (used < flight.size()) {
    const Step step = w.peer->step(MutableBytes(flight).subspan(used), out);
    used += step.consumed;
    done |= std::holds_alternative<HandshakeDone>(step.event);
    REQUIRE_FALSE(std::holds_alternative<Failed>(step.event));
    if (std::holds_alternative<NeedInput>(step.event)) break;
  }
  CHECK(done);
  CHECK(Service::mark_of(w.peer->info()) == 2);
}

TEST_CASE("an answer of another kind, an Error and an exception fail the connection, and the client is told") {
  {
    Waiting w;
    CHECK(w.connection->complete(w.id, Result<CredentialPtr>(nullptr), w.out).error().code() == Code::operation_failed);
    CHECK(std::holds_alternative<Failed>(w.next()));
  }
  {
    Waiting w;
    const auto refused =
        w.connection->complete(w.id, Result<ServerConfig>(std::unexpected(Error(Code::unrecognized_name))), w.out);
    CHECK(refused.error().code() == Code::unrecognized_name);
    CHECK(std::get<Failed>(w.next()).error.alert() == Alert::unrecognized_name);
    CHECK(w.connection->info().refused_offer != nullptr);
    CHECK(w.out.bytes().back() == static_cast<std::uint8_t>(Alert::unrecognized_name));
  }
  struct Row {
    std::function<Answer<ServerConfig>(const ConfigRequest&)> choose;
    Code code;
    Alert alert;
  };
  const Row kRows[] = {{[](const ConfigRequest&) -> Answer<ServerConfig> { return fail(Code::unrecognized_name); },
                        Code::unrecognized_name, Alert::unrecognized_name},
                       {[](const ConfigRequest&) -> Answer<ServerConfig> { throw std::runtime_error("no"); },
                        Code::provider_failed, Alert::internal_error},
                       {[](const ConfigRequest&) -> Answer<ServerConfig> { throw std::bad_alloc(); },
                        Code::out_of_memory, Alert::internal_error}};
  for (const Row& row : kRows) {
    const Meeting m = Meeting::between(client(), ServerConnection::start(config_source(row.choose)));
    REQUIRE(m.server_error);
    CHECK((m.server_error->code() == row.code));
    REQUIRE(m.client_error);
    CHECK((m.client_error->peer_alert() == row.alert));
  }
}

TEST_CASE("without a source, and with an empty function, the connection fails with misuse") {
  ServerConnection none = ServerConnection::start(std::shared_ptr<const ServerConfigSource>());
  Output out;
  const Step step = none.step({}, out);
  REQUIRE(std::holds_alternative<Failed>(step.event));
  CHECK(std::get<Failed>(step.event).error.code() == Code::misuse);
  const Meeting m = Meeting::between(client(), ServerConnection::start(config_source({})));
  REQUIRE(m.server_error);
  CHECK(m.server_error->code() == Code::misuse);
}

TEST_CASE(
    "what a connection has of its configuration is that of the one that was chosen: padding, fragments, key log") {
  std::vector<std::string> lines;
  const auto config = built(
      server(1).record_size_limit(16385).padding({.block = 4096}).max_fragment(64).key_log([&](std::string_view line) {
        lines.emplace_back(line);
      }));
  const auto source = config_source([&](const ConfigRequest&) -> Answer<ServerConfig> { return config; });
  Meeting m = Meeting::between(client(), ServerConnection::start(source));
  REQUIRE(m.connected());
  CHECK(lines.size() == 5);  // two of the handshake, two of the application, the exporter
  Output out;
  REQUIRE(m.server.send(as_bytes("x"), out));
  const std::size_t one = out.size();
  CHECK(one > 60);  // padded as far as a fragment goes
  out.release();
  REQUIRE(m.server.send(std::vector<std::uint8_t>(640), out));
  CHECK(out.size() >= 10 * one);  // ten records
}
