// Connections forget their keys: when the handshake is done, when they fail, whatever made them, and when they go.
#include <optional>

#include "adapters/localhost.h"
#include "secrets/made_elsewhere.h"
#include "tls/client_hello.h"
#include "tls/connection.h"

#ifdef SALLYPORT_SCANS_MEMORY

using namespace tls;
using namespace tls::test;

namespace {

/// The secrets of a connection as its key log tells them; no more of them is kept than what to look for.
struct Log {
  struct Row {
    std::string label;
    Needle needle;
  };
  std::vector<Row> rows;

  void take(std::string_view line) {
    const std::string_view label = line.substr(0, line.find(' '));
    std::string_view digits = line.substr(line.rfind(' ') + 1);
    std::vector<std::uint8_t> changed;
    changed.reserve(digits.size() / 2);
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
      changed.push_back(static_cast<std::uint8_t>(digit(digits[i]) << 4 | digit(digits[i + 1])) ^ Needle::kMask);
    changed.resize(24);
    rows.push_back({std::string(label), Needle(std::move(changed))});
  }
  /// How often secrets whose label has `part` in it are in memory.
  [[nodiscard]] std::size_t left(std::string_view part) const {
    std::size_t found = 0, rows_seen = 0;
    for (const Row& row : rows) {
      if (row.label.find(part) == std::string::npos) continue;
      ++rows_seen;
      found += occurrences(row.needle);
    }
    REQUIRE(rows_seen > 0);
    return found;
  }
};

/// Two connections that are done with their handshake.
struct Two {
  Log log;
  std::optional<ClientConnection> client;
  std::optional<ServerConnection> server;
  Output up, down;

  explicit Two(ProtocolVersion version) {
    const Localhost& host = localhost();
    auto client_config = ClientConfig::builder()
                             .trust(*trust_pem(host.authority.root.pem()))
                             .versions(version, version)
                             .key_log([this](std::string_view line) { log.take(line); })
                             .build();
    REQUIRE(client_config);
    auto server_config = host.server_builder().versions(version, version).build();
    REQUIRE(server_config);
    client.emplace(*ClientConnection::start(*client_config, "localhost", up));
    server.emplace(ServerConnection::start(*server_config));
    for (int i = 0; i < 10; ++i) {
      carry(up, *server, down);
      carry(down, *client, up);
    }
    REQUIRE(client->established());
    REQUIRE(server->established());
  }
  static void carry(Output& from, Connection& to, Output& answers) {
    std::vector<std::uint8_t> in(from.bytes().begin(), from.bytes().end());
    from.consume(from.size());
    for (std::size_t at = 0;;) {
      const Step step = to.step(MutableBytes(in).subspan(at), answers);
      at += step.consumed;
      if (std::holds_alternative<NeedInput>(step.event) || std::holds_alternative<Failed>(step.event)) return;
    }
  }
  /// A record that nobody has sealed.
  static void spoil(Connection& c) {
    std::vector<std::uint8_t> in{23, 3, 3, 0, 40};
    in.resize(45, 9);
    Output out;
    CHECK(std::holds_alternative<Failed>(c.step(in, out).event));
  }
};

/// What of a log stays while a connection lives, and must go with it.
constexpr const char* kLiving[] = {"TRAFFIC_SECRET_0", "EXPORTER"};

}  // namespace

TEST_CASE("TLS 1.3: when the handshake is done its own secrets are gone, and those of the data are there") {
  const Two two(ProtocolVersion::tls13);
  CHECK(two.log.left("HANDSHAKE_TRAFFIC") == 0);
  for (const char* label : kLiving) CHECK(two.log.left(label) >= 2);  // on both sides
}

TEST_CASE("TLS 1.3: a connection that fails forgets its secrets at once, whatever made it fail") {
  for (const int way : {0, 1, 2, 3}) {
    CAPTURE(way);
    Two two(ProtocolVersion::tls13);
    Output out;
    for (Connection* c : {static_cast<Connection*>(&*two.client), static_cast<Connection*>(&*two.server)}) {
      if (way == 0) c->abort(Alert::internal_error, out);
      if (way == 1) Two::spoil(*c);
      if (way == 2) CHECK(std::holds_alternative<Failed>(c->transport_closed().event));
      if (way == 3) const Connection gone = std::move(*c);
    }
    for (const char* label : kLiving) CHECK(two.log.left(label) == 0);
  }
}

TEST_CASE("TLS 1.2: a connection that fails forgets its main secret at once, and so does one that goes") {
  for (const int way : {0, 1, 2, 3}) {
    CAPTURE(way);
    Two two(ProtocolVersion::tls12);
    CHECK(two.log.left("CLIENT_RANDOM") >= 2);
    Output out;
    for (Connection* c : {static_cast<Connection*>(&*two.client), static_cast<Connection*>(&*two.server)}) {
      if (way == 0) c->abort(Alert::internal_error, out);
      if (way == 1) Two::spoil(*c);
      if (way == 2) CHECK(std::holds_alternative<Failed>(c->transport_closed().event));
    }
    if (way == 3) {
      two.client.reset();
      two.server.reset();
    }
    CHECK(two.log.left("CLIENT_RANDOM") == 0);
  }
}

TEST_CASE("updated keys replace the old ones, and nothing of those is left") {
  Two two(ProtocolVersion::tls13);
  CHECK(two.client->update_keys(true, two.up));
  for (int i = 0; i < 3; ++i) {
    Two::carry(two.up, *two.server, two.down);
    CHECK(two.server->send(as_bytes("x"), two.down));
    Two::carry(two.down, *two.client, two.up);
  }
  CHECK(two.log.left("TRAFFIC_SECRET_0") == 0);
}

#endif
